"""Cut the ink apart into digits: pieces that touch, lie above each other or are close to each other are one digit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.digits.drawing import Array

MIN_LENGTH = 0.35  # long side of a digit, as a share of that of the longest
NEAR, ABOVE = 0.12, 0.35  # of the taller one's height: gaps between parts of one digit
MAX_PARTS = 40  # connected parts; more are a text, a pattern or noise
PART = 0.4  # a part is lighter than this share of the digit it lies beside


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels; right and bottom are outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def join(self, other: "Box") -> "Box":
        """Return the smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, eq=False)
class Piece:
    """Ink that belongs together: its box, the labels of its connected parts, and their weights."""

    box: Box
    labels: tuple[int, ...]
    weights: tuple[float, ...]

    @property
    def weight(self) -> float:
        return sum(self.weights)

    @property
    def length(self) -> int:
        return max(self.box.width, self.box.height)

    def cut_out(self, ink: Array, labels: NDArray[np.int32]) -> Array:
        """Return this piece's ink in its box, without what else is there; `labels` (H, W) are those of `cut_apart`."""
        box = np.s_[self.box.top : self.box.bottom, self.box.left : self.box.right]
        return np.where(np.isin(labels[box], self.labels), ink[box], 0).astype(np.float32)

    def join(self, other: "Piece") -> "Piece":
        """Return both as one."""
        return Piece(self.box.join(other.box), self.labels + other.labels, self.weights + other.weights)


def cut_apart(ink: Array) -> tuple[list[Piece], NDArray[np.int32]]:
    """Return the digits in reading order, and the label of each pixel's connected part (H, W)."""
    connected, labels = find_parts(ink)
    pieces = _joined(connected[:MAX_PARTS])
    longest = max(piece.length for piece in pieces)
    digits = [piece for piece in pieces if piece.length >= MIN_LENGTH * longest]
    return _in_reading_order(digits), labels


def find_parts(ink: Array) -> tuple[list[Piece], NDArray[np.int32]]:
    """Return the connected parts of the ink, the heaviest first, and the label of each pixel's part (H, W)."""
    labels, _ = ndimage.label(ink > 0, structure=np.ones((3, 3)))
    weights = np.bincount(labels.ravel(), weights=ink.ravel())
    parts = [
        Piece(Box(columns.start, rows.start, columns.stop, rows.stop), (label,), (float(weights[label]),))
        for label, (rows, columns) in enumerate(ndimage.find_objects(labels), 1)
    ]
    return sorted(parts, key=lambda piece: -piece.weight), labels


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Join parts of the same digit until none are left; `pieces` begin with the heaviest."""
    at = 0
    while at < len(pieces):
        partner = next((other for other in pieces[at + 1 :] if _belong_together(pieces[at], other)), None)
        if partner is None:
            at += 1
        else:
            pieces.remove(partner)
            pieces[at] = pieces[at].join(partner)
            at = 0
    return pieces


def _belong_together(large: Piece, small: Piece) -> bool:
    one, two = large.box, small.box
    tall = max(one.height, two.height)
    overlap = min(one.right, two.right) - max(one.left, two.left)
    across, down = -overlap, max(one.top, two.top) - min(one.bottom, two.bottom)
    if overlap > 0.3 * min(one.width, two.width):
        return down < (ABOVE if small.length < 0.5 * large.length else NEAR) * tall
    return max(across, down) < NEAR * tall and small.weight < PART * large.weight


def _in_reading_order(pieces: list[Piece]) -> list[Piece]:
    """Order by rows from the top, each from the left."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.box.top + piece.box.bottom):
        middle = (piece.box.top + piece.box.bottom) / 2
        last = rows[-1][-1].box if rows else None
        if last is not None and middle < last.bottom:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [piece for row in rows for piece in sorted(row, key=lambda piece: piece.box.left)]
