"""What the dashboard remembers of one visitor while a tab is open."""

import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core.classroom.class_questions import ClassAnswer
from core.classroom.led_rooms import Place
from core.classroom.lessons import Lesson
from core.digits.drawing import Preparation
from core.digits.photographs.cropping import Crop
from core.digits.photographs.doubts import Doubt, find_doubts
from core.digits.photographs.finding import WHOLE_PICTURE, Finding
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
    uploaded: bool = False
    """Whether it was read from a picture, which has said what speaks against its being one clean digit."""


@dataclass(frozen=True, eq=False)
class FoundDigits:
    """The digits that were found in an uploaded picture, and the one that is read."""

    picture: Image.Image
    part: Crop | None
    """What the visitor cropped by hand; None: they left the choice to us."""
    finding: Finding | None
    """None where there is no digit."""
    index: int = 0
    """Which of the digits is read."""
    problem: str = ""
    """Why there is no digit, in a sentence."""

    @cached_property
    def doubts(self) -> list[Doubt]:
        """What speaks against reading it as one clean digit."""
        return [] if self.finding is None else find_doubts(self.finding, self.index)

    @property
    def shown_part(self) -> Crop:
        """The part of the picture that is read: the visitor's choice, or what holds the digit."""
        if self.part is not None or self.finding is None:
            return self.part or WHOLE_PICTURE
        return self.finding.find_part(self.index)


@dataclass(frozen=True)
class LessonPosition:
    """The step of a lesson that the visitor has reached."""

    lesson: Lesson
    step: int
    """Counted from 0."""
    name: str = ""
    """The lesson's name in addresses; empty for an uploaded lesson."""
    answer_shown: bool = False
    began: float = field(default_factory=time.monotonic)
    """When the lesson began, on this clock."""


@dataclass
class Leading:
    """The class that the visitor leads from page to page."""

    code: str
    place: Place | None = None
    """What its room shows; None: nothing was stored yet."""
    frozen: bool = False
    problem: str = ""
    """Why the last step could not be stored, in a sentence."""
    names_of: int = 0
    """The number of the question whose answers are shown with the nicknames; 0 for none."""
    answers_shown: bool = True


@dataclass
class Following:
    """The class that the visitor follows."""

    code: str
    player: str = field(default_factory=lambda: secrets.token_hex(16))
    on_own: bool = False
    """Whether the visitor looks around alone for now."""
    frozen: bool = False
    """Whether the teacher keeps the visitor at the class's page."""
    wanted: tuple[int, ...] = ()
    """The digits of which the class collects drawings."""
    page: str = ""
    """The page that the class showed last."""
    moves: int = -1
    """How many of the teacher's moves this visitor has made, too."""
    target: dict[str, str] | None = None
    """The address on that page that is being opened; None: it was opened."""
    tries: int = 0
    """How often it was."""
    whole: bool = True
    """Whether the page that is shown was drawn to its end."""
    repairs: int = 0
    """How often it was drawn again because it was not."""
    next_report: float = 0.0
    """When the room is told again that the visitor is here, on the clock `time.monotonic`."""
    asked: int = 0
    """The number of the question that `answer` belongs to."""
    answer: ClassAnswer | None = None
    """What the visitor has answered to the class's question."""
    released: frozenset[tuple[str, int]] = frozenset()
    """The steps of lessons, by name and number, whose answers the teacher has released."""


@dataclass
class Session:
    """What the dashboard remembers of one visitor, besides the values of widgets and canvases."""

    scene: Scene = field(default_factory=Scene)
    data: str = ""
    """The name of the data set that was chosen; empty for the default. See `data_sets`."""
    wanted_data: str = ""
    """The name of the data set that is fetched for this visitor; it is used once it is here."""
    base_mask: Mask = field(default_factory=lambda: np.ones((SIDE, SIDE), np.bool_))
    """The mask from a cut or a link; strokes on the erase canvas are added to it."""
    earlier_masks: deque[Mask] = field(default_factory=lambda: deque(maxlen=60))
    """The masks that Undo returns to when no stroke is left to undo, the latest last."""
    linked: ChosenDigit | None = None
    """The drawn or uploaded digit of the link that opened the page."""
    found: FoundDigits | None = None
    """What was found in the picture that was uploaded last."""
    part: Crop | None = None
    """The part of this picture that the visitor wants; None: what is found."""
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
    digit_shown: bool = False
    """Whether the page has the parts that no stroke changes, and that are there only with a digit."""
    lesson_position: LessonPosition | None = None
    """The lesson whose step the page shows."""
    leading: Leading | None = None
    following: Following | None = None

    def take(self, chosen: ChosenDigit) -> None:
        """Make this digit the one that all pages show."""
        self.scene.sample = chosen.sample
        self.scene.drawn = chosen.digit if chosen.sample is None else None
        self.scene.uploaded = chosen.uploaded

    def keep_erased(self) -> None:
        """Leave erased what is erased so far, also under another digit or tool; Undo brings it back."""
        if not np.array_equal(self.base_mask, self.scene.mask):
            self.earlier_masks.append(self.base_mask)
            self.base_mask = self.scene.mask

    def erase_nothing(self) -> None:
        """Bring back what is erased, for good."""
        self.base_mask = self.scene.mask = np.ones_like(self.base_mask)
        self.earlier_masks.clear()


def get_session() -> Session:
    """Return this visitor's session."""
    if "session" not in st.session_state:
        st.session_state["session"] = Session()
    session: Session = st.session_state["session"]
    return session
