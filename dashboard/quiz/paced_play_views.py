"""What a player sees in a game at the teacher's pace: wait, answer, the solution, and the scores at the end."""

import time
from dataclasses import dataclass

import streamlit as st

from core.classroom.paced_games import PacedGame, Position, Stage
from core.classroom.quiz import count_answers
from core.classroom.room_board import Room
from core.classroom.room_database import RoomError
from core.digits.datasets import DatasetError
from core.visualization.classroom import draw_quiz_answers
from dashboard.quiz import kept_game, nickname, paced, question_views, rounds
from dashboard.quiz.paced import Scene
from dashboard.quiz.rounds import Game
from dashboard.server.caches import Zoo
from dashboard.server.streamlit_internals.script_runs import rerun_fragment

POLL = 1.0  # seconds between two looks at where the room is
PAGE = "quiz paced page"  # key of the fragment that shows it
AGAIN = 5.0  # seconds after which the page is shown again: a busy Streamlit may lose what a run has sent at its end
SHOWN = "quiz paced shown"  # key of the Seen that the page shows, and when it was shown
ASKED = "quiz paced asked"  # key of the question that was shown last


@dataclass(frozen=True)
class Seen:
    """What a player's page depends on, apart from the player's own clicks."""

    at: Position | None
    """None where the room cannot be read."""
    time_is_up: bool
    problem: str
    """Why the room cannot be read, or why an answer waits or does not count."""
    nickname: str


def show_play(zoo: Zoo) -> None:
    """Follow the room from question to question.

    Sixty phones look every second. So looking draws nothing: what has changed is drawn, and all after some seconds.
    """
    game: Game = st.session_state[rounds.GAME]
    kept_game.store(game.to_kept())
    st.html(question_views.STYLE)
    st.fragment(_show, key=PAGE)(zoo)
    st.fragment(_watch, run_every=POLL)()


def _watch() -> None:
    """Look where the room is, and show the page again if that has changed; say how long players may still answer."""
    game: Game = st.session_state[rounds.GAME]
    if game.room is None:  # the visitor has left it in another view
        return
    seen, found = _look(game, game.room)
    shown, when = st.session_state.get(SHOWN, (None, 0.0))
    if (seen != shown or time.monotonic() > when + AGAIN) and not rerun_fragment(PAGE):
        st.rerun()
    if found is not None:
        show_remaining(found)


def _look(game: Game, room: Room) -> tuple[Seen, PacedGame | None]:
    """Send what the room has not received, and return where it is."""
    nickname.ensure(game)
    paced.send(game)
    try:
        found = paced.read_game(room)
    except RoomError as error:
        return Seen(None, False, game.problem if game.unsent else str(error), game.nickname), None
    _forget_old_problem(game, found.position)
    return Seen(found.position, found.time_is_up, game.problem, game.nickname), found


def _show(zoo: Zoo) -> None:
    game: Game = st.session_state[rounds.GAME]
    if game.room is None:
        return
    seen, found = _look(game, game.room)
    try:
        if found is None:
            st.warning(seen.problem)
        else:
            _show_stage(game, paced.to_scene(game.room, found, zoo))
    except (RoomError, DatasetError) as error:
        st.warning(game.problem or str(error))
    st.session_state[SHOWN] = seen, time.monotonic()  # only now: what was not shown to its end is shown again


def _show_stage(game: Game, scene: Scene) -> None:
    said = paced.said_by(game, scene)
    match scene.at.stage:
        case Stage.WAITING:
            st.markdown("#### You are in. Wait for the first digit.")
        case Stage.FINISHED:
            _show_end(scene, said)
        case _:
            _show_question(game, scene, said)
    _show_state(game)


def _forget_old_problem(game: Game, at: Position) -> None:
    """Stop showing why an answer to an earlier question did not count."""
    if at.stage == Stage.ASKING and st.session_state.get(ASKED) != at:
        st.session_state[ASKED] = at
        game.problem = game.problem if game.unsent else ""


def _show_question(game: Game, scene: Scene, said: dict[int, int]) -> None:
    picture, answers = question_views.columns()
    content, number, solved = scene.content, scene.at.number, scene.at.stage == Stage.REVEALED
    with picture:
        content.show_picture(number, solved=solved)
    with answers:
        if solved:
            _show_solution(scene, said.get(number))
        elif number in said:
            st.markdown(f"#### You answered {content.choices[said[number]]}")
            st.caption("Wait until the teacher shows the solution.")
        elif scene.game.time_is_up:
            st.markdown("#### The time is up")
        else:
            show_prompt(scene)
            content.show_choices(number, lambda choice: paced.answer(game, scene, choice))


def show_prompt(scene: Scene) -> None:
    """Show the question, and how many there are."""
    st.markdown(f"#### Digit {scene.at.number + 1} of {scene.game.plan.questions}: {scene.content.PROMPT}")


def show_remaining(game: PacedGame) -> None:
    """Say how long players may still answer."""
    if game.remaining is not None:
        st.caption("The time is up." if game.time_is_up else f"{game.remaining:.0f} s left")


def _show_solution(scene: Scene, said: int | None) -> None:
    content, number = scene.content, scene.at.number
    verdict = "You did not answer" if said is None else content.VERDICTS[content.is_right(number, said)]
    st.markdown(f"#### {verdict}: {content.solution(number)}")
    yours = [] if said is None else [content.own_answer(number, said)]
    st.html(draw_quiz_answers([*yours, *content.machine_answers(number)]))
    st.caption(content.describe(number))


def _show_end(scene: Scene, said: dict[int, int]) -> None:
    content = scene.content
    right = sum(content.is_right(*one) for one in said.items())
    st.markdown(f"#### {content.SCORE.format(right=right, asked=scene.asked)}")
    if said:
        content.show_scores(count_answers(content.asked, said, round=scene.at.round), "You")


def _show_state(game: Game) -> None:
    """Show the room and the nickname, or why an answer waits or does not count."""
    assert game.room is not None
    if game.problem:
        st.warning(game.problem)
    nickname.show_place(game, game.room)
