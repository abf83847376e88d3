"""What is read in made photographs, and which pictures carry a warning; on test digits that chose no threshold."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from core.digits.drawing import prepare_strokes
from core.digits.photographs.doubts import doubts_about_drawing, find_doubts
from core.digits.photographs.finding import find_digits, to_digit
from core.digits.pictures import PictureError
from core.networks.evaluation import predict
from tests import made_photographs, not_one_digit
from tests.benchmarks import Measured, mnist

OF_A_KIND, NOT_DIGITS, CLEAN, DRAWN = 10, 20, 1000, 200
SEED = 7000


def photographs_read() -> Measured:
    kinds = read_by_kind(OF_A_KIND)
    right, clean = (sum(counts[at] for counts in kinds.values()) for at in (0, 1))
    return Measured(100 * right / clean, [100 * right / clean], f"{right} of {clean} that are read as a clean scan.")


def photographs_worst_kind() -> Measured:
    kinds = read_by_kind(OF_A_KIND)
    shares = {kind: 100 * right / clean for kind, (right, clean) in kinds.items()}
    worst = min(shares, key=lambda kind: shares[kind])
    missed = ", ".join(f"{kind} {right}/{clean}" for kind, (right, clean) in kinds.items() if right < clean)
    return Measured(shares[worst], list(shares.values()), f"Missed: {missed or 'none'}.")


def doubts_raised() -> Measured:
    warned = {kind: sum(_warns(picture) for picture in _not_digits(kind)) for kind in not_one_digit.KINDS}
    share = 100 * sum(warned.values()) / (NOT_DIGITS * len(warned))
    return Measured(share, [100 * count / NOT_DIGITS for count in warned.values()], f"By kind: {warned}.")


def doubts_false() -> Measured:
    clean = [_warns(Image.fromarray(255 - _pixels(at))) for at in range(CLEAN)]
    drawn = [bool(doubts_about_drawing(prepare_strokes(drawing))) for drawing in _drawings()]
    shares = [100 * sum(clean) / CLEAN, 100 * sum(drawn) / DRAWN]
    return Measured(max(shares), shares, f"Clean test digits {shares[0]:.1f} %, drawn ones {shares[1]:.1f} %.")


@cache
def read_by_kind(count: int) -> dict[str, tuple[int, int]]:
    """Return for each kind how many digits are read right, and how many are as a clean scan."""
    found = {}
    for number, kind in enumerate(made_photographs.KINDS):
        right = clean = 0
        for seed in range(number * count, (number + 1) * count):
            photograph, label = made_photographs.make(kind, _pixels(seed), SEED + seed), _label(seed)
            if _read(photograph.clean) == label:
                clean += 1
                right += _read(photograph.picture) == label
        found[kind] = (right, clean)
    return found


def _pixels(at: int) -> NDArray[np.uint8]:
    return np.asarray(mnist.dataset().test.pixels[at].numpy())


def _label(at: int) -> int:
    return int(mnist.dataset().test.labels[at])


def _read(picture: Image.Image) -> int | None:
    try:
        digit = to_digit(picture)
    except PictureError:
        return None
    return int(predict(mnist.network("standard"), torch.from_numpy(digit)[None, None])[0].argmax())


def _warns(picture: Image.Image) -> bool:
    try:
        finding = find_digits(picture)
    except PictureError:
        return True
    return bool(find_doubts(finding, finding.heaviest))


def _not_digits(kind: str) -> Iterator[Image.Image]:
    for at in range(NOT_DIGITS):
        yield not_one_digit.make(kind, [_pixels(3 * at + part) for part in range(3)], SEED + at)


def _drawings() -> Iterator[NDArray[np.uint8]]:
    """Yield test digits drawn again on the canvas with its three pens."""
    for at in range(DRAWN):
        ink = made_photographs.redrawn(made_photographs.enlarged(_pixels(CLEAN + at), 200), (14, 24, 40)[at % 3])
        yield (255 * np.pad(ink, 40)).astype(np.uint8)
