"""The view "Play": a partial digit, ten buttons, the answers of the networks, and the scores at the end."""

from collections.abc import Mapping

import streamlit as st

from core.classroom.quiz import count_answers
from core.digits.datasets import Dataset
from core.pmnist.masks import CUT_NAMES
from core.visualization.classroom import PEOPLE_COLOR, QuizAnswer, draw_answer_captions, draw_quiz_answers, draw_scores
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.network_colors import color_of
from dashboard import address
from dashboard.quiz import cached, kept_game, nickname, paced_play_views, question_views, rounds, score_table
from dashboard.quiz.rounds import Game
from dashboard.server.caches import Zoo
from dashboard.server.session import Session

YOU = "You"
# The click that chose this view leaves its radio button in focus, and that would handle the Enter key.
UNFOCUS = "<script>setTimeout(() => document.activeElement?.closest('[role=radio]')?.blur(), 100)</script>"


def show_play(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the questions of a round, one after the other, or follow the room's teacher."""
    game: Game = st.session_state[rounds.GAME]
    st.html(UNFOCUS, unsafe_allow_javascript=True)
    if game.plan is None:
        st.fragment(_show_game)(zoo)
    else:
        paced_play_views.show_play(zoo)


def _show_game(zoo: Zoo) -> None:
    game: Game = st.session_state[rounds.GAME]
    names = score_table.players_or_warn(game.data, zoo)
    st.html(question_views.STYLE)
    nickname.ensure(game)
    _read_answered(game, names)
    _show_round(game, names, zoo)
    if not game.stands_in:
        kept_game.store(game.to_kept())
    address.write_address()


def _read_answered(game: Game, names: tuple[str, ...]) -> None:
    """Add the networks' answers to the questions that the player has answered: one, or after a reload all."""
    for question in game.questions[len(game.network_answers) : len(game.answers)]:
        read = cached.answer_question(names, game.data.name, question)
        game.network_answers.append({name: label for name, (label, _) in read.items()})


def _show_round(game: Game, names: tuple[str, ...], zoo: Zoo) -> None:
    if game.finished:
        _show_end(game, names, zoo)
        return
    picture, answers = question_views.columns()
    number = len(game.answers) - game.solution_shown
    with picture:
        question_views.show_picture_of(
            game.data, number, game.questions[number], hole=game.holes_shown, whole=game.solution_shown
        )
    with answers:
        if game.solution_shown:
            _show_solution(game, number, names, zoo)
        else:
            _show_keypad(game, number)
            _show_room_state(game)
    cached.answer_question(names, game.data.name, game.questions[number])  # in advance: the solution is then immediate


def _show_keypad(game: Game, number: int) -> None:
    st.markdown(f"#### Digit {number + 1} of {len(game.questions)}: what was it?")
    question_views.show_keypad(
        game.data.classes, f"{game.round}.{number}", lambda label: rounds.answer(game, number, label)
    )
    st.caption("If you do not know, guess. The networks must guess, too.")
    if number:
        st.button("End the round", on_click=rounds.finish, args=(game,), key="quiz stop", type="tertiary")
    elif game.room is None:
        st.toggle(
            "Show the erased area",
            game.holes_shown,
            on_change=rounds.toggle_holes,
            args=(game,),
            key=f"quiz shown {game.player}",
            help="Off: you see only what is left, like most of the networks.",
        )


def _show_solution(game: Game, number: int, names: tuple[str, ...], zoo: Zoo) -> None:
    question, answer = game.questions[number], game.answers[number]
    answers = cached.answer_question(names, game.data.name, question)
    last = number + 1 == len(game.questions)
    st.markdown(f"#### {'Right' if answer == question.label else 'Wrong'}: it is a {game.data.classes[question.label]}")
    st.button(
        "See results" if last else "Next digit",
        on_click=rounds.show_next,
        args=(game, number),
        key=f"quiz next at {game.round}.{number}",
        type="primary",
        shortcut="Enter",
    )
    notes = {name: f"{100 * sure:.0f} % sure · {_score(game, name)}" for name, (_, sure) in answers.items()}
    st.html(draw_quiz_answers(_to_answers(game, number, zoo, {YOU: f"{_score(game)} so far"} | notes)))
    st.caption(question_views.describe_cut(question, game.data.title))


def _to_answers(game: Game, number: int, zoo: Zoo, notes: Mapping[str, str]) -> list[QuizAnswer]:
    """Return the answers of the player and then of the networks to a question."""
    label, classes = game.questions[number].label, game.data.classes
    answers = [(YOU, YOU, PEOPLE_COLOR, game.answers[number])]
    answers += [(name, zoo[name].title, color_of(name), read) for name, read in game.network_answers[number].items()]
    return [
        QuizAnswer(title, color, classes[answer], answer == label, notes.get(name, ""))
        for name, title, color, answer in answers
    ]


def _score(game: Game, name: str = "") -> str:
    """Return how many the network of this name has read right, or the player."""
    answers = [read.get(name) for read in game.network_answers] if name else game.answers
    right = sum(answer == question.label for answer, question in zip(answers, game.questions, strict=False))
    return f"{right} of {len(answers)}"


def _show_room_state(game: Game) -> None:
    """Show the room that the answers count for, or why they wait."""
    if game.room is None:
        return
    if game.problem:
        st.warning(
            game.problem
            + (f" {len(game.unsent)} of your answers wait here. Keep this page open." if game.unsent else "")
        )
    else:
        nickname.show_place(game, game.room)


def _show_end(game: Game, names: tuple[str, ...], zoo: Zoo) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### You read {_score(game)}", width="content")
        # No key presses it: the second Enter on "See results" would replace them.
        st.button("Another round", on_click=_start_next, args=(game,), key="quiz again", type="primary")
    _show_scores(game, names, zoo)
    st.fragment(_send_again, run_every=rounds.RETRY if game.unsent else None)()
    _show_misses(game, zoo)
    score_table.show_counting()


def _start_next(game: Game) -> None:
    rounds.start(rounds.next_round(game))


def _send_again() -> None:
    game: Game = st.session_state[rounds.GAME]
    rounds.send(game)
    _show_room_state(game)


def _show_scores(game: Game, names: tuple[str, ...], zoo: Zoo) -> None:
    counts = count_answers(game.questions, dict(enumerate(game.answers)))
    network_answers = {
        name: {(0, number): read[name] for number, read in enumerate(game.network_answers)}
        for name in names
        if all(name in read for read in game.network_answers)
    }
    rows = score_table.to_score_rows(YOU, counts, network_answers, zoo, game.data, holes_shown=game.holes_shown)
    st.html(draw_scores(rows, score_table.HEADINGS))
    st.caption(score_table.explain(rows, game.data))


def _show_misses(game: Game, zoo: Zoo) -> None:
    """Show the questions that the player missed and a network did not, and those that most networks missed."""
    missed_by_player, missed_by_networks = [], []
    for number, (answer, read) in enumerate(zip(game.answers, game.network_answers, strict=True)):
        label = game.questions[number].label
        right = sum(one == label for one in read.values())
        if answer != label and right:
            missed_by_player.append(_to_item(game, number, zoo))
        elif answer == label and 2 * right < len(read):
            missed_by_networks.append(_to_item(game, number, zoo))
    for title, items in (
        ("You misread these, and a network did not", missed_by_player),
        ("You read these, and most networks did not", missed_by_networks),
    ):
        if items:
            st.markdown(f"#### {title}")
            st.html(draw_gallery(items, min_width=130, css_class="ns-misses"))


def _to_item(game: Game, number: int, zoo: Zoo) -> GalleryItem:
    question = game.questions[number]
    caption = f"a {game.data.classes[question.label]}, {CUT_NAMES[question.cut]} erased"
    answers = draw_answer_captions(_to_answers(game, number, zoo, {}))
    return GalleryItem(score_table.draw_solution(game.data, question), caption, answers)
