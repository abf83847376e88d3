"""The one typed session state, and the scene that a link holds: digit, mask and networks, as short readable words."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.classroom.lessons import Lesson
from core.digits.drawing import Preparation
from core.pmnist.masks import CUTS, SIDE, cut_mask
from core.visualization.readings import Reading

SCENE_PARTS = ("sample", "digit", "erased", "networks")
DEFAULT_NETWORKS = ("standard", "missing-feature", "missing-alternating", "synergy", "restoring")

Digit = NDArray[np.float32]
Mask = NDArray[np.bool_]


class LinkError(ValueError):
    """A part of the address that cannot be read; the message is one sentence, the rest of the scene is kept."""


@dataclass
class Scene:
    """What the main page shows; everything else there follows from it."""

    sample: int | None = None
    """Index among the test digits of the current data set."""
    drawn: Digit | None = None
    """A digit `(28, 28)` in [0, 1] that is no sample: drawn, uploaded, or come with a link."""
    mask: Mask = field(default_factory=lambda: np.ones((SIDE, SIDE), np.bool_))
    networks: tuple[str, ...] = DEFAULT_NETWORKS

    def to_params(self) -> dict[str, str]:
        """Return the scene as parameters of the address."""
        params = {} if self.networks in ((), DEFAULT_NETWORKS) else {"networks": ",".join(self.networks)}
        if self.drawn is not None:
            params["digit"] = _pack(np.rint(self.drawn * 255).astype(np.uint8).tobytes())
        elif self.sample is not None:
            params["sample"] = str(self.sample)
        if not self.mask.all():
            params["erased"] = cut_of(self.mask) or _pack(np.packbits(self.mask).tobytes())
        return params


def read_scene(params: Mapping[str, str], known: tuple[str, ...]) -> tuple[Scene, list[str]]:
    """Return the scene of an address, and one sentence for each part of it that cannot be read."""
    scene, problems = Scene(), []
    for part, reader in (("sample", _read_sample), ("digit", _read_digit), ("erased", _read_mask)):
        try:
            if part in params:
                reader(scene, params[part])
        except (ValueError, binascii.Error, zlib.error):
            problems.append(f"The part {part!r} of this address cannot be read, so it was left out.")
    if "networks" in params:
        asked = tuple(dict.fromkeys(params["networks"].split(",")))
        unknown = [name for name in asked if name not in known]
        scene.networks = tuple(name for name in asked if name in known) or DEFAULT_NETWORKS
        if unknown:  # whoever made the address chose these words: only what could be a name is said again
            named = ", ".join(name for name in unknown if re.fullmatch("[a-z0-9-]+", name))[:80]
            problems.append(f"This address asks for networks that are not here{named and ': '}{named}.")
    return scene, problems


def cut_of(mask: Mask) -> str | None:
    """Return the name of the cut that makes this mask, if one does."""
    return next((cut for cut in CUTS if np.array_equal(mask, cut_mask(cut).numpy())), None)


def _read_sample(scene: Scene, text: str) -> None:
    if not (text.isdigit() and len(text) < 7):
        raise LinkError
    scene.sample = int(text)


def _read_digit(scene: Scene, text: str) -> None:
    pixels = np.frombuffer(_unpack(text, SIDE * SIDE), np.uint8)
    scene.drawn = (pixels.reshape(SIDE, SIDE) / 255).astype(np.float32)


def _read_mask(scene: Scene, text: str) -> None:
    if text in CUTS:
        scene.mask = cut_mask(text).numpy()
    else:
        bits = np.frombuffer(_unpack(text, SIDE * SIDE // 8), np.uint8)
        scene.mask = np.unpackbits(bits).reshape(SIDE, SIDE).astype(np.bool_)


def _pack(content: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


def _unpack(text: str, length: int) -> bytes:
    """Return exactly `length` bytes; a longer content is refused before it is unpacked any further."""
    packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    content = zlib.decompressobj().decompress(packed, length + 1)
    if len(content) != length:
        raise LinkError
    return content


@dataclass(frozen=True, eq=False)
class Choice:
    """The digit people chose, and what is known about it."""

    digit: Digit
    sample: int | None = None
    preparation: Preparation | None = None
    """How a drawing or an upload became this digit."""


@dataclass(frozen=True)
class Guide:
    """Where people are in a lesson."""

    lesson: Lesson
    step: int
    """Counted from 0."""
    name: str = ""
    """What an address calls it; none for one that a visitor has brought."""


@dataclass
class AppState:
    """Everything the dashboard remembers of one visitor, apart from what widgets and canvases keep themselves."""

    scene: Scene = field(default_factory=Scene)
    ground: Mask = field(default_factory=lambda: np.ones((SIDE, SIDE), np.bool_))
    """The mask under the erase canvas: a cut, or what came with a link. The canvas adds to it."""
    linked: Digit | None = None
    """The digit that came with a link."""
    upload: bytes | None = None
    choice: Choice | None = None
    """The digit of now."""
    ink: NDArray[np.uint8] | None = None
    """What has been drawn since, until a digit is made of it."""
    readings: list[Reading] = field(default_factory=list)
    """What the networks read."""
    answered: str = ""
    """The readings as they are on the page."""
    complete: bool = False
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
    guide: Guide | None = None
    """The lesson that is on the page."""
    own_lesson: Lesson | None = None
    """The visitor's own."""

    def hides(self, name: str) -> bool:
        """Say whether the link that opened the page has locked these choices."""
        return name in self.hidden


def get_state() -> AppState:
    """Return this visitor's state."""
    state: AppState = st.session_state.setdefault("app", AppState())
    return state
