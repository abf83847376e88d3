"""Who is asking: a random number that the browser remembers, so that whoever comes back finds their own runs."""

from __future__ import annotations

import re
from uuid import uuid4

import streamlit as st

COOKIE = "negative_space_visitor"
A_YEAR = 365 * 24 * 3600  # seconds


def get_visitor_id() -> str | None:
    """Return the visitor's number, None while they have not trained or loaded anything."""
    if "visitor" not in st.session_state and (remembered := _remembered()) is not None:
        st.session_state["visitor"] = remembered
    return st.session_state.get("visitor")


def ensure_visitor_id() -> str:
    """Return the visitor's number; the first call draws it."""
    return get_visitor_id() or st.session_state.setdefault("visitor", uuid4().hex)


def store_visitor_id() -> None:
    """Let the browser keep the number: nothing else is kept there, and only of those who have runs."""
    number = get_visitor_id()
    if number is not None and number != _remembered():
        cookie = f"{COOKIE}={number}; path=/; max-age={A_YEAR}; SameSite=Lax"
        st.html(f"<script>document.cookie = '{cookie}'</script>", unsafe_allow_javascript=True)


def _remembered() -> str | None:
    cookie = str(st.context.cookies.get(COOKIE))  # text in a browser, whatever else asks for a page
    return cookie if re.fullmatch(r"[0-9a-f]{32}", cookie) else None


@st.fragment(run_every=3600.0)
def rerun_after_reconnect() -> None:
    """Show nothing, but let the page run anew when its connection was lost and comes back, to whichever server.

    Streamlit's browser code asks for that only where something runs by itself, however rarely. Elsewhere the page would
    stay, known to nobody, and what one clicks in a fragment of it would be heard by nobody.
    """
