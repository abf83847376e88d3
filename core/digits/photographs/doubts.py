"""Why an answer should be doubted although a network is sure: what was found is not one clean digit like MNIST's."""

from dataclasses import dataclass
from functools import reduce

import numpy as np
from scipy import ndimage

from core.digits.drawing import Array, Preparation
from core.digits.likeness.reference import DISTANCE, shipped
from core.digits.photographs.finding import MIN_SIDE, Finding
from core.digits.photographs.pieces import Box, Piece, find_parts

# Chosen on validation digits and photographs of them; the figures of the docs are measured on test digits.
UNLIKE = 0.993  # share of MNIST's digits that are nearer to their neighbours
WIDE = 0.997  # share of MNIST's digits that are narrower
SECOND_PART = 0.12  # share of a digit's ink in its second part
SPECK = 0.015  # share of a digit's ink in a part that counts
MAX_LOOPS, SMALL_LOOP = 2, 0.004  # share of the digit's box
LEFT_OUT = 0.1  # share of the ink that belongs to no digit
MAX_INK = 250  # pixels of the 784 that are full of ink; 1 in 5,000 of MNIST's training digits has more
TINY = 10  # pixels: half of the 20 to which a digit is scaled


@dataclass(frozen=True)
class Doubt:
    """A sentence for the user, and its kind."""

    kind: str
    sentence: str


def find_doubts(finding: Finding, index: int) -> list[Doubt]:
    """Return what speaks against reading the digit at `index` as one clean digit; empty for most digits."""
    digit, piece = finding.digits[index], finding.pieces[index]
    return _in_picture(finding, index) + _about_ink(digit, piece) + _about_likeness(digit)


def doubts_about_drawing(preparation: Preparation) -> list[Doubt]:
    """Return what speaks against reading a drawing as one clean digit; all of its ink is taken for the digit."""
    parts, _ = find_parts(preparation.ink)
    return _about_ink(preparation, reduce(Piece.join, parts)) + _about_likeness(preparation)


def _in_picture(finding: Finding, index: int) -> list[Doubt]:
    """Return what is doubtful about the picture around the digit."""
    found = []
    if len(finding.pieces) > 1:
        sentence = (
            f"There are {len(finding.pieces)} separate digits or marks in the picture. This is number {index + 1}."
        )
        found.append(Doubt("several", sentence))
    if finding.left_out > LEFT_OUT:
        found.append(Doubt("left out", "There is more ink in the picture than in the digits that were found."))
    side = max(finding.digits[index].cropped.shape)
    if side < TINY:
        found.append(Doubt("tiny", f"The digit is only {side} pixels long in the picture. Its details are missing."))
    return found


def _about_ink(digit: Preparation, piece: Piece) -> list[Doubt]:
    """Return what is doubtful about a digit's ink and its place; `piece` says where it is."""
    found = []
    if _touches_edge(piece.box, digit.ink.shape):
        found.append(Doubt("edge", "The ink touches the edge. A part of the digit may be missing."))
    if _has_parts(piece):
        found.append(Doubt("parts", "The ink is in separate parts. They may not belong to one digit."))
    if _loops(digit.cropped) > MAX_LOOPS:
        found.append(Doubt("loops", "It has more loops than any digit."))
    return found


def _about_likeness(preparation: Preparation) -> list[Doubt]:
    """Return what is unlike MNIST in a digit, however it came about."""
    reference = shipped()
    distance = float(reference.distance(preparation.digit[None])[0])
    height, width = preparation.cropped.shape
    found = []
    if preparation.digit.sum() > MAX_INK:
        found.append(Doubt("solid", "It is a patch of ink or a pattern. The strokes of a digit leave more paper."))
    if reference.share_below("width to height", width / height) > WIDE:
        found.append(Doubt("wide", "It is wider than almost every MNIST digit. Perhaps two digits touch."))
    if reference.share_below(DISTANCE, distance) > UNLIKE:
        found.append(Doubt("unlike", "It looks unlike the digits in MNIST, so the answer may be wrong."))
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
