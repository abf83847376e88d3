"""What a player sees in a game at the teacher's pace: wait, answer, the solution, and the scores at the end."""

import streamlit as st

from core.classroom.paced_games import Stage
from core.classroom.quiz import count_answers
from core.classroom.room_database import RoomError
from core.visualization.classroom import PEOPLE_COLOR, QuizAnswer, draw_quiz_answers
from core.visualization.network_colors import color_of
from dashboard.quiz import board_views, kept_game, nickname, paced, question_views, rounds, score_table
from dashboard.quiz.paced import Scene
from dashboard.quiz.rounds import Game
from dashboard.server.caches import Zoo

POLL = 1.0  # seconds between two looks at where the room is
SEEN = "quiz paced seen"  # key of the question that was shown last


def show_play(zoo: Zoo) -> None:
    """Follow the room from question to question."""
    game: Game = st.session_state[rounds.GAME]
    kept_game.store(game.to_kept())
    st.html(question_views.STYLE)
    st.fragment(_show, run_every=POLL)(zoo)


def _show(zoo: Zoo) -> None:
    game: Game = st.session_state[rounds.GAME]
    if game.room is None:  # the visitor has left it in another view
        return
    nickname.ensure(game)
    paced.send(game)
    try:
        scene = paced.read_scene(game.room, score_table.players_or_warn(game.data, zoo))
        said = paced.said_by(game, scene)
    except RoomError as error:
        st.warning(game.problem if game.unsent else str(error))
        return
    _forget_old_problem(game, scene)
    match scene.at.stage:
        case Stage.WAITING:
            st.markdown("#### You are in. Wait for the first digit.")
        case Stage.FINISHED:
            _show_end(game, scene, said, zoo)
        case _:
            _show_question(game, scene, said, zoo)
    _show_state(game)


def _forget_old_problem(game: Game, scene: Scene) -> None:
    """Stop showing why an answer to an earlier question did not count."""
    if scene.at.stage == Stage.ASKING and st.session_state.get(SEEN) != scene.at:
        st.session_state[SEEN] = scene.at
        game.problem = game.problem if game.unsent else ""


def _show_question(game: Game, scene: Scene, said: dict[int, int], zoo: Zoo) -> None:
    picture, answers = question_views.columns()
    whole, number = scene.at.stage == Stage.REVEALED, scene.at.number
    with picture:
        question_views.show_picture_of(game.data, number, scene.question, hole=scene.room.told, whole=whole)
    with answers:
        if whole:
            _show_solution(game, scene, said.get(number), zoo)
        elif number in said:
            st.markdown(f"#### You answered {game.data.classes[said[number]]}")
            st.caption("Wait until the teacher shows the digit.")
        elif scene.time_is_up:
            st.markdown("#### The time is up")
        else:
            st.markdown(f"#### Digit {number + 1} of {scene.game.plan.questions}: what was it?")
            place = f"{scene.at.round}.{number}"
            question_views.show_keypad(game.data.classes, place, lambda label: paced.answer(game, scene, label))
            show_remaining(scene)


def show_remaining(scene: Scene) -> None:
    """Say how long players may still answer."""
    if scene.game.remaining is not None:
        st.caption("The time is up." if scene.time_is_up else f"{scene.game.remaining:.0f} s left")


def _show_solution(game: Game, scene: Scene, said: int | None, zoo: Zoo) -> None:
    label, classes = scene.question.label, game.data.classes
    verdict = "You did not answer" if said is None else "Right" if said == label else "Wrong"
    st.markdown(f"#### {verdict}: it is a {classes[label]}")
    yours = [] if said is None else [QuizAnswer("You", PEOPLE_COLOR, classes[said], said == label)]
    st.html(draw_quiz_answers([*yours, *network_answers(scene, zoo, classes)]))
    st.caption(question_views.describe_cut(scene.question, scene.room.data))


def network_answers(scene: Scene, zoo: Zoo, classes: tuple[str, ...]) -> list[QuizAnswer]:
    """Return what each network reads in the question."""
    read = {name: answers[scene.at.number] for name, answers in scene.answered.answers.items()}
    label = scene.question.label
    return [QuizAnswer(zoo[name].title, color_of(name), classes[one], one == label) for name, one in read.items()]


def _show_end(game: Game, scene: Scene, said: dict[int, int], zoo: Zoo) -> None:
    counts = count_answers(scene.answered.questions, said)
    right = sum(one.said == one.label for one in counts)
    st.markdown(f"#### You read {right} of {scene.asked}")
    networks = {name: board_views.answers_of(name, {0: scene.answered}) for name in scene.answered.answers}
    if counts:
        board_views.show_scores(scene.room, counts, networks, zoo, game.data, scene.game.plan.cuts, people="You")


def _show_state(game: Game) -> None:
    """Show the room and the nickname, or why an answer waits or does not count."""
    assert game.room is not None
    if game.problem:
        st.warning(game.problem)
    nickname.show_place(game, game.room)
