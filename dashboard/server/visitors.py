"""The visitor's id, by which they find their own runs again, and where they connect from.

The browser keeps a random number in a cookie that no script can read. The id is the number's hash: what is stored
beside runs and rooms lets nobody claim them.
"""

import hashlib
import re
import secrets
from uuid import uuid4

import streamlit as st

from core.jobs import run_folders
from dashboard.server import gate

COOKIE = gate.COOKIE
VISITOR = "visitor"  # key of the id in the session
_NUMBER, _STORED = "visitor number", "visitor number stored"  # keys of the number, and of what the browser has of it
_RECOGNISED = "visitor recognised"  # key of whether the cookie was read: a tab sees the one that it was opened with
_SALT = secrets.token_bytes(16)  # of this process: an origin cannot be traced back to an address


def recognise_visitor() -> None:
    """Take the visitor's number from their cookie, once in a tab: the tab does not see that it was deleted."""
    if _RECOGNISED in st.session_state:
        return
    st.session_state[_RECOGNISED] = True
    if VISITOR not in st.session_state and (number := _from_cookie()) is not None:
        st.session_state[VISITOR], st.session_state[_NUMBER] = to_id(number), number
        run_folders.rename_visitor(number, to_id(number))  # of runs from before ids were hashes


def get_visitor_id() -> str | None:
    """Return the visitor's id; None before they have started a run, loaded a network or opened a room."""
    visitor: str | None = st.session_state.get(VISITOR)
    return visitor


def ensure_visitor_id() -> str:
    """Return the visitor's id; make one if there is none."""
    if (visitor := get_visitor_id()) is not None:
        return visitor
    number = st.session_state[_NUMBER] = uuid4().hex
    return st.session_state.setdefault(VISITOR, to_id(number))


def to_id(number: str) -> str:
    """Return the id of the visitor whose browser keeps this number."""
    return hashlib.sha256(number.encode()).hexdigest()


def get_origin() -> str:
    """Return a number for the address from which the visitor connects, the same for all who share it; "" if unknown.

    It counts only as long as this process runs.
    """
    address = str(st.context.ip_address or "")  # outside a browser it may be no text
    return hashlib.blake2b(address.encode(), key=_SALT, digest_size=8).hexdigest() if address else ""


def store_visitor_id() -> None:
    """Let the browser of a visitor who has an id keep their number in a cookie."""
    number = st.session_state.get(_NUMBER)
    if number is not None and st.session_state.get(_STORED) != number:
        st.session_state[_STORED] = number
        _fetch(gate.offer_cookie(number))


def forget_visitor() -> None:
    """Delete the cookie, and forget the visitor's id in this tab."""
    for key in (VISITOR, _STORED, _NUMBER):
        st.session_state.pop(key, None)
    _fetch(gate.offer_cookie(""))


def _fetch(path: str) -> None:
    """Make the browser request this path of the server, whose answer sets the cookie."""
    script = f"fetch('{path}', {{headers: {{'{gate.OFFER_HEADER}': 'fetch'}}}})"
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def _from_cookie() -> str | None:
    cookie = str(st.context.cookies.get(COOKIE))  # outside a browser it may be no text
    return cookie if re.fullmatch(r"[0-9a-f]{32}", cookie) else None


@st.fragment(run_every=3600.0)
def rerun_after_reconnect() -> None:
    """Draw nothing, but make the browser rerun the page when it reconnects, to the same server or another one.

    Streamlit's browser code does that only on pages with a fragment that runs by itself, however rarely. Without it, a
    click in a fragment would be lost, because the new server does not know the page.
    """
