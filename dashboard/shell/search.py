"""Search: every page, every view with the question that it answers, and every term of the glossary in one list."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module

import streamlit as st

import dashboard
from dashboard.address import get_address
from dashboard.widgets.glossary import Term, terms
from dashboard.widgets.texts import read_questions

KEY = "search for"
WIDTH = 620  # pixels: the longest question fits, where the screen is so wide


@dataclass(frozen=True)
class Entry:
    """What one can search for: a page, a view of a page, or a term."""

    label: str
    page: str = ""
    view: str = ""
    term: Term | None = None


def find_views(page: str) -> list[str]:
    """Return the titles of a page's views. The folder of a page stands above this one: it is found by its name."""
    return [view.title for view in import_module(f"dashboard.{page}").VIEWS]


@cache
def entries() -> dict[str, Entry]:
    """Return everything that one can search for, by its label: pages with their views, then terms."""
    found = []
    for name, page in dashboard.PAGES.items():
        views = find_views(name)
        found += [Entry(page.title, name)]
        found += [Entry(label, name, view) for view in views if len(views) > 1 for label in _label_view(name, view)]
    found += [Entry(f"{term.term} (term)", term=term) for term in terms()]
    return {entry.label: entry for entry in found}


def _label_view(page: str, view: str) -> list[str]:
    return [f"{dashboard.PAGES[page].title} › {view}: {question}" for question in read_questions(page, view)]


@st.fragment
def show_search() -> None:
    """Show a list to type in; a page or view opens, a term is explained. Nothing is listed before it is opened."""
    place = st.popover("Search", key="search", on_change="rerun", icon=":material/search:")
    if place.open:
        with place:
            label = st.selectbox(
                "Search pages, views and terms",
                list(entries()),
                index=None,
                key=KEY,
                placeholder="Type a word",  # where nothing matches, Streamlit's own "No results" appears
                width=WIDTH,
            )
            if label is not None:
                _follow(entries()[label])
            if get_address().projector:
                _list_pages()


def _list_pages() -> None:
    """Show a link to every page: projector mode has no menu."""
    with st.container(horizontal=True, gap="small"):
        for name, page in dashboard.PAGES.items():
            st.page_link(dashboard.file_of(name), label=page.title)


def _follow(entry: Entry) -> None:
    if entry.term is not None:
        st.markdown(f"**{entry.term.term}**: {entry.term.means}")
        return
    open_view(entry.page, entry.view)


def open_view(page: str, view: str = "") -> None:
    """Go to a page, and to one of its views; the digit and all settings stay."""
    if view:
        st.session_state[f"{page} view"] = view
    st.switch_page(dashboard.file_of(page))
