"""Help: glossary, tour, reset."""

from dataclasses import replace
from functools import cache
from typing import NoReturn

import streamlit as st
import yaml

import dashboard
from core.jobs.trained_networks import run_id_of
from core.pmnist.masks import keep_all
from dashboard.address import get_address
from dashboard.components.figure_tools import figure_tools
from dashboard.components.page_frame import TourStep, page_frame
from dashboard.server import data_sets
from dashboard.server.session import get_session
from dashboard.widgets.texts import TEXTS

ACTS = TOUR, GLOSSARY, RESET = "Show the tour", "Glossary", "Reset this page"
TOUR_PAGE = "compare"
ASKED = "tour asked"  # how often the visitor has asked for the tour


def show_help(name: str) -> None:
    """Draw the menu of what is needed seldom."""
    chosen = st.menu_button("Help", ACTS, key="page help", icon=":material/help:")
    if chosen == RESET:
        _reset(name)
    elif chosen == TOUR:
        st.session_state[ASKED] = st.session_state.get(ASKED, 0) + 1
        st.switch_page(dashboard.file_of(TOUR_PAGE))
    elif chosen == GLOSSARY:
        st.switch_page(dashboard.file_of("glossary"))


def _reset(name: str) -> NoReturn:
    """Open the page again with its first values; the digit stays, whole."""
    get_address().fresh = True
    digit = (
        replace(get_session().scene, mask=keep_all().numpy(), networks=()).to_params() if get_address().scene else {}
    )
    st.switch_page(dashboard.file_of(name), query_params=data_sets.to_params() | digit)


def show_surroundings(name: str) -> None:
    """Mark the page in the menu, let its changes be read aloud, and let its figures be saved.

    The main page has the tour for first visitors.
    """
    page, here = dashboard.PAGES[name], get_address()
    following = get_session().following
    alone = not (here.hidden or here.lesson or here.projector or following)
    tour = _tour() if name == TOUR_PAGE and alone and not _knows_the_place() else []
    page_frame(
        section=page.section,
        title=page.title,
        tour=tour,
        tour_asked=st.session_state.get(ASKED, 0),
        frozen=following is not None and following.frozen,
    )
    figure_tools()


def _knows_the_place() -> bool:
    """Say whether the visitor reads the digit with a network of their own, and has not asked for the tour."""
    return ASKED not in st.session_state and any(map(run_id_of, get_session().scene.networks))


@cache
def _tour() -> list[TourStep]:
    steps: list[TourStep] = yaml.safe_load((TEXTS / "tour.yaml").read_text("utf-8"))
    return steps
