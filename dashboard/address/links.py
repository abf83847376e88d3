"""Links: the address holds what is on the page, and a link opens the page as it was; it can hide some choices.

Which choices a page has stands in `address_book`. What is as it was at first is not written, so addresses stay short.
Streamlit's own `bind="query-params"` was tried: it drops what it cannot read without a word, calls a part as its widget
is called, and takes it out of the address when the widget is not on the page.
"""

from __future__ import annotations

import re
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.address.address_book import PAGES
from dashboard.address.choices import PLAIN, Choice, Page
from dashboard.components import live_canvas
from dashboard.server import cache
from dashboard.server.state import SCENE_PARTS, AppState, cut_of, get_state, read_scene
from dashboard.widgets import inputs

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
    state, params = get_state(), st.query_params.to_dict()
    arrived, state.page = page != state.page, page
    st.session_state.update(state.told)
    state.told = {}
    opened = state.fresh or bool(params) and (arrived or params != state.params and not is_late(params))
    if arrived or opened:  # what a link has hidden or could not say, and addresses of before, were about another page
        state.hidden, state.problems, state.asked, state.past, state.fresh = (), [], {}, [], False
    if opened:
        state.params = params
    if opened and not _page_of(state).own:
        if _page_of(state).scene:
            state.scene, state.problems = read_scene(params, tuple(cache.zoo()[0]))
            _take_scene(state)
        _reset_choices(state)
        _take_choices(state)
        _take_hidden(state)
    _hide(state)
    return opened


def is_late(params: dict[str, str]) -> bool:
    """Say whether this is no link: what people did was sent before their browser heard of a newer address."""
    context = get_script_run_ctx()
    return params in get_state().past and not (context and context.is_history_navigation)


def _take_scene(state: AppState) -> None:
    """Put the scene's digit, mask and networks where the widgets and canvases of all pages find them."""
    held, scene = st.session_state, state.scene
    state.ground, state.linked = scene.mask, scene.drawn
    live_canvas.forget("erase")
    held["cut"] = cut_of(scene.mask) or ("whole" if scene.mask.all() else None)
    held["networks"] = list(scene.networks)
    _reset(state, "tool", "source", "class")
    if state.linked is not None or scene.sample is not None:
        held["source"] = "Link" if state.linked is not None else "Sample"


def _reset_choices(state: AppState) -> None:
    """Bring everything that the page lets people choose back to what it is at first."""
    page = _page_of(state)
    for key, per in [(_key_of(one), str(_held(one.per))) for view in page.views for one in page.choices(view)]:
        if key is not None:
            _reset(state, key)
            _forget_first(state, key, per)


def _reset(state: AppState, *keys: str) -> None:
    """Let widgets begin anew. Those that are on the page in the browser are told in a second run what that is."""
    for key in keys:
        if key in st.session_state:
            del st.session_state[key]
            state.reset.append(key)


def _take_choices(state: AppState) -> None:
    """Set what the address says of the page's choices, in their order: keys may depend on those before."""
    page, params = _page_of(state), state.params
    view = params.get("view", "")
    for choice in [one for one in page.choices(view) if one.name in params]:
        try:
            if choice.name == "view" and view not in page.views:
                raise ValueError("no such view")
            value, key = choice.kind.read(params[choice.name]), choice.find_key(st.session_state)
        except (ValueError, KeyError):
            state.problems.append(f"The part {choice.name!r} of this address cannot be read, so it was left out.")
            continue
        st.session_state[key], state.asked[key] = value, choice.kind.write(value)
        state.firsts.setdefault((key, str(_held(choice.per))), None)


def _take_hidden(state: AppState) -> None:
    """Set which choices are hidden; say which parts of the address, or names of what it hides, are not known."""
    params = state.params
    names = {one.name for one in _page_of(state).choices(params.get("view", ""))}
    hidden = [name for name in params.get("hide", "").split(",") if name]
    state.hidden = tuple(name for name in hidden if name in {*GROUPS, *names})
    unknown = {*params} - {*names, *SCENE_PARTS, *LESSON_PARTS, "hide"} | {*hidden} - {*state.hidden}
    if unknown:  # whoever made the address chose these words: only what could be a name is said again
        named = ", ".join(sorted(name for name in unknown if NAME.fullmatch(name)))[:80]
        state.problems.append(f"This address has parts that are not known here{named and ': '}{named}.")


def _forget_first(state: AppState, key: str, per: str) -> None:
    """Let what a choice is at first be seen again, where a link had set it before that."""
    if (key, per) in state.firsts and state.firsts[key, per] is None:
        del state.firsts[key, per]


def _key_of(choice: Choice) -> str | None:
    try:
        return choice.find_key(st.session_state)
    except KeyError:
        return None


def write_address() -> None:
    """Put what is on the page into the address, so that copying it copies the scene; not in the middle of a stroke."""
    state = get_state()
    if _page_of(state).own or inputs.stroke_goes_on():  # each change is an entry in the browser's history
        return
    _tell(state)
    _judge(state)
    put(to_params(state))


def put(params: dict[str, str]) -> None:
    """Write an address, unless it is there already."""
    state = get_state()
    if params != state.params or params != st.query_params.to_dict():  # which may be late
        st.query_params.from_dict(params)
        state.past, state.params = [*state.past[-MOST_PAST:], state.params], params


def _tell(state: AppState) -> None:
    """Run again where the browser has to be told what widgets hold that a link has brought back."""
    reset, state.reset = state.reset, []
    state.told = {key: st.session_state[key] for key in reset if key not in state.asked and key in st.session_state}
    if state.told:
        st.rerun()


def _judge(state: AppState) -> None:
    """Say which parts of a link the page did not take: a widget knows its options, and falls back to its first."""
    asked, state.asked, refused = state.asked, {}, []
    for choice in _page_of(state).choices(_view_of(state)) if asked else ():
        key, text = _key_of(choice), _text_of(choice)
        if key in asked and text not in (None, asked[key]):
            refused.append(choice.name)
            _forget_first(state, key, str(_held(choice.per)))
    if refused:
        named = ", ".join(map(repr, refused))
        state.problems.append(f"What this address asks for in {named} is not to be had here, so it was left out.")
        st.rerun()


def to_params(state: AppState) -> dict[str, str]:
    """Return what is on the page as parts of its address."""
    page = _page_of(state)
    params = state.scene.to_params() if page.scene else {}
    for choice in page.choices(_view_of(state)):
        key, text = _key_of(choice), _text_of(choice)
        if key is None or text is None:
            continue
        first = state.firsts.setdefault((key, str(_held(choice.per))), text)
        if choice.always or text != first:
            params[choice.name] = text
    if state.hidden:
        params["hide"] = ",".join(state.hidden)
    guide = state.guide
    if guide is not None and guide.name and guide.lesson.steps[guide.step].page == state.page:
        params |= {"lesson": guide.name, "step": str(guide.step + 1)}
    return params


def _page_of(state: AppState) -> Page:
    return PAGES.get(state.page, PLAIN)


def _view_of(state: AppState) -> str:
    return str(_held(_page_of(state).key))


def _held(key: str) -> Any:
    """Return what a widget holds; None where there is none."""
    return st.session_state.get(key) if key else None


def _text_of(choice: Choice) -> str | None:
    """Return what the address would say of a choice as it stands; None where nothing is chosen."""
    key = _key_of(choice)
    value = _held(key or "")
    return None if value is None else choice.kind.write(value)


def groups_of(state: AppState) -> list[str]:
    """Return what a link to this page and view can hide."""
    page = _page_of(state)
    found = {one.kind.group for one in page.choices(_view_of(state))}
    found |= {"digit", "tools", "networks"} if page.scene else set()
    return [group for group in GROUPS if group in found]


def _hide(state: AppState) -> None:
    """Take the widgets that the link hides off the page. They keep what they hold, and so does the address."""
    if not state.hidden:
        return
    choices = _page_of(state).choices(_view_of(state))
    keys = [one.key for one in choices if state.hides(one.kind.group) or state.hides(one.name)]
    keys += [key for name, more in MORE_KEYS.items() if state.hides(name) for key in more]
    rules = [f'[class*="st-key-{_to_class(key)}"]' if "{" in key else f".st-key-{_to_class(key)}" for key in keys]
    if rules:
        st.html(f"<style>{', '.join(rules)} {{ display: none !important }}</style>")


def _to_class(key: str) -> str:
    """Return how Streamlit calls a widget in the page; of a key that depends on others, how that begins."""
    return re.sub("[^a-zA-Z0-9_-]", "-", key.partition("{")[0])
