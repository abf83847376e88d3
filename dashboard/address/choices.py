"""What of a page stands in its address beside the scene: a name there, the widget that holds it, and how it is written.

Texts of an address come from anybody. What is read here only becomes the value of a widget, which knows its options
itself; nothing of it is shown as it came.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dashboard.components.board import Chosen

LONGEST_WORD, LONGEST_TEXT, MOST_WORDS = 80, 400, 60  # characters; characters; words of a list
INNERMOST = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Kind:
    """How a value is read from an address and written into it, and what it is called when a link hides it."""

    read: Callable[[str], Any]
    """Raises ValueError for what is no such value."""
    write: Callable[[Any], str]
    group: str = "settings"


@dataclass(frozen=True)
class Choice:
    """One choice of a page."""

    name: str
    """In the address."""
    key: str
    """Of its widget; the key of another widget in braces stands for the value of that one."""
    kind: Kind
    always: bool = False
    """Whether it is written also where nobody changed it: what it is at first depends on the digit, or keys on it."""
    per: str = ""
    """The key of a widget that fills this one in: what it is at first depends on that."""

    def find_key(self, held: Mapping[Any, Any]) -> str:
        """Return the key of the widget as things stand. Raises KeyError while what it depends on is not known."""
        key = self.key
        while found := INNERMOST.search(key):
            key = key.replace(found[0], str(held[found[1]]))
        return key


def whole(least: int = 0, most: int = 10**9) -> Kind:
    """Return the kind of a whole number."""

    def read(text: str) -> int:
        if len(text) > 12 or not least <= (number := int(text)) <= most:
            raise ValueError("out of reach")
        return number

    return Kind(read, str)


def number(least: float = -1e9, most: float = 1e9) -> Kind:
    """Return the kind of a number; a slider's must have its limits, since it fails beyond them."""

    def read(text: str) -> float:
        value = float(text)
        if len(text) > 24 or not (math.isfinite(value) and least <= value <= most):
            raise ValueError("out of reach")
        return value

    return Kind(read, "{:.9g}".format)


def one_of(*options: str) -> Kind:
    """Return the kind of a word whose widget has no option to fall back to."""
    return Kind(partial(_known, options=options), str)


def _read_word(text: str) -> str:
    if not 0 < len(text) <= LONGEST_WORD or not text.isprintable() or set("{}") & set(text):
        raise ValueError("no word")
    return text


def _read_words(text: str) -> list[str]:
    words = text.split(",") if text else []
    if len(words) > MOST_WORDS:
        raise ValueError("too many words")
    return list(dict.fromkeys(_read_word(word) for word in words))


def _read_flag(text: str) -> bool:
    return _known(text, ("yes", "no")) == "yes"


def _known(text: str, options: tuple[str, ...]) -> str:
    if text not in options:
        raise ValueError("no such word")
    return text


def _read_text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ValueError("too long")
    return text


def _read_place(text: str) -> tuple[int, int]:
    row, column = map(whole(most=10_000).read, text.split("."))
    return row, column


def _read_tile(text: str) -> Chosen:
    row, _, tile = _read_word(text).rpartition(".")
    return Chosen(row, whole(most=100_000).read(tile))


WORD = Kind(_read_word, str)
WORDS = Kind(_read_words, ",".join)
TEXT = Kind(_read_text, str)
FLAG = Kind(_read_flag, lambda value: "yes" if value else "no")
PLACE = Kind(_read_place, lambda place: f"{place[0]}.{place[1]}")
TILE = Kind(_read_tile, lambda chosen: f"{chosen.row}.{chosen.tile}")
WHOLE, NUMBER = whole(), number()
DIGIT = whole(0, 9)
VIEW = Kind(_read_word, str, "view")
NETWORK = Kind(_read_word, str, "networks")
NETWORKS = Kind(_read_words, ",".join, "networks")

Choices = tuple[Choice, ...]


@dataclass(frozen=True)
class Page:
    """What one page's address may say."""

    views: dict[str, Choices] = field(default_factory=lambda: {"": ()})
    """By the view's name, the first one first; a page without views has one that has no name."""
    key: str = ""
    """Of the widget that chooses the view."""
    scene: bool = True
    """Whether the page shows a digit, and what of it is erased."""
    own: bool = False
    """Whether the page keeps its address itself."""

    def choices(self, view: str) -> Choices:
        """Return the choices of a view, which view it is among them; of the first one for a view that is not known."""
        found = self.views.get(view, next(iter(self.views.values())))
        return ((Choice("view", self.key, VIEW),) if self.key else ()) + found


PLAIN = Page(scene=False)
"""A page of which there is nothing to say."""
