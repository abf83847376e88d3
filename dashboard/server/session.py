"""What the dashboard remembers of one visitor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.classroom.lessons import Lesson
from core.digits.drawing import Preparation
from core.pmnist.masks import SIDE
from core.visualization.readings import Reading
from dashboard.server.scene import Digit, Mask, Scene


@dataclass(frozen=True, eq=False)
class ChosenDigit:
    """The digit people chose, and what is known about it."""

    digit: Digit
    sample: int | None = None
    preparation: Preparation | None = None
    """How a drawing or an upload became this digit."""


@dataclass(frozen=True)
class LessonPosition:
    """Where people are in a lesson."""

    lesson: Lesson
    step: int
    """Counted from 0."""
    name: str = ""
    """What an address calls it; none for one that a visitor has brought."""


@dataclass
class Session:
    """Everything the dashboard remembers of one visitor, apart from what widgets and canvases keep themselves."""

    scene: Scene = field(default_factory=Scene)
    base_mask: Mask = field(default_factory=lambda: np.ones((SIDE, SIDE), np.bool_))
    """The mask under the erase canvas: a cut, or what came with a link. The canvas adds to it."""
    linked_digit: Digit | None = None
    """The digit that came with a link."""
    upload: bytes | None = None
    chosen: ChosenDigit | None = None
    """The digit of now."""
    new_ink: NDArray[np.uint8] | None = None
    """What has been drawn since, until a digit is made of it."""
    readings: list[Reading] = field(default_factory=list)
    """What the networks read."""
    readings_html: str = ""
    """The readings as they are on the page."""
    page_complete: bool = False
    """Whether all of the page is there, so that after a stroke only what it changes is shown again."""
    problems: list[str] = field(default_factory=list)
    """What of the address could not be read, one sentence each."""
    page: str = ""
    """The page that is shown."""
    params: dict[str, str] = field(default_factory=dict)
    """What the dashboard last wrote into the address: anything else there came from a link."""
    past: list[dict[str, str]] = field(default_factory=list)
    """What it wrote there before."""
    asked: dict[str, str] = field(default_factory=dict)
    """What a link has just set, by the widget's key, as the address has it."""
    reset: list[str] = field(default_factory=list)
    """The keys of widgets that a link has brought back to what they are at first, ..."""
    told: dict[str, Any] = field(default_factory=dict)
    """... and what that is: the browser has to be told, or it shows and sends what it had."""
    firsts: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """What choices were at first, which is not written; None where a link had set them before that was seen."""
    fresh: bool = False
    """Whether a step of a lesson opens: nothing stays as people left it, even if the address is the same."""
    hidden: tuple[str, ...] = ()
    """Which choices the link does not show."""
    lesson_position: LessonPosition | None = None
    """The lesson that is on the page."""
    own_lesson: Lesson | None = None
    """The visitor's own."""

    def hides(self, name: str) -> bool:
        """Say whether the link that opened the page has locked these choices."""
        return name in self.hidden


def get_session() -> Session:
    """Return this visitor's session."""
    session: Session = st.session_state.setdefault("session", Session())
    return session
