"""Why an answer should be doubted although a network is sure: what was found is not one clean digit like MNIST's."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from core.digits.drawing import Array, Preparation
from core.digits.likeness.reference import DISTANCE, Reference, shipped
from core.digits.photographs.finding import MIN_SIDE, Finding
from core.digits.photographs.pieces import Box, Piece

# Chosen on validation digits and photographs of them; the figures of the docs are measured on test digits.
UNLIKE = 0.993  # share of MNIST's digits that are nearer to their neighbours
WIDE = 0.997  # share of MNIST's digits that are narrower
SECOND_PART = 0.12  # share of a digit's ink in its second part
SPECK = 0.015  # share of a digit's ink in a part that counts
MAX_LOOPS, SMALL_LOOP = 2, 0.004  # share of the digit's box
LEFT_OUT = 0.1  # share of the ink that belongs to no digit


@dataclass(frozen=True)
class Doubt:
    """A sentence for the user, and its kind."""

    kind: str
    sentence: str


def find_doubts(finding: Finding, index: int) -> list[Doubt]:
    """Return what speaks against reading the digit at `index` as one clean digit; empty for most digits."""
    return _in_picture(finding, index) + doubts_about_digit(finding.digits[index])


def doubts_about_digit(preparation: Preparation, reference: Reference | None = None) -> list[Doubt]:
    """Return what is unlike MNIST in a digit, however it came about."""
    reference = shipped() if reference is None else reference
    distance = float(reference.distance(preparation.digit[None])[0])
    height, width = preparation.cropped.shape
    found = []
    if reference.share_below("width to height", width / height) > WIDE:
        found.append(Doubt("wide", "It is wider than almost every MNIST digit. Perhaps two digits touch."))
    if reference.share_below(DISTANCE, distance) > UNLIKE:
        found.append(Doubt("unlike", "It looks unlike the digits in MNIST, so the answer may be wrong."))
    return found


def _in_picture(finding: Finding, index: int) -> list[Doubt]:
    piece, found = finding.pieces[index], []
    if len(finding.pieces) > 1:
        sentence = (
            f"There are {len(finding.pieces)} separate digits or marks in the picture. This is number {index + 1}."
        )
        found.append(Doubt("several", sentence))
    if _touches_edge(piece.box, finding.ink.shape):
        found.append(Doubt("edge", "The ink touches the edge of the picture. A part of the digit may be missing."))
    if _has_parts(piece):
        found.append(Doubt("parts", "The ink is in separate parts. They may not belong to one digit."))
    if _loops(finding.digits[index].cropped) > MAX_LOOPS:
        found.append(Doubt("loops", "It has more loops than any digit."))
    if finding.left_out > LEFT_OUT:
        found.append(Doubt("left out", "There is more ink in the picture than in the digits that were found."))
    return found


def _has_parts(piece: Piece) -> bool:
    """Return whether the second part is large, as no bar of a 5 is, or there are more than two parts."""
    shares = [weight / piece.weight for weight in sorted(piece.weights, reverse=True)[1:]]
    return any(share > SECOND_PART for share in shares) or sum(share > SPECK for share in shares) > 1


def _loops(cropped: Array) -> int:
    """Count the areas that ink encloses."""
    paper = np.pad(cropped < 0.3, 1, constant_values=True)
    labels, count = ndimage.label(paper)
    areas = np.bincount(labels.ravel())[1:]
    return int((areas > SMALL_LOOP * cropped.size).sum()) - 1 if count else 0


def _touches_edge(box: Box, shape: tuple[int, ...]) -> bool:
    if min(shape) < MIN_SIDE:  # MNIST's own digits may reach the edge of their 28 pixels
        return False
    return box.left <= 1 or box.top <= 1 or box.right >= shape[1] - 1 or box.bottom >= shape[0] - 1
