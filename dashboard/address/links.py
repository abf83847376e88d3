"""Open a page as its address says, and write what is on the page into the address.

Streamlit's own `bind="query-params"` was tried: it silently drops what it cannot read, names a part as its widget, and
removes it from the address when the widget is not on the page.
"""

import re

import streamlit as st

from core.classroom.led_rooms import Place
from core.jobs.trained_networks import list_networks, run_id_of
from dashboard.address.former_names import present_parts
from dashboard.address.state import PageAddress, get_address
from dashboard.components import live_canvas
from dashboard.server import caches, data_sets, led_class, visitors
from dashboard.server.data_sets import SET
from dashboard.server.scene import SCENE_PARTS, Scene, read_scene
from dashboard.server.session import ChosenDigit, get_session
from dashboard.server.streamlit_internals import script_runs

LESSON_PARTS = ("lesson", "step")
CLASS_PARTS = LEAD, FOLLOW = "lead", "follow"  # each holds the code of a class
PROJECTOR = "projector"
NOT_SHARED = {*CLASS_PARTS, PROJECTOR}  # parts that are about one person's screen
OWN_PICTURES = "Your own"  # an option of the page Transfer: the pictures themselves are in no address
OTHERS_NETWORK = "This link uses a network that only its owner can see, or that was deleted."
MAX_PAST = 20  # addresses: the browser receives one long before another 20 are written
GROUPS = {
    "view": "which view is shown",
    "digit": "which digit it is",
    "tools": "what is erased from it",
    "networks": "which networks are there",
    "settings": "everything else that can be set",
}
RESERVED = {SET, *SCENE_PARTS, *LESSON_PARTS, *NOT_SHARED, "hide", *GROUPS} - {"view"}  # no names of widgets
NAME = re.compile("[a-z0-9-]{1,40}")
CANVASES = DRAW, ERASE = "draw", "erase"  # keys of the canvases on which strokes are drawn
SOURCE, CLASS, CUT, TOOL, NETWORKS = "source", "class", "cut", "tool", "networks"  # keys of the scene's widgets


def open_address(page: str, *, scene: bool, data: bool) -> bool:
    """Take over what the address says before the page runs; return whether a link has just been opened.

    `scene`: whether the page shows a digit; `data`: whether it uses the chosen data set, and offers others.
    """
    address, params = get_address(), st.query_params.to_dict()
    arrived, address.page = page != address.page, page
    address.scene, address.data, address.incomplete = scene, data, False
    address.parts = {}
    alone = address.fresh or script_runs.is_history_navigation()  # such an address says all that is on the page
    opened = address.fresh or bool(params) and (arrived or params != address.params and not is_late(params))
    if arrived or opened:  # what an earlier link hid or could not say was about another page
        address.hidden, address.locked, address.problems, address.refused = (), {}, [], []
        address.asked, address.named, address.past, address.fresh = {}, set(), [], False
    if opened:
        address.params = params
        address.projector = params.get(PROJECTOR, "1" if address.projector else "") == "1"
        _take_link(address, alone)
    return opened


def is_late(params: dict[str, str]) -> bool:
    """Return whether the browser sent this address before it received a newer one; then it is no link."""
    return params in get_address().past and not script_runs.is_history_navigation()


def _take_link(address: PageAddress, alone: bool) -> None:
    params = _leave_out_others_networks(address)
    if problem := data_sets.take_link(params, alone=alone):
        address.problems.append(problem)
    if address.scene:
        _take_scene(address, params)
    for key in address.keys[address.page]:
        st.session_state.pop(key, None)
    known = {SET, *SCENE_PARTS, *LESSON_PARTS, *NOT_SHARED, "hide"}
    asked = {name: text for name, text in params.items() if name not in known}
    address.asked = present_parts(address.page, asked)
    address.hidden = tuple(filter(None, params.get("hide", "").split(",")))


def _leave_out_others_networks(address: PageAddress) -> dict[str, str]:
    """Return the parts of the link without networks that this visitor cannot see, and say so if there are any."""
    others = {word for text in address.params.values() for word in text.split(",") if run_id_of(word)}
    if others:
        others -= {*list_networks(visitors.get_visitor_id() or "")}
    if not others:
        return address.params
    address.problems.append(OTHERS_NETWORK)
    kept = {name: [word for word in text.split(",") if word not in others] for name, text in address.params.items()}
    return {name: ",".join(words) for name, words in kept.items() if words}


def _take_scene(address: PageAddress, params: dict[str, str]) -> None:
    """Put the scene's digit, mask and networks where the widgets and canvases of all pages find them."""
    session, held = get_session(), st.session_state
    before, (session.scene, problems) = session.scene, read_scene(params, tuple(caches.zoo()[0]))
    address.problems += problems
    scene, last = session.scene, len(caches.current_dataset()[0].test) - 1
    held[NETWORKS] = list(scene.networks)
    if _is_own_drawing(params, before):  # a link from another page: strokes, pen and upload stay
        scene.drawn = before.drawn
        return
    if scene.sample is not None and scene.sample > last:
        address.problems.append(f"There is no test digit {scene.sample}, so the last one, {last}, is shown.")
        scene.sample = last
    session.base_mask = scene.mask
    session.linked = None if scene.drawn is None else ChosenDigit(scene.drawn, uploaded=scene.uploaded)
    session.earlier_masks.clear()
    live_canvas.forget(ERASE)
    for key in (TOOL, SOURCE, CLASS):
        held.pop(key, None)
    if scene.drawn is not None or scene.sample is not None:
        held[SOURCE] = "Link" if scene.drawn is not None else "Sample"


def _is_own_drawing(params: dict[str, str], scene: Scene) -> bool:
    """Return whether a link holds the digit that the visitor drew or uploaded, and what they have erased of it."""
    own = scene.to_params()
    return scene.drawn is not None and all(own.get(part) == params.get(part) for part in ("digit", "source", "erased"))


def close_address() -> None:
    """Write the address at the end of a run of the whole page, and say which parts of a link could not be used."""
    address = get_address()
    if not address.incomplete:
        _judge(address)
    _write(address)


def _judge(address: PageAddress) -> None:
    """Say which parts of the link no widget has taken, and which ones asked for an option that is not there."""
    shown = tuple(name for name in address.hidden if name in GROUPS or name in address.parts)
    unknown = {*address.asked} | {*address.hidden} - {*shown}
    address.hidden, address.asked = shown, {}
    if unknown:  # whoever made the address chose these words: repeat only what could be a name
        named = ", ".join(sorted(name for name in unknown if NAME.fullmatch(name)))[:80]
        address.problems.append(f"This address has parts that are not known here{named and ': '}{named}.")
    if address.refused:
        named = ", ".join(map(repr, address.refused))
        address.refused = []
        address.problems.append(f"What this address names in {named} does not exist here, so it was left out.")


def write_address() -> None:
    """Write the address at the end of a fragment; when the whole page runs, the end of the page does that."""
    if script_runs.is_fragment_run():
        _write(get_address())


def _write(address: PageAddress) -> None:
    """Put what is on the page into the address, so that a copy of it opens the same; not in the middle of a stroke."""
    if not stroke_goes_on():  # each change is an entry in the browser's history
        put(to_params(address))
        led_class.move(place_of(address))


def place_of(address: PageAddress) -> Place:
    """Return the page and what its address says of it, without what is about this visitor's screen alone."""
    return Place(address.page, {name: text for name, text in address.params.items() if name not in NOT_SHARED})


def put(params: dict[str, str]) -> None:
    """Write an address, unless it is there already."""
    address = get_address()
    if params != address.params or params != st.query_params.to_dict():  # which may be late
        st.query_params.from_dict(params)
        address.past, address.params = [*address.past[-MAX_PAST:], address.params], params


def to_params(address: PageAddress) -> dict[str, str]:
    """Return what is on the page as parts of its address."""
    params = data_sets.to_params()  # on every page: a reload knows nothing but the address
    params |= get_session().scene.to_params() if address.scene else {}
    for name, part in address.parts.items():
        value = st.session_state.get(part.key)
        text = None if value is None else part.kind.write(value)
        if text is not None and (part.always or name in address.named or text != part.first):
            params[name] = text
    hidden = {"hide": ",".join(address.hidden)} if address.hidden else {}
    projector = {PROJECTOR: "1"} if address.projector else {}
    return params | address.asked | hidden | address.lesson | address.classroom | projector


def groups_of(address: PageAddress) -> list[str]:
    """Return the groups that a link to this page and view can hide."""
    found = {part.group for part in address.parts.values()}
    found |= {"digit", "tools", "networks"} if address.scene else set()
    return [group for group in GROUPS if group in found]


def stroke_goes_on() -> bool:
    """Return whether a stroke is being drawn; what is not needed meanwhile can wait for its end."""
    return any(live_canvas.stroke_goes_on(key) for key in CANVASES)
