"""Kinds of values in an address: how each is read from text and written as text.

Anybody can write an address. A text is only read here; it is never shown as it came.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.components.board import Chosen

MAX_WORD_LENGTH, MAX_TEXT_LENGTH = 80, 400  # characters


class NotOffered(ValueError):
    """The text is readable, but the widget has no such option; `instead` is what it does have, if anything."""

    def __init__(self, instead: Any = None) -> None:
        super().__init__("no such option")
        self.instead = instead


@dataclass(frozen=True)
class Kind:
    """How a value is read from an address and written into it."""

    read: Callable[[str], Any]
    """Raises ValueError for a text that is no such value."""
    write: Callable[[Any], str]


def whole(least: int = 0, most: int = 10**9) -> Kind:
    """Return the kind of an integer between two limits."""

    def read(text: str) -> int:
        if len(text) > 12 or not least <= (value := int(text)) <= most:
            raise ValueError("out of range")
        return value

    return Kind(read, str)


def number(least: float = -1e9, most: float = 1e9) -> Kind:
    """Return the kind of a float between two limits."""

    def read(text: str) -> float:
        value = float(text)
        if len(text) > 24 or not (math.isfinite(value) and least <= value <= most):
            raise ValueError("out of range")
        return value

    return Kind(read, "{:.9g}".format)


def one_of(options: Sequence[Any]) -> Kind:
    """Return the kind of one option of a widget."""
    by_text = {_write_option(option): option for option in options if option is not None}

    def read(text: str) -> Any:
        if text not in by_text:
            raise NotOffered
        return by_text[text]

    return Kind(read, _write_option)


def nearest_of(options: Sequence[float]) -> Kind:
    """Return the kind of one of several numbers: an address that names another number means the nearest."""
    any_number = number(min(options), max(options))
    return Kind(lambda text: min(options, key=lambda option: abs(option - any_number.read(text))), any_number.write)


def many_of(options: Sequence[Any]) -> Kind:
    """Return the kind of any number of options, separated by commas."""
    by_text = {_write_option(option): option for option in options}

    def read(text: str) -> list[Any]:
        words = list(dict.fromkeys(text.split(","))) if text else []
        found = [by_text[word] for word in words if word in by_text]
        if len(found) < len(words):
            raise NotOffered(instead=found or None)
        return found

    return Kind(read, lambda values: ",".join(map(_write_option, values)))


def _write_option(option: Any) -> str:
    return f"{option:.9g}" if isinstance(option, float) else str(option)


def _read_flag(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("neither yes nor no")
    return text == "yes"


def _read_text(text: str) -> str:
    if len(text) > MAX_TEXT_LENGTH:
        raise ValueError("too long")
    return text


def _read_place(text: str) -> tuple[int, int]:
    row, column = map(whole(most=10_000).read, text.split("."))
    return row, column


def _read_tile(text: str) -> Chosen:
    row, _, tile = text.rpartition(".")
    if not 0 < len(row) <= MAX_WORD_LENGTH or not row.isprintable():
        raise ValueError("no name of a row")
    return Chosen(row, whole(most=100_000).read(tile))


TEXT = Kind(_read_text, str)
FLAG = Kind(_read_flag, lambda value: "yes" if value else "no")
PLACE = Kind(_read_place, lambda place: f"{place[0]}.{place[1]}")
TILE = Kind(_read_tile, lambda chosen: f"{chosen.row}.{chosen.tile}")
WHOLE = whole()
