"""Projector mode: large type, controls folded away, and the views of all pages as slides, turned by the arrow keys."""

from pathlib import Path

import streamlit as st

import dashboard
from dashboard.address import get_address
from dashboard.shell.search import find_views, open_view

STYLESHEET = Path(__file__).with_name("projector.css")
CONTROLS = "projector controls"  # whether the controls are shown


def show_projector(page: str) -> None:
    """Draw the switch of the projector mode, and in this mode the buttons to turn the slides."""
    address = get_address()
    if not address.projector:
        st.button("Projector", key="projector", icon=":material/slideshow:", shortcut="p", on_click=_switch)
        return
    shown = st.session_state.get(CONTROLS, False)
    st.html(STYLESHEET)
    st.html(f'<i class="ns-projector{" ns-with-controls" if shown else ""}"></i>')
    before, after = neighbouring_slides(page, _view_of(page))
    _turn("Previous", "left", before)
    _turn("Next", "right", after)
    st.button("Fold" if shown else "Controls", key="fold", icon=":material/tune:", on_click=_switch_controls)
    st.button("Leave", key="projector", icon=":material/close:", shortcut="p", on_click=_switch)


def _turn(label: str, key: str, slide: tuple[str, str] | None) -> None:
    """Draw a button that goes to a slide, also by an arrow key."""
    icon = f":material/chevron_{key}:"
    if st.button(label, key=f"slide {key}", icon=icon, shortcut=key, disabled=slide is None) and slide is not None:
        open_view(*slide)


def neighbouring_slides(page: str, view: str) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
    """Return page and view of the slides before and after this one; None at the ends."""
    slides = [(name, title) for name in dashboard.PAGES for title in find_views(name)]
    at = slides.index((page, view))
    return slides[at - 1] if at else None, slides[at + 1] if at + 1 < len(slides) else None


def title_of_slide(page: str) -> str:
    """Return the title of the view in projector mode, where the choice of the view is folded away; else ""."""
    return _view_of(page) if get_address().projector and len(find_views(page)) > 1 else ""


def _view_of(page: str) -> str:
    """Return the title of the view that is about to be shown."""
    titles = find_views(page)
    title = get_address().asked.get("view") or st.session_state.get(f"{page} view")
    return title if title in titles else titles[0]


def _switch() -> None:
    address = get_address()
    address.projector = not address.projector


def _switch_controls() -> None:
    st.session_state[CONTROLS] = not st.session_state.get(CONTROLS, False)
