"""Convert parsed JSON into dataclasses and check every field's type.

Python's dataclasses accept values of any type. What a file holds is checked here once, so that nothing later meets a
text where a number should be.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from core.system.safe_names import to_safe_name

Record = TypeVar("Record")
Reader = Callable[[Any], Any]


class FieldError(ValueError):
    """Fields that a record does not have, or of another type; the message is one sentence."""


def to_record(kind: type[Record], found: Any) -> Record:
    """Return the dataclass with these fields; where it declares a tuple or another dataclass, JSON has a list or names.

    Raises FieldError for a field that is missing, unknown or of another type, and what the record itself raises.
    """
    if not isinstance(found, Mapping):
        raise FieldError(f"Settings with a value each are expected, not {_quote(found)}.")
    readers, required = _readers(cast(Hashable, kind))
    if unknown := found.keys() - readers.keys():
        raise FieldError(f"There is no setting called {_quote(min(unknown, key=str))}.")
    if missing := required - found.keys():
        raise FieldError(f"The setting {_quote(min(missing))} is missing.")
    return kind(**{name: _read(name, readers[name], value) for name, value in found.items()})


def _read(name: str, reader: Reader, value: Any) -> Any:
    try:
        return reader(value)
    except TypeError:
        raise FieldError(f"The setting {_quote(name)} cannot be {_quote(value)}.") from None


@cache
def _readers(kind: Hashable) -> tuple[dict[str, Reader], set[str]]:
    """Return a reader for each field, which raises TypeError for another type, and the names of the required fields."""
    declared: Any = fields(kind)  # type: ignore[arg-type]
    hints: dict[str, Any] = get_type_hints(kind)
    required = {one.name for one in declared if one.default is MISSING and one.default_factory is MISSING}
    return {one.name: _reader(hints[one.name]) for one in declared}, required


@cache
def _reader(hint: Any) -> Reader:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: value
    if is_dataclass(hint):
        return lambda value: to_record(cast(type[Any], hint), value)
    if origin is Literal:
        return lambda value: _accept(value, isinstance(value, str) and value in inner)
    if origin in (Union, UnionType):  # None or something else
        (other,) = (_reader(one) for one in inner if one is not NoneType)
        return lambda value: None if value is None else other(value)
    if origin in (tuple, list):
        element = _reader(inner[0])
        return lambda value: origin(map(element, _accept(value, isinstance(value, list | tuple))))
    if origin is dict:
        element = _reader(inner[1])
        return lambda value: {name: element(one) for name, one in _accept(value, isinstance(value, dict)).items()}
    types = (int, float) if hint is float else (hint,)  # True and False are no numbers
    return lambda value: _accept(value, type(value) in types)


def _accept(value: Any, fits: bool) -> Any:
    if not fits:
        raise TypeError
    return value


def _quote(value: Any) -> str:
    """Return a short quotation without what Markdown or HTML would turn into something else."""
    return f"'{to_safe_name(str(value)[:40])}'"
