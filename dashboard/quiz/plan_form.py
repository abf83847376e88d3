"""What the teacher sets before a game at their pace."""

import streamlit as st

from core.classroom.paced_games import MAX_QUESTIONS, GamePlan
from core.pmnist.masks import CUT_NAMES, CUTS

QUESTIONS = 8  # at first
SECONDS = (0, 10, 15, 20, 30, 45, 60, 90)  # 0: no limit


def show_plan() -> GamePlan:
    """Show the settings of a game; return them. No cut means all cuts."""
    questions = st.slider("Digits", 1, MAX_QUESTIONS, QUESTIONS, key="quiz questions")
    cuts = st.pills(
        "Cuts",
        CUTS,
        selection_mode="multi",
        default=CUTS,
        key="quiz cuts",
        help="; ".join(f"{cut}: {name} erased" for cut, name in CUT_NAMES.items()),
    )
    seconds = st.select_slider(
        "Time for a digit", SECONDS, format_func=lambda one: f"{one} s" if one else "no limit", key="quiz seconds"
    )
    podium = st.toggle("Show a podium at the end", value=True, key="quiz podium plan")
    return GamePlan(questions, tuple(cut for cut in CUTS if cut in cuts) or CUTS, seconds, podium)
