"""The visitor's id: a random number that the browser keeps, so that a returning visitor finds their own runs."""

import re
from typing import Any
from uuid import uuid4

import streamlit as st

COOKIE = "negative_space_visitor"
A_YEAR = 365 * 24 * 3600  # seconds


def get_visitor_id() -> str | None:
    """Return the visitor's id; None before they have started a run or loaded a network."""
    if "visitor" not in st.session_state and (remembered := _from_cookie()) is not None:
        st.session_state["visitor"] = remembered
    return st.session_state.get("visitor")


def ensure_visitor_id() -> str:
    """Return the visitor's id; make one if there is none."""
    return get_visitor_id() or st.session_state.setdefault("visitor", uuid4().hex)


def store_visitor_id() -> None:
    """Store the id of a visitor who has one in a cookie, the only one of the dashboard."""
    visitor = get_visitor_id()
    if visitor is not None and visitor != _from_cookie():
        cookie = f"{COOKIE}={visitor}; path=/; max-age={A_YEAR}; SameSite=Lax"
        st.html(f"<script>document.cookie = '{cookie}'</script>", unsafe_allow_javascript=True)


def keep_visitor(*scene: Any) -> None:
    """Store the visitor's id at the end of a page on which runs are started."""
    store_visitor_id()


def _from_cookie() -> str | None:
    cookie = str(st.context.cookies.get(COOKIE))  # outside a browser it may be no text
    return cookie if re.fullmatch(r"[0-9a-f]{32}", cookie) else None


@st.fragment(run_every=3600.0)
def rerun_after_reconnect() -> None:
    """Draw nothing, but make the browser rerun the page when it reconnects, to the same server or another one.

    Streamlit's browser code does that only on pages with a fragment that runs by itself, however rarely. Without it, a
    click in a fragment would be lost, because the new server does not know the page.
    """
