"""Links: the address holds what is on the page, and a link opens the page as it was; it can hide some choices.

Which choices a page has stands in `address_book`. What is as it was at first is not written, so addresses stay short.
Streamlit's own `bind="query-params"` was tried: it drops what it cannot read without a word, calls a part as its widget
is called, and takes it out of the address when the widget is not on the page.
"""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from dashboard.address.address_book import PAGES
from dashboard.address.choices import PLAIN, Choice, Page
from dashboard.components import live_canvas
from dashboard.server import caches, streamlit_internals
from dashboard.server.scene import SCENE_PARTS, cut_of, read_scene
from dashboard.server.session import Session, get_session
from dashboard.widgets.strokes import stroke_goes_on

LESSON_PARTS = ("lesson", "step")
MOST_PAST = 20  # addresses: more is not written before a browser hears of the first
GROUPS = {
    "view": "which view is shown",
    "digit": "which digit it is",
    "tools": "what is rubbed out of it",
    "networks": "which networks are there",
    "settings": "everything else that can be set",
}
MORE_KEYS = {  # of widgets that are no choices of one view
    "networks": ("networks", "networks menu", "attack onlookers"),
    "digit": ("source", "pen", "previous", "next", "any", "class"),
    "tools": ("cut", "tool"),
}
NAME = re.compile("[a-z0-9-]{1,40}")


def open_address(page: str) -> bool:
    """Take over what the address says before the page runs; return whether a link has just been opened."""
    session, params = get_session(), st.query_params.to_dict()
    arrived, session.page = page != session.page, page
    st.session_state.update(session.told)
    session.told = {}
    opened = session.fresh or bool(params) and (arrived or params != session.params and not is_late(params))
    if arrived or opened:  # what a link has hidden or could not say, and addresses of before, were about another page
        session.hidden, session.problems, session.asked, session.past, session.fresh = (), [], {}, [], False
    if opened:
        session.params = params
    if opened and not _page_of(session).own:
        if _page_of(session).scene:
            session.scene, session.problems = read_scene(params, tuple(caches.zoo()[0]))
            _take_scene(session)
        _reset_choices(session)
        _take_choices(session)
        _take_hidden(session)
    _hide(session)
    return opened


def is_late(params: dict[str, str]) -> bool:
    """Say whether this is no link: what people did was sent before their browser heard of a newer address."""
    return params in get_session().past and not streamlit_internals.is_history_navigation()


def _take_scene(session: Session) -> None:
    """Put the scene's digit, mask and networks where the widgets and canvases of all pages find them."""
    held, scene = st.session_state, session.scene
    session.base_mask, session.linked_digit = scene.mask, scene.drawn
    live_canvas.forget("erase")
    held["cut"] = cut_of(scene.mask) or ("whole" if scene.mask.all() else None)
    held["networks"] = list(scene.networks)
    _reset(session, "tool", "source", "class")
    if session.linked_digit is not None or scene.sample is not None:
        held["source"] = "Link" if session.linked_digit is not None else "Sample"


def _reset_choices(session: Session) -> None:
    """Bring everything that the page lets people choose back to what it is at first."""
    page = _page_of(session)
    for key, per in [(_key_of(one), str(_held(one.per))) for view in page.views for one in page.choices(view)]:
        if key is not None:
            _reset(session, key)
            _forget_first(session, key, per)


def _reset(session: Session, *keys: str) -> None:
    """Let widgets begin anew. Those that are on the page in the browser are told in a second run what that is."""
    for key in keys:
        if key in st.session_state:
            del st.session_state[key]
            session.reset.append(key)


def _take_choices(session: Session) -> None:
    """Set what the address says of the page's choices, in their order: keys may depend on those before."""
    page, params = _page_of(session), session.params
    view = params.get("view", "")
    for choice in [one for one in page.choices(view) if one.name in params]:
        try:
            if choice.name == "view" and view not in page.views:
                raise ValueError("no such view")
            value, key = choice.kind.read(params[choice.name]), choice.find_key(st.session_state)
        except (ValueError, KeyError):
            session.problems.append(f"The part {choice.name!r} of this address cannot be read, so it was left out.")
            continue
        st.session_state[key], session.asked[key] = value, choice.kind.write(value)
        session.firsts.setdefault((key, str(_held(choice.per))), None)


def _take_hidden(session: Session) -> None:
    """Set which choices are hidden; say which parts of the address, or names of what it hides, are not known."""
    params = session.params
    names = {one.name for one in _page_of(session).choices(params.get("view", ""))}
    hidden = [name for name in params.get("hide", "").split(",") if name]
    session.hidden = tuple(name for name in hidden if name in {*GROUPS, *names})
    unknown = {*params} - {*names, *SCENE_PARTS, *LESSON_PARTS, "hide"} | {*hidden} - {*session.hidden}
    if unknown:  # whoever made the address chose these words: only what could be a name is said again
        named = ", ".join(sorted(name for name in unknown if NAME.fullmatch(name)))[:80]
        session.problems.append(f"This address has parts that are not known here{named and ': '}{named}.")


def _forget_first(session: Session, key: str, per: str) -> None:
    """Let what a choice is at first be seen again, where a link had set it before that."""
    if (key, per) in session.firsts and session.firsts[key, per] is None:
        del session.firsts[key, per]


def _key_of(choice: Choice) -> str | None:
    try:
        return choice.find_key(st.session_state)
    except KeyError:
        return None


def write_address() -> None:
    """Put what is on the page into the address, so that copying it copies the scene; not in the middle of a stroke."""
    session = get_session()
    if _page_of(session).own or stroke_goes_on():  # each change is an entry in the browser's history
        return
    _tell(session)
    _judge(session)
    put(to_params(session))


def put(params: dict[str, str]) -> None:
    """Write an address, unless it is there already."""
    session = get_session()
    if params != session.params or params != st.query_params.to_dict():  # which may be late
        st.query_params.from_dict(params)
        session.past, session.params = [*session.past[-MOST_PAST:], session.params], params


def _tell(session: Session) -> None:
    """Run again where the browser has to be told what widgets hold that a link has brought back."""
    reset, session.reset = session.reset, []
    session.told = {key: st.session_state[key] for key in reset if key not in session.asked and key in st.session_state}
    if session.told:
        st.rerun()


def _judge(session: Session) -> None:
    """Say which parts of a link the page did not take: a widget knows its options, and falls back to its first."""
    asked, session.asked, refused = session.asked, {}, []
    for choice in _page_of(session).choices(_view_of(session)) if asked else ():
        key, text = _key_of(choice), _text_of(choice)
        if key in asked and text not in (None, asked[key]):
            refused.append(choice.name)
            _forget_first(session, key, str(_held(choice.per)))
    if refused:
        named = ", ".join(map(repr, refused))
        session.problems.append(f"What this address asks for in {named} is not to be had here, so it was left out.")
        st.rerun()


def to_params(session: Session) -> dict[str, str]:
    """Return what is on the page as parts of its address."""
    page = _page_of(session)
    params = session.scene.to_params() if page.scene else {}
    for choice in page.choices(_view_of(session)):
        key, text = _key_of(choice), _text_of(choice)
        if key is None or text is None:
            continue
        first = session.firsts.setdefault((key, str(_held(choice.per))), text)
        if choice.always or text != first:
            params[choice.name] = text
    if session.hidden:
        params["hide"] = ",".join(session.hidden)
    position = session.lesson_position
    if position is not None and position.name and position.lesson.steps[position.step].page == session.page:
        params |= {"lesson": position.name, "step": str(position.step + 1)}
    return params


def _page_of(session: Session) -> Page:
    return PAGES.get(session.page, PLAIN)


def _view_of(session: Session) -> str:
    return str(_held(_page_of(session).key))


def _held(key: str) -> Any:
    """Return what a widget holds; None where there is none."""
    return st.session_state.get(key) if key else None


def _text_of(choice: Choice) -> str | None:
    """Return what the address would say of a choice as it stands; None where nothing is chosen."""
    key = _key_of(choice)
    value = _held(key or "")
    return None if value is None else choice.kind.write(value)


def groups_of(session: Session) -> list[str]:
    """Return what a link to this page and view can hide."""
    page = _page_of(session)
    found = {one.kind.group for one in page.choices(_view_of(session))}
    found |= {"digit", "tools", "networks"} if page.scene else set()
    return [group for group in GROUPS if group in found]


def _hide(session: Session) -> None:
    """Take the widgets that the link hides off the page. They keep what they hold, and so does the address."""
    if not session.hidden:
        return
    choices = _page_of(session).choices(_view_of(session))
    keys = [one.key for one in choices if session.hides(one.kind.group) or session.hides(one.name)]
    keys += [key for name, more in MORE_KEYS.items() if session.hides(name) for key in more]
    rules = [f'[class*="st-key-{_to_class(key)}"]' if "{" in key else f".st-key-{_to_class(key)}" for key in keys]
    if rules:
        st.html(f"<style>{', '.join(rules)} {{ display: none !important }}</style>")


def _to_class(key: str) -> str:
    """Return how Streamlit calls a widget in the page; of a key that depends on others, how that begins."""
    return re.sub("[^a-zA-Z0-9_-]", "-", key.partition("{")[0])
