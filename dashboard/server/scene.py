"""The scene of a page (digit, mask and networks), and how an address holds it in short readable words."""

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.pmnist.masks import CUTS, SIDE, cut_mask

SCENE_PARTS = ("sample", "digit", "source", "erased", "networks")
UPLOAD = "upload"  # what the part "source" says of a digit that was not drawn
START_SAMPLE, START_CUT = 19, "HCUT"  # the first picture on the page Start
DEFAULT_NETWORKS = ("standard", "missing-feature", "restoring")

Digit = NDArray[np.float32]
Mask = NDArray[np.bool_]


class LinkError(ValueError):
    """A part of an address that cannot be read."""


@dataclass
class Scene:
    """What the pages with a digit show; all else there is computed from it."""

    sample: int | None = None
    """Index among the test digits of the current data set."""
    drawn: Digit | None = None
    """A digit `(28, 28)` in [0, 1] that was drawn or uploaded, so no sample."""
    uploaded: bool = False
    """Whether that digit was uploaded."""
    mask: Mask = field(default_factory=lambda: np.ones((SIDE, SIDE), np.bool_))
    """True where the digit is kept, `(28, 28)`."""
    networks: tuple[str, ...] = DEFAULT_NETWORKS

    def to_params(self) -> dict[str, str]:
        """Return the scene as the parameters of an address."""
        params = {} if self.networks in ((), DEFAULT_NETWORKS) else {"networks": ",".join(self.networks)}
        if self.drawn is not None:
            params["digit"] = _pack(np.rint(self.drawn * 255).astype(np.uint8).tobytes())
            params |= {"source": UPLOAD} if self.uploaded else {}
        elif self.sample is not None:
            params["sample"] = str(self.sample)
        if not self.mask.all():
            params["erased"] = cut_of(self.mask) or _pack(np.packbits(self.mask).tobytes())
        return params


def read_scene(params: Mapping[str, str], known: tuple[str, ...]) -> tuple[Scene, list[str]]:
    """Return the scene of an address, and one sentence for each part of it that cannot be read."""
    scene, problems = Scene(), []
    for part, reader in READERS.items():
        try:
            if part in params:
                reader(scene, params[part])
        except (ValueError, binascii.Error, zlib.error):
            problems.append(f"The part {part!r} of this address cannot be read, so it was left out.")
    scene.uploaded = scene.uploaded and scene.drawn is not None
    if "networks" in params:
        asked = tuple(dict.fromkeys(params["networks"].split(",")))  # each once
        unknown = [name for name in asked if name not in known]
        scene.networks = tuple(name for name in asked if name in known) or DEFAULT_NETWORKS
        if unknown:  # a stranger may have written the address, so the page repeats only what could be a name
            named = ", ".join(name for name in unknown if re.fullmatch("[a-z0-9-]+", name))[:80]
            problems.append(f"This address names networks that are not here{named and ': '}{named}.")
    return scene, problems


def cut_of(mask: Mask) -> str | None:
    """Return the name of the cut that has this mask; None if no cut has it."""
    return next((cut for cut in CUTS if np.array_equal(mask, cut_mask(cut).numpy())), None)


def _read_sample(scene: Scene, text: str) -> None:
    if not (text.isdigit() and len(text) < 7):
        raise LinkError
    scene.sample = int(text)


def _read_digit(scene: Scene, text: str) -> None:
    pixels = np.frombuffer(_unpack(text, SIDE * SIDE), np.uint8)
    scene.drawn = (pixels.reshape(SIDE, SIDE) / 255).astype(np.float32)


def _read_source(scene: Scene, text: str) -> None:
    if text != UPLOAD:
        raise LinkError
    scene.uploaded = True


def _read_mask(scene: Scene, text: str) -> None:
    if text in CUTS:
        scene.mask = cut_mask(text).numpy()
    else:
        bits = np.frombuffer(_unpack(text, SIDE * SIDE // 8), np.uint8)
        scene.mask = np.unpackbits(bits).reshape(SIDE, SIDE).astype(np.bool_)


READERS = {"sample": _read_sample, "digit": _read_digit, "source": _read_source, "erased": _read_mask}


def _pack(content: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


def _unpack(text: str, length: int) -> bytes:
    """Return the unpacked content, which must have `length` bytes: one byte more is refused. Raises LinkError."""
    packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    content = zlib.decompressobj().decompress(packed, length + 1)
    if len(content) != length:
        raise LinkError
    return content
