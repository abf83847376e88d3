"""What one visitor's session remembers about the address of the page it shows."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard.address.kinds import Kind


@dataclass(frozen=True)
class Part:
    """A value of the page that its address can hold."""

    key: str
    """The key of its widget, under which the session holds the value."""
    kind: Kind
    group: str
    """What hides it, besides its own name."""
    first: str | None
    """How its first value is written; an address leaves that out."""
    always: bool
    """Whether the address holds it even at its first value, because that depends on the digit or on other widgets."""


@dataclass
class PageAddress:
    """The address of the page that is shown, and what the link that opened it says."""

    page: str = ""
    scene: bool = False
    """Whether the page shows a digit, part of which can be erased."""
    data: bool = False
    """Whether the page uses the data set that the visitor has chosen."""
    incomplete: bool = False
    """Whether some widgets are not drawn yet, because there is no digit or no network."""
    parts: dict[str, Part] = field(default_factory=dict)
    """What widgets have put into the address since the page last ran, by name."""
    keys: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The keys of those widgets so far, by page: a link brings all of them back to their first values."""
    drawn: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The label and the limits or options with which each widget was last drawn, by key."""
    asked: dict[str, str] = field(default_factory=dict)
    """The parts of the link that no widget has taken yet."""
    named: set[str] = field(default_factory=set)
    """The names of the parts that widgets have taken: these stay in the address."""
    refused: list[str] = field(default_factory=list)
    """The names of parts for which the widget has no such option."""
    hidden: tuple[str, ...] = ()
    """The groups and names that the link hides."""
    locked: dict[str, Any] = field(default_factory=dict)
    """The values of hidden widgets, by key: nothing that a browser sends can change them."""
    problems: list[str] = field(default_factory=list)
    """What of the address could not be used, a sentence each."""
    projector: bool = False
    """Whether the page is shown for a projector."""
    lesson: dict[str, str] = field(default_factory=dict)
    """The parts that name the step of a lesson."""
    classroom: dict[str, str] = field(default_factory=dict)
    """The part that names the class which the visitor leads or follows."""
    params: dict[str, str] = field(default_factory=dict)
    """What the dashboard last wrote into the address: anything else there came from a link."""
    past: list[dict[str, str]] = field(default_factory=list)
    """What it wrote there before."""
    fresh: bool = False
    """Whether the next run opens its address even if that has not changed: a step of a lesson is shown again."""

    def hides(self, name: str, group: str = "") -> bool:
        """Return whether the link hides this part or its group."""
        return name in self.hidden or group in self.hidden


def get_address() -> PageAddress:
    """Return the address of the page that this visitor sees."""
    if "address" not in st.session_state:
        st.session_state["address"] = PageAddress()
    found: PageAddress = st.session_state["address"]
    return found
