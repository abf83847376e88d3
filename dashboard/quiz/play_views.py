"""The view "Play": a partial digit, ten buttons, what the networks say, and at the end who read how many."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.classroom.quiz import count_answers
from core.digits.datasets import Dataset
from core.pmnist.masks import CUT_NAMES
from core.visualization import arrays
from core.visualization.classroom import PEOPLE_COLOR, QuizAnswer, draw_answer_captions, draw_quiz_answers, draw_scores
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.network_colors import color_of
from dashboard.quiz import cached, players, round
from dashboard.quiz.round import Game
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.data_set import sample

YOU = "You"
LARGE = 11  # screen pixels for one of the digit
STYLE = """<style>
.st-key-quiz-keypad { max-width: 31rem; }
.st-key-quiz-keypad button { height: 4.3rem; }
.st-key-quiz-keypad [data-testid="stButton"] p { font-size: 2rem; font-weight: 700; }
.st-key-quiz-keypad kbd { display: none; }
@media (max-width: 640px) {
  .st-key-quiz-picture img { width: 200px !important; }
  .st-key-quiz-keypad button { height: 3.8rem; }
  .st-key-quiz-next kbd, .st-key-quiz-again kbd { display: none; }
}
</style>"""
# The click that chose this view leaves the choice in focus, which would take Enter for itself.
LET_GO = "<script>setTimeout(() => document.activeElement?.closest('[role=radio]')?.blur(), 100)</script>"
AGAIN = 5.0  # seconds after which answers that wait are sent again


def show_play(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the digits of a round to read, one after the other."""
    st.html(LET_GO, unsafe_allow_javascript=True)
    st.fragment(_show_game)(zoo)


def _show_game(zoo: Zoo) -> None:
    game: Game = st.session_state[round.GAME]
    names = players.networks(game.data, zoo)
    st.html(STYLE)
    if game.over:
        _show_end(game, names, zoo)
        return
    picture, answers = st.columns([28 * LARGE + 20, 720], gap="medium")
    number = len(game.said) - game.solved
    with picture, st.container(key="quiz-picture"):
        _show_picture(game, number)
    with answers:
        if game.solved:
            _show_solution(game, number, names, zoo)
        else:
            _show_keypad(game, number)
            _show_waiting(game)
    cached.read(names, game.data.name, game.questions[number])  # the solution is to come at once


def _show_picture(game: Game, number: int) -> None:
    """Show the partial digit, its hole hatched or black as the ground; once it was answered, the whole one."""
    asked = game.questions[number]
    digit, mask = sample(game.data, asked.digit), asked.mask.numpy()
    if game.solved:
        picture = arrays.enlarge(players.solve(game.data, asked), LARGE)
    elif game.told:
        picture = arrays.mark_erased(digit, mask, LARGE)
    else:
        picture = arrays.enlarge(arrays.to_gray(digit * mask), LARGE)
    st.image(picture, output_format="PNG", width=28 * LARGE)


def _show_keypad(game: Game, number: int) -> None:
    st.markdown(f"#### Digit {number + 1} of {len(game.questions)}: what was it?")
    with st.container(key="quiz-keypad", gap="small"):
        for row in (range(5), range(5, 10)):
            with st.container(horizontal=True, gap="small"):
                for label in row:
                    st.button(
                        game.data.classes[label],
                        on_click=round.answer,
                        args=(game, number, label),
                        key=f"quiz {label}",
                        shortcut=str(label),
                        width="stretch",
                    )
    st.caption("No idea? Guess: the networks must, too.")
    if number:
        st.button("I have seen enough", on_click=round.stop, args=(game,), key="quiz stop", type="tertiary")
    elif game.room is None:
        st.toggle(
            "Show me where something is missing",
            game.told,
            on_change=round.tell,
            args=(game,),
            key=f"quiz shown {game.player}",
            help="If not, you see only what is left, as most of the networks do.",
        )


def _show_solution(game: Game, number: int, names: tuple[str, ...], zoo: Zoo) -> None:
    asked, said = game.questions[number], game.said[number]
    read = cached.read(names, game.data.name, asked)
    if len(game.read) == number:
        game.read.append({name: label for name, (label, _) in read.items()})
    last = number + 1 == len(game.questions)
    st.markdown(f"#### {'Right' if said == asked.label else 'Wrong'}: it is a {game.data.classes[asked.label]}")
    st.button(
        "See who won" if last else "Next digit",
        on_click=round.go_on,
        args=(game, number),
        key="quiz next",
        type="primary",
        shortcut="Enter",
    )
    notes = {name: f"{100 * sure:.0f} % sure · {_so_far(game, name)}" for name, (_, sure) in read.items()}
    st.html(draw_quiz_answers(_verdicts(game, number, zoo, {YOU: f"{_so_far(game)} so far"} | notes)))
    st.caption(f"{asked.cut}, {CUT_NAMES[asked.cut]} gone (orange); test digit {asked.digit} of {game.data.name}")


def _verdicts(game: Game, number: int, zoo: Zoo, notes: Mapping[str, str]) -> list[QuizAnswer]:
    """Return what people and networks said to a question, the people first."""
    label, classes = game.questions[number].label, game.data.classes
    said = [(YOU, YOU, PEOPLE_COLOR, game.said[number])]
    said += [(name, zoo[name].title, color_of(name), answer) for name, answer in game.read[number].items()]
    return [
        QuizAnswer(title, color, classes[answer], answer == label, notes.get(name, ""))
        for name, title, color, answer in said
    ]


def _so_far(game: Game, name: str = "") -> str:
    """Say how many the player has read, or a network."""
    answers = [read.get(name) for read in game.read] if name else game.said
    right = sum(said == asked.label for said, asked in zip(answers, game.questions, strict=False))
    return f"{right} of {len(answers)}"


def _show_waiting(game: Game) -> None:
    """Say which room this is for, and what of it has to wait."""
    if game.room is None:
        return
    if game.problem:
        st.warning(
            game.problem
            + (f" {len(game.unsent)} of your answers wait here: keep this page open." if game.unsent else "")
        )
    else:
        st.caption(f"You play in room **{game.room.code}**: your answers are counted there, without a name.")


def _show_end(game: Game, names: tuple[str, ...], zoo: Zoo) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### You read {_so_far(game)}", width="content")
        st.button("Another round", on_click=_play_on, args=(game,), key="quiz again", type="primary", shortcut="Enter")
    _show_contest(game, names, zoo)
    st.fragment(_send_again, run_every=AGAIN if game.unsent else None)()
    _show_misses(game, zoo)
    players.show_counting()


def _play_on(game: Game) -> None:
    round.begin(round.next_round(game))


def _send_again() -> None:
    game: Game = st.session_state[round.GAME]
    round.send(game)
    _show_waiting(game)


def _show_contest(game: Game, names: tuple[str, ...], zoo: Zoo) -> None:
    played = count_answers(game.questions, game.said)
    reads = {
        name: {(0, number): read[name] for number, read in enumerate(game.read)}
        for name in names
        if all(name in read for read in game.read)
    }
    rows = players.to_score_rows(YOU, played, reads, zoo, game.data, told=game.told)
    st.html(draw_scores(rows, players.HEADINGS))
    st.caption(players.explain(rows, game.data))


def _show_misses(game: Game, zoo: Zoo) -> None:
    """Show what people missed and machines did not, and the reverse."""
    yours, theirs = [], []
    for number, (said, read) in enumerate(zip(game.said, game.read, strict=True)):
        label = game.questions[number].label
        readers = sum(answer == label for answer in read.values())
        if said != label and readers:
            yours.append(_to_item(game, number, zoo))
        elif said == label and 2 * readers < len(read):
            theirs.append(_to_item(game, number, zoo))
    for title, found in (
        ("You missed these, and a machine did not", yours),
        ("You read these, and most machines did not", theirs),
    ):
        if found:
            st.markdown(f"#### {title}")
            st.html(draw_gallery(found, min_width=130, css_class="ns-misses"))


def _to_item(game: Game, number: int, zoo: Zoo) -> GalleryItem:
    asked = game.questions[number]
    caption = f"a {game.data.classes[asked.label]}, {CUT_NAMES[asked.cut]} gone"
    return GalleryItem(players.solve(game.data, asked), caption, draw_answer_captions(_verdicts(game, number, zoo, {})))
