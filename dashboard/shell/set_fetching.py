"""A data set that is fetched to the server for a visitor: asked for in the frame, watched above the page."""

import streamlit as st

from core.digits import datasets
from core.digits.downloads import BackgroundDownload
from dashboard.server import data_sets, downloads
from dashboard.server.session import get_session
from dashboard.widgets.texts import show_problems

PROBLEM = "data set fetching"  # key of a sentence that is shown once


def describe_size(name: str) -> str:
    """Return how a set that is not here stands in a list; one download serves all sets of a kind, named once."""
    layout = datasets.find_layout(name)
    together = [other for other in data_sets.list_absent() if datasets.find_layout(other).kind == layout.kind]
    if len(together) == 1:
        return f"{name} (fetch, about {layout.megabytes} MB)"
    if name == together[0]:
        return f"{name} (fetch all {len(together)} sets of {layout.kind}, about {layout.megabytes} MB)"
    return f"{name} (part of the same download)"


def fetch(name: str) -> None:
    """Begin to fetch a set, which is used once it is here; until then pages stay with what they have."""
    st.session_state[PROBLEM] = problem = downloads.start_set(name)
    get_session().wanted_data = "" if problem else name


def show_fetching() -> None:
    """Show how far the set is that was asked for, and why it could not be fetched; use it once it is here."""
    show_problems([problem] if (problem := st.session_state.pop(PROBLEM, "")) else [])
    name = get_session().wanted_data
    download = downloads.SETS[name].last if name else None
    if download is None:
        return
    if not download.finished:
        with st.container(key="set-fetching"):
            _watch(download)
        return
    if name in data_sets.list_names():
        data_sets.choose(name)
    elif not download.cancelled:
        _show_failure(name, download)
        return
    get_session().wanted_data = ""
    st.rerun()


def _show_failure(name: str, download: BackgroundDownload) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(f"{download.error or f'{name} could not be fetched.'} {data_sets.current_name()} is still shown.")
        st.button("Try again", on_click=fetch, args=(name,), key="fetch set again", type="tertiary")


@st.fragment(run_every=1.0)
def _watch(download: BackgroundDownload) -> None:
    if download.finished:
        st.rerun()
    share = download.step.share if download.step else 0.0
    until = f"Until then you see {data_sets.current_name()}."
    bar, stop = st.columns([6, 1], vertical_alignment="center")
    bar.progress(share, f"Fetching {download.name}: {100 * share:.0f} %. {until}")
    stop.button("Cancel", on_click=download.cancel, key="cancel fetching set", type="tertiary")
