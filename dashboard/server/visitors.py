"""The visitor's id, by which they find their own runs again, and where they connect from.

The browser keeps a random number in a cookie that no script can read. The id is the number's hash: what is stored
beside runs and rooms lets nobody claim them.
"""

import hashlib
import re
import secrets
from uuid import uuid4

import streamlit as st

from dashboard.server import gate

COOKIE = gate.COOKIE
VISITOR = "visitor"  # key of the id in the session
_NUMBER, _STORED = "visitor number", "visitor number stored"  # keys of the number, and of what the browser has of it
_RECOGNISED = "visitor recognised"  # key of whether the cookie was read: a tab sees the one that it was opened with
MAX_FORGOTTEN = 10_000
_forgotten: dict[str, None] = {}  # the numbers that visitors deleted last: no tab stores anything under them
_SALT = secrets.token_bytes(16)  # of this process: an origin cannot be traced back to an address


def recognise_visitor() -> None:
    """Take the visitor's number from their cookie, once in a tab: the tab does not see that it was deleted."""
    if _RECOGNISED in st.session_state:
        return
    st.session_state[_RECOGNISED] = True
    if VISITOR not in st.session_state and (number := _from_cookie()) is not None:
        st.session_state[VISITOR], st.session_state[_NUMBER] = to_id(number), number


def get_visitor_id() -> str | None:
    """Return the visitor's id; None before they have started a run, loaded a network or opened a room."""
    visitor: str | None = st.session_state.get(VISITOR)
    return None if st.session_state.get(_NUMBER) in _forgotten else visitor


def get_openers() -> list[str]:
    """Return what rooms of this visitor may stand under: the id, and the number for those from before ids."""
    visitor, number = get_visitor_id(), st.session_state.get(_NUMBER)
    return [] if visitor is None else [visitor] if number is None else [visitor, number]


def ensure_visitor_id() -> str:
    """Return the visitor's id; make one if there is none."""
    if (visitor := get_visitor_id()) is not None:
        return visitor
    number = st.session_state[_NUMBER] = uuid4().hex
    visitor = st.session_state[VISITOR] = to_id(number)
    return visitor


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
    if number is not None and number not in _forgotten and st.session_state.get(_STORED) != number:
        st.session_state[_STORED] = number
        _fetch(gate.offer_cookie(number))


def forget_visitor() -> None:
    """Delete the cookie, and forget the visitor's id in all their tabs."""
    if (number := st.session_state.get(_NUMBER)) is not None:
        _forgotten[number] = None
        while len(_forgotten) > MAX_FORGOTTEN:
            _forgotten.pop(next(iter(_forgotten)), None)
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
