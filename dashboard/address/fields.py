"""Streamlit's widgets with a name in the address: what is in the address is declared where the widget is drawn.

Each function takes the value that a link just opened has for this name, draws the widget, and remembers it for writing
the address. A widget that the link hides, or that has no use now (`shown=False`), is not drawn; its value is returned.

All take `key`, the widget's key (the page's name and this name by default: views that share a value share a key),
`group`, what hides it besides its name, `always`, whether the address has it even at its first value, and `place`, a
column or container to draw in. What else they take is Streamlit's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast, overload

import streamlit as st

from dashboard.address import kinds
from dashboard.address.kinds import Kind, NotOffered
from dashboard.address.links import RESERVED
from dashboard.address.state import PageAddress, Part, get_address
from dashboard.server.streamlit_internals.script_runs import is_fragment_run

Option = TypeVar("Option")
Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class _Field:
    """A widget that is about to be drawn."""

    key: str
    value: Any
    hidden: bool


def hold(name: str, kind: Kind, first: Any = None, **more: Any) -> Any:
    """Return a value of the session that belongs to no Streamlit widget, such as a place that was clicked."""
    return _prepare(name, kind, first, lambda value: value, **more).value


def change(key: str, value: Any) -> None:
    """Set a widget's value before it is drawn, also that of a hidden one."""
    st.session_state[key] = value
    locked = get_address().locked
    if key in locked:
        locked[key] = value


def slider(
    name: str, label: str, least: Number, most: Number, first: Number, step: Number | None = None, **more: Any
) -> Number:
    """Draw a slider; return its value between two limits."""
    kind = _number_kind(least, most, first)
    draw = dict(label=label, min_value=least, max_value=most, step=step)
    return cast(Number, _draw("slider", name, kind, first, lambda value: _clamp(value, least, most), draw, more))


def number_input(
    name: str,
    label: str,
    least: Number | None,
    most: Number | None,
    first: Number,
    step: Number | None = None,
    **more: Any,
) -> Number:
    """Draw a number field; return its value. Without limits the link may name any number."""
    kind = _number_kind(least, most, first)
    draw = dict(label=label, min_value=least, max_value=most, step=step)
    return cast(Number, _draw("number_input", name, kind, first, lambda value: _clamp(value, least, most), draw, more))


def selectbox(name: str, label: str, options: Sequence[Option], first: Option | None = None, **more: Any) -> Option:
    """Draw a list to choose one option from, at first the first one."""
    return cast(Option, _draw_options("selectbox", name, label, options, first, more))


def select_slider(name: str, label: str, options: Sequence[Option], first: Option, **more: Any) -> Option:
    """Draw a slider over options."""
    return cast(Option, _draw_options("select_slider", name, label, options, first, more))


def number_slider(name: str, label: str, options: Sequence[float], first: float, **more: Any) -> float:
    """Draw a slider over chosen numbers; a link that names another number means the nearest."""
    kind = kinds.nearest_of(options)
    fit: Callable[[Any], float] = lambda value: value if value in options else first  # noqa: E731
    return float(_draw("select_slider", name, kind, first, fit, {"label": label, "options": list(options)}, more))


@overload
def segmented_control(
    name: str, label: str, options: Sequence[Option], *, required: Literal[False], **more: Any
) -> Option | None: ...
@overload
def segmented_control(
    name: str, label: str, options: Sequence[Option], first: Option | None = None, **more: Any
) -> Option: ...
def segmented_control(
    name: str,
    label: str,
    options: Sequence[Any],
    first: Any = None,
    *,
    required: bool = True,
    **more: Any,
) -> Any:
    """Draw a row of options to choose one from, at first the first one; None at first unless it is required."""
    return _draw_options("segmented_control", name, label, options, first, more | {"required": required})


@overload
def pills(
    name: str, label: str, options: Sequence[Option], *, required: Literal[False], **more: Any
) -> Option | None: ...
@overload
def pills(name: str, label: str, options: Sequence[Option], first: Option | None = None, **more: Any) -> Option: ...
def pills(
    name: str, label: str, options: Sequence[Any], first: Any = None, *, required: bool = True, **more: Any
) -> Any:
    """Draw rounded options to choose one from, at first the first one; None at first unless it is required."""
    return _draw_options("pills", name, label, options, first, more | {"required": required})


def several_pills(
    name: str, label: str, options: Sequence[Option], first: Sequence[Option] = (), **more: Any
) -> list[Option]:
    """Draw rounded options to choose any number from."""
    return _draw_several("pills", name, label, options, first, more | {"selection_mode": "multi"})


def multiselect(
    name: str, label: str, options: Sequence[Option], first: Sequence[Option] = (), **more: Any
) -> list[Option]:
    """Draw a field to choose any number of options in."""
    return _draw_several("multiselect", name, label, options, first, more)


def toggle(name: str, label: str, first: bool = False, **more: Any) -> bool:
    """Draw a switch."""
    return bool(_draw("toggle", name, kinds.FLAG, first, bool, {"label": label}, more))


def text_input(name: str, label: str, first: str = "", **more: Any) -> str:
    """Draw a field for a line of text."""
    return str(_draw("text_input", name, kinds.TEXT, first, str, {"label": label}, more))


def text_area(name: str, label: str, first: str = "", **more: Any) -> str:
    """Draw a field for some lines of text."""
    return str(_draw("text_area", name, kinds.TEXT, first, str, {"label": label}, more))


def _draw_options(draw: str, name: str, label: str, options: Sequence[Any], first: Any, more: dict[str, Any]) -> Any:
    options = list(options)
    allowed = [*options, None] if more.get("required") is False else options
    if first not in allowed:
        first = options[0]
    kind = kinds.one_of(options)
    fit: Callable[[Any], Any] = lambda value: value if value in allowed else first  # noqa: E731
    return _draw(draw, name, kind, first, fit, {"label": label, "options": options}, more)


def _draw_several(
    draw: str, name: str, label: str, options: Sequence[Any], first: Sequence[Any], more: dict[str, Any]
) -> Any:
    first = [value for value in first if value in options]

    def fit(values: Any) -> list[Any]:
        kept = [value for value in values or () if value in options]
        return first if values and not kept else kept

    drawn = {"label": label, "options": list(options)}
    return list(_draw(draw, name, kinds.many_of(options), first, fit, drawn, more) or ())


def _draw(
    draw: str,
    name: str,
    kind: Kind,
    first: Any,
    fit: Callable[[Any], Any],
    arguments: dict[str, Any],
    more: dict[str, Any],
) -> Any:
    """Draw a widget of Streamlit, unless it is hidden or not shown, and return its value."""
    own = {option: more.pop(option) for option in ("key", "group", "always") if option in more}
    place, shown = more.pop("place", st), more.pop("shown", True)
    field = _prepare(name, kind, first, fit, **own)
    if field.hidden or not shown:
        return field.value
    drawn = get_address().drawn
    if drawn.get(field.key) != arguments:  # a widget with other limits or options would forget its value
        st.session_state[field.key], drawn[field.key] = field.value, arguments
    # A browser may send anything: a number outside the limits becomes the nearest one, no option the default.
    return fit(getattr(place, draw)(**arguments, **more, key=field.key, persist_state="session"))


def _prepare(
    name: str,
    kind: Kind,
    first: Any,
    fit: Callable[[Any], Any],
    *,
    key: str = "",
    group: str = "settings",
    always: bool = False,
) -> _Field:
    """Put the value where the widget finds it: what the link says, else what there is, else the first value.

    `fit` returns the nearest value that the widget can have now: its options and limits may have changed.
    """
    address, held = get_address(), st.session_state
    key = key or f"{address.page} {name}"
    _check_name(address, name, key)
    value = fit(_take(address, name, kind, held.get(key, first), first))
    hidden = address.hides(name, group)
    if hidden:
        value = fit(address.locked.setdefault(key, value))
    if held.get(key) != value:
        held[key] = value
    address.keys[address.page].add(key)
    address.parts[name] = Part(key, kind, group, None if first is None else kind.write(first), always)
    return _Field(key, value, hidden)


def _check_name(address: PageAddress, name: str, key: str) -> None:
    """Raise ValueError for a name that means something else in the address, or stands for two widgets of a view."""
    twice = name in address.parts and address.parts[name].key != key and not is_fragment_run()
    if name in RESERVED or twice:
        raise ValueError(f"the name {name!r} is taken in the address")


def _take(address: PageAddress, name: str, kind: Kind, held: Any, first: Any) -> Any:
    """Return what the link says of a part, taken once; the held value where it says nothing."""
    text = address.asked.pop(name, None)
    if text is None:
        return held
    try:
        value = kind.read(text)
        address.named.add(name)
        return value
    except NotOffered as error:
        address.refused.append(name)
        return first if error.instead is None else error.instead
    except ValueError:
        address.problems.append(f"The part {name!r} of this address cannot be read, so it was left out.")
        return first


def _number_kind(least: Any, most: Any, first: float) -> Kind:
    if isinstance(first, int):
        return kinds.whole(0 if least is None else least, 10**9 if most is None else most)
    return kinds.number(-1e9 if least is None else least, 1e9 if most is None else most)


def _clamp(value: Any, least: Any, most: Any) -> Any:
    value = value if least is None else max(value, least)
    return value if most is None else min(value, most)
