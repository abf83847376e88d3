"""Sharing a page: its address, to copy and as a code for phones, with choices hidden if wanted."""

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import urlencode

import segno
import streamlit as st

from core.jobs.trained_networks import run_id_of
from dashboard.address import GROUPS, get_address, groups_of
from dashboard.address.links import NOT_SHARED, OWN_PICTURES
from dashboard.server.network_address import for_others, is_local
from dashboard.widgets.texts import show_caption

OPEN, LARGE, CLOSE = "share", "share large code", "share close"
STYLE = """<style>
.ns-copy { display: flex; gap: .5rem; max-width: 30rem; }
.ns-copy textarea { flex: 1; resize: none; font: .85rem/1.35 monospace; padding: .5rem; border-radius: .5rem;
  border: 1px solid #8884; background: #8881; color: inherit; overflow-wrap: anywhere; }
.ns-copy button { padding: .3rem .8rem; border-radius: .5rem; border: 1px solid #8886; background: none; color: inherit;
  cursor: pointer; min-width: 5.2rem; }
.ns-code { display: block; max-width: 100%; height: auto; border-radius: .5rem; }
.ns-spelt { margin-top: .6rem; font-size: 1.2rem; overflow-wrap: anywhere; max-height: 14vh; overflow: auto; }
</style>"""
# Not `st.code`: its button copies nothing where the page came without https under another name than localhost, since
# browsers have no `navigator.clipboard` there. The old way works everywhere.
COPY = """<div class="ns-copy"><textarea readonly rows="3" aria-label="Address of this page">{address}</textarea>
<button>Copy</button></div><script>
document.querySelectorAll(".ns-copy").forEach((place) => {{
  const [text, button] = place.children;
  button.onclick = () => {{
    text.select();
    button.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
  }};
}});
</script>"""


@st.fragment
def show_share(show_more: Callable[[], None]) -> None:
    """Offer the page's address, out of the way of the page; nothing is computed before people ask for it.

    `show_more` draws what stands above the address.
    """
    st.html(STYLE)
    if st.session_state.pop(CLOSE, False):
        st.session_state[OPEN] = False
    place = st.popover("Share", key=OPEN, on_change="rerun", icon=":material/share:")
    if place.open:
        with place:
            show_more()
            _show_address()
    elif address := st.session_state.pop(LARGE, ""):
        _show_large(address)


def _show_address() -> None:
    page = get_address()
    groups = groups_of(page)
    hidden = (
        st.pills(
            "Hide",
            groups,
            selection_mode="multi",
            key="share hides",
            wrap=True,
            default=[name for name in page.hidden if name in groups],
            help="Others do not see these controls. They stay as now.",
            format_func=GROUPS.__getitem__,
        )
        if groups
        else []
    )
    parts = {name: text for name, text in st.query_params.to_dict().items() if name not in {"hide", *NOT_SHARED}}
    address = write_url(for_others(str(st.context.url or "")), parts | ({"hide": ",".join(hidden)} if hidden else {}))
    st.html(COPY.format(address=escape(address)), unsafe_allow_javascript=True)
    if missing := describe_missing(parts):
        st.caption(missing)
    say_who_can_open(address)
    if code := draw_code(address):
        st.html(f'<img class="ns-code" alt="The address as a code" src="{code}" width="220">')
        st.button("Show the code large", key="share large", on_click=_enlarge, args=(address,))
    else:
        show_caption("shell", "Too long for a code")


def describe_missing(parts: Mapping[str, str]) -> str:
    """Return what the page shows and an address with these parts does not hold, in a sentence; "" for nothing."""
    own = any(run_id_of(name) for text in parts.values() for name in text.split(","))
    missing = ["the networks that you trained"] * own + ["your own pictures"] * (parts.get("pictures") == OWN_PICTURES)
    return f"The address does not hold {' and '.join(missing)}: only you see them." if missing else ""


def say_who_can_open(address: str) -> None:
    """Say so when an address leads nowhere on any other computer."""
    if is_local(address):
        show_caption("shell", "Only this computer")


def show_code(code: str, part: str, *, width: str = "250px") -> None:
    """Show the code of a room or a class, the link that names it in this part, and the link as a QR code."""
    link = write_url(for_others(str(st.context.url or "")), {part: code})
    st.html(
        f'<div class="ns-room" style="font-size:3.4rem;font-weight:800;letter-spacing:.12em;line-height:1.25">'
        f"{code}</div>"
    )
    st.html(f'<img src="{draw_code(link)}" alt="QR code of the link below" style="width:{width}">')
    st.code(link, language=None, wrap_lines=True)
    say_who_can_open(link)


def _enlarge(address: str) -> None:
    st.session_state[OPEN], st.session_state[LARGE] = False, address


@st.dialog("Open this page on your own device", width="large")
def _show_large(address: str) -> None:
    """Show the code as large as the back row needs it."""
    st.html(
        f'<img class="ns-code" alt="The address as a code" src="{draw_code(address)}" '
        f'style="width: min(100%, 66vh)"><div class="ns-spelt">{escape(address)}</div>'
    )


def write_url(page: str, parts: dict[str, str]) -> str:
    """Return the address of a page under the name by which it was opened."""
    query = urlencode(parts, safe=",")
    return page.split("?")[0].split("#")[0] + (f"?{query}" if query else "")


def draw_code(address: str) -> str:
    """Return a QR code as the data URL of an SVG, black on white in both themes; nothing for an address too long."""
    try:
        return segno.make(address, error="l", micro=False).svg_data_uri(border=4, dark="#000", light="#fff", scale=8)
    except segno.DataOverflowError:
        return ""
