"""The head of a page: its title, what it shows in a sentence, and the buttons that every page has."""

from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import dashboard
from dashboard.address import get_address
from dashboard.components.page_frame import EARLY_KEYS
from dashboard.shell.help import show_help
from dashboard.shell.projector import show_projector, title_of_slide
from dashboard.shell.search import show_search
from dashboard.shell.set_choice import show_set_choice
from dashboard.widgets.texts import read_text


def show_head(name: str) -> DeltaGenerator:
    """Show title, text and buttons of a page in one line where there is room; return the place for Share."""
    with st.container(key="page-head"):
        st.html(f"<h1>{escape(dashboard.PAGES[name].title)}</h1>{EARLY_KEYS}", unsafe_allow_javascript=True)
        st.markdown(introduce(name, title_of_slide(name)), unsafe_allow_html=True)
        with st.container(key="page-tools", horizontal=True, gap="xsmall"):
            if get_address().data:
                show_set_choice()
            show_search()
            show_projector(name)
            share = st.container(width="content")
            if not get_address().projector:
                show_help(name)
    return share


def introduce(name: str, title: str = "") -> str:
    """Return a page's text on one line; small screens show its first paragraph, and all of it on hover or tap.

    A `title` stands before it, and is then what they show.
    """
    first, _, rest = read_text(name).strip().partition("\n\n")
    if title:
        first, rest = f"**{title}**", f"{first} {rest}".strip()
    rest = f' <span class="ns-rest">{rest}</span>' if rest else ""
    return f'<span class="ns-about" tabindex="0">{first}{rest}</span>'


def show_neighbours(name: str) -> None:
    """Show links to the page before and the page after this one, in the order of the menu."""
    before, after = neighbouring_pages(name)
    with st.container(key="page-end", horizontal=True, horizontal_alignment="distribute"):
        for neighbour, label in ((before, "← {}"), (after, "{} →")):
            if neighbour:
                st.page_link(dashboard.file_of(neighbour), label=label.format(dashboard.PAGES[neighbour].title))


def neighbouring_pages(name: str) -> tuple[str, str]:
    """Return the names of the page before and the page after this one; "" at the ends."""
    names = ["", *dashboard.PAGES, ""]
    at = names.index(name)
    return names[at - 1], names[at + 1]
