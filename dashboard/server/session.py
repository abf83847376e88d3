"""What the dashboard remembers of one visitor while a tab is open."""

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
    """The digit that the visitor drew, picked or uploaded."""

    digit: Digit
    sample: int | None = None
    """Its index among the test digits, if it is one."""
    preparation: Preparation | None = None
    """The steps from a drawing or an upload to this digit."""


@dataclass(frozen=True)
class LessonPosition:
    """The step of a lesson that the visitor has reached."""

    lesson: Lesson
    step: int
    """Counted from 0."""
    name: str = ""
    """The lesson's name in addresses; empty for an uploaded lesson."""


@dataclass
class Session:
    """What the dashboard remembers of one visitor, besides the values of widgets and canvases."""

    scene: Scene = field(default_factory=Scene)
    base_mask: Mask = field(default_factory=lambda: np.ones((SIDE, SIDE), np.bool_))
    """The mask from a cut or a link; strokes on the erase canvas are added to it."""
    linked_digit: Digit | None = None
    """The digit of the link that opened the page."""
    upload: bytes | None = None
    """The content of the uploaded picture."""
    chosen: ChosenDigit | None = None
    """The current digit."""
    new_ink: NDArray[np.uint8] | None = None
    """Ink `(side, side)` drawn since the current digit was made; None after a digit was made of it."""
    readings: list[Reading] = field(default_factory=list)
    """What the networks read in the current digit."""
    readings_html: str = ""
    """The readings as the page shows them."""
    page_complete: bool = False
    """Whether the page was drawn to its end: then a stroke reruns only the fragments that it changes."""
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
    """The lesson whose step the page shows."""
    own_lesson: Lesson | None = None
    """The lesson that the visitor uploaded."""

    def hides(self, name: str) -> bool:
        """Say whether the link that opened the page has locked these choices."""
        return name in self.hidden


def get_session() -> Session:
    """Return this visitor's session."""
    session: Session = st.session_state.setdefault("session", Session())
    return session
