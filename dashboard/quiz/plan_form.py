"""What the teacher sets before a game."""

import streamlit as st

from core.classroom.game_kinds import GameKind
from core.classroom.paced_games import MAX_QUESTIONS, GamePlan
from core.pmnist.masks import CUT_NAMES, CUTS

QUESTIONS = 8  # at first
SECONDS = (0, 10, 15, 20, 30, 45, 60, 90)  # 0: no limit
TITLES = {
    GameKind.PARTIAL: "Partial digits",
    GameKind.REAL_OR_MADE: "Real or made",
    GameKind.FOOL: "Fool the network",
}
PACES = OWN_PACE, TEACHERS_PACE = ("Each player's own", "The teacher's")


def show_settings() -> tuple[GamePlan | None, bool]:
    """Show the settings of a room; return its game at the teacher's pace, if any, and whether holes are shown."""
    pace = st.segmented_control("Pace", PACES, default=OWN_PACE, required=True, key="quiz pace")
    plan = _show_plan() if pace == TEACHERS_PACE else None
    if plan is not None and plan.kind != GameKind.PARTIAL:
        return plan, True
    holes_shown = st.toggle(
        "Show players the erased area",
        value=True,
        key="quiz told",
        help="Off: they see only what is left, like most of the networks.",
    )
    return plan, holes_shown


def _show_plan() -> GamePlan:
    kind = st.segmented_control(
        "Game", TITLES, format_func=TITLES.__getitem__, default=GameKind.PARTIAL, required=True, key="quiz kind"
    )
    questions = st.slider("Digits", 1, MAX_QUESTIONS, QUESTIONS, key="quiz questions")
    cuts = _choose_cuts() if kind == GameKind.PARTIAL else ()
    seconds = st.select_slider(
        "Time for a digit", SECONDS, format_func=lambda one: f"{one} s" if one else "no limit", key="quiz seconds"
    )
    podium = st.toggle("Show a podium at the end", value=True, key="quiz podium plan")
    return GamePlan(questions, cuts, seconds, podium, kind)


def _choose_cuts() -> tuple[str, ...]:
    """Return the chosen cuts; none means all."""
    cuts = st.pills(
        "Cuts",
        CUTS,
        selection_mode="multi",
        default=CUTS,
        key="quiz cuts",
        help="; ".join(f"{cut}: {name} erased" for cut, name in CUT_NAMES.items()),
    )
    return tuple(cut for cut in CUTS if cut in cuts) or CUTS
