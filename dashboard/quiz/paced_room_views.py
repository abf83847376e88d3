"""The projector's view of a game at the teacher's pace, with the teacher's buttons for whoever opened the room."""

import streamlit as st

from core.classroom.paced_games import Stage
from core.classroom.room_board import Room
from core.classroom.room_database import RoomError
from core.digits.datasets import DatasetError
from core.visualization.classroom import Share, draw_distribution, draw_quiz_answers
from dashboard.quiz import board_views, paced, plan_form, podium, question_views
from dashboard.quiz.paced import Scene
from dashboard.quiz.paced_play_views import show_prompt, show_remaining
from dashboard.server import rooms
from dashboard.server.caches import Zoo

POLL = 0.5  # seconds between two reads of the answers
STEPS = {  # what the button for the next step says
    Stage.WAITING: "Start",
    Stage.ASKING: "Show the solution",
    Stage.REVEALED: "Next digit",
    Stage.FINISHED: "Play again",
}


def show_room(room: Room, zoo: Zoo, *, leads: bool) -> None:
    """Show where the room is; with buttons to go on if the visitor leads it."""
    st.html(question_views.STYLE)
    st.fragment(_show, run_every=POLL)(room, zoo, leads)


def _show(room: Room, zoo: Zoo, leads: bool) -> None:
    try:
        scene = paced.read_scene(room, zoo)
        match scene.at.stage:
            case Stage.WAITING:
                _show_waiting(scene, leads)
            case Stage.FINISHED:
                _show_end(scene, leads)
            case _:
                _show_question(scene, leads)
    except (RoomError, DatasetError) as error:
        st.warning(str(error))
    if problem := st.session_state.get(paced.PROBLEM):
        st.warning(problem)


def _show_waiting(scene: Scene, leads: bool) -> None:
    players = rooms.board().players.count(scene.room.code)
    code, words = st.columns([270, 900], gap="medium")
    with code:
        board_views.show_code(scene.room)
    with words:
        st.markdown(f"#### {players} player{'s have' if players != 1 else ' has'} joined")
        plan = scene.game.plan
        limit = f", {plan.seconds} s for each" if plan.seconds else ""
        game = f"**{plan_form.TITLES[plan.kind]}**: {plan.questions} digits{limit}."
        st.markdown(f"{game} Scan the code, or type it on the page *Start*.")
        _show_buttons(scene, leads)


def _show_buttons(scene: Scene, leads: bool) -> None:
    """Show the button for the next step, and the one that ends the game early."""
    if not leads:
        return
    stage, last = scene.at.stage, scene.at.number + 1 == scene.game.plan.questions
    label = "See results" if stage == Stage.REVEALED and last else STEPS[stage]
    key = f"quiz step at {scene.at.round}.{stage}.{scene.at.number}"  # so a late second click skips nothing
    shortcut = None if stage == Stage.FINISHED else "Enter"  # a second Enter on "See results" would replace them
    with st.container(horizontal=True):
        st.button(label, on_click=paced.step, args=(scene,), key=key, type="primary", shortcut=shortcut)
        if stage in (Stage.ASKING, Stage.REVEALED) and not last:
            st.button("End the game", on_click=paced.end, args=(scene,), key="quiz end", type="tertiary")


def _show_question(scene: Scene, leads: bool) -> None:
    given = rooms.board().games.distribution(scene.room.code, scene.at.round, scene.at.number)
    picture, answers = question_views.columns()
    content, number, solved = scene.content, scene.at.number, scene.at.stage == Stage.REVEALED
    with picture:
        content.show_picture(number, solved=solved)
    with answers:
        _show_heading(scene, given)
        shares = [
            Share(choice, given.get(said, 0), content.is_right(number, said) if solved else None)
            for said, choice in enumerate(content.choices)
        ]
        st.html(draw_distribution(shares))
        _show_buttons(scene, leads)
        if solved:
            _show_solution(scene, given)


def _show_solution(scene: Scene, given: dict[int, int]) -> None:
    content, number = scene.content, scene.at.number
    st.html(draw_quiz_answers([*content.people_answers(number, given), *content.machine_answers(number)]))
    st.caption(content.describe(number))
    if scene.game.plan.podium and content.RANKS_EACH:
        podium.show_podium(scene.room, scene.at.round, 1, number=number, kind=scene.game.plan.kind)


def _show_heading(scene: Scene, given: dict[int, int]) -> None:
    answers, content, number = sum(given.values()), scene.content, scene.at.number
    if scene.at.stage == Stage.REVEALED:
        solution = content.solution(number)
        right = sum(people for said, people in given.items() if content.is_right(number, said))
        st.markdown(f"#### {solution[0].upper()}{solution[1:]}. {right} of {answers} players {content.DONE}.")
        return
    show_prompt(scene)
    players = rooms.board().players.count(scene.room.code)
    st.markdown(f"**{answers} of {players}** players have answered. Room **{scene.room.code}**")
    show_remaining(scene.game)


def _show_end(scene: Scene, leads: bool) -> None:
    content, kind = scene.content, scene.game.plan.kind
    _, counts = rooms.board().tallies(scene.room.code)
    counts = [one for one in counts if one.round == scene.at.round]
    right = sum(one.people for one in counts if content.is_right(one.number, one.said))
    st.markdown(f"#### {content.TOTAL.format(right=right, answers=sum(one.people for one in counts))}")
    _show_buttons(scene, leads)
    if scene.game.plan.podium:
        podium.show_podium(scene.room, scene.at.round, scene.asked, kind=kind)
    content.show_scores(counts, "People")
    content.show_hardest(counts)
