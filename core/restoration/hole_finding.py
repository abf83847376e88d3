"""Finding the hole without knowing the mask: which empty rectangles of a digit were erased, and which are only paper.

For the blind track: it learns from whole digits only and knows no list of cuts. A hole shows in two ways. Whole digits
that look like the visible part have ink there; and ink that runs into it stops at full strength, along a straight
line, where written ink fades.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import conv2d, pad

from core.networks.classifier import Classifier
from core.networks.restored import Fills, Restored
from core.pmnist.masks import SIDE
from core.restoration.restorer import Restorer
from core.system import interrupts
from core.system.device import on_cpu

REFERENCES = 5000  # whole digits, evenly spread, are compared: enough to see that something is missing
BATCH = 32  # digits at once: about 20 rectangles each, compared with all references, take 13 MB
MAX_RECTANGLES = 4  # in one hole
LEVELS = (0, 64 / 255, 160 / 255)  # ink above each counts as one level darker
# The constants below were chosen on 300 validation digits each of five kinds: whole, and erased at random with halves
# of 8 to 17 lines on any side, with one or two rectangles of 20 to 50 % of the picture, or with two or three squares of
# 7 to 11 pixels; never on the named cuts. None is sharp: costs of 5 to 7 or breaks of 0.16 to 0.25 are as good.
TEMPERATURE = 4.0  # squared pixel distance at which a reference, or a hole, counts e times less
BREAK_WEIGHT = 0.25  # squared pixel distance that one nat of broken ink is worth
MIN_SURPRISE = 2.0  # nats: an end of ink that surprises more speaks for a hole, less speaks against one
RECTANGLE_COST = 6.0  # squared pixel distance that every rectangle must explain
MIN_LIKELIHOOD = 0.3  # relative to the most likely hole; less likely ones are not read. One or two are, each costs time


@dataclass(frozen=True, eq=False)
class FoundHole:
    """What may be missing: nothing, or one to MAX_RECTANGLES rectangles; each next hole `H` has one more."""

    masks: Tensor
    """bool `(N, H, 28, 28)`, True = visible if it is that hole; the first is all True."""
    weights: Tensor
    """`(N, H)`, each row sums to 1: how likely each hole is."""

    @property
    def mask(self) -> Tensor:
        """The most likely one: bool `(N, 28, 28)`, True = visible."""
        likeliest = self.weights.argmax(1)
        return self.masks[torch.arange(len(self.masks), device=self.masks.device), likeliest]


class Rectangles(NamedTuple):
    """Empty rectangles of many digits, the digits in order."""

    owner: Tensor
    """int64 `(K,)`: which digit each belongs to."""
    corners: Tensor
    """int64 `(K, 4)`: top, bottom, left and right; bottom and right are the first lines past it."""

    def pixels(self) -> Tensor:
        """Return bool `(K, 784)`, True inside."""
        lines = torch.arange(SIDE, device=self.corners.device)
        top, bottom, left, right = self.corners[..., None].unbind(1)
        rows, columns = (lines >= top) & (lines < bottom), (lines >= left) & (lines < right)
        return (rows[:, :, None] & columns[:, None, :]).flatten(1)


def empty_rectangles(ink: Tensor) -> Rectangles:
    """Return the largest rectangles without ink, bool `(N, 28, 28)`: those that no larger one contains.

    Any erased rectangle lies in one of them. A digit has about 20. Found from every span of rows: runs of
    columns that are empty there, kept where the rows above and below the span have ink in the run.
    """
    top, bottom = torch.triu_indices(SIDE + 1, SIDE + 1, 1, device=ink.device)
    above = pad(ink.cumsum(1), (0, 0, 1, 0))
    free = pad(above[:, bottom] == above[:, top], (1, 1))
    start = (free[..., 1:-1] & ~free[..., :-2]).nonzero()
    owner, span, left = start.unbind(1)
    right = (free[..., 1:-1] & ~free[..., 2:]).nonzero()[:, 2] + 1  # runs end in the order in which they start
    walled = pad(ink, (0, 0, 1, 1), value=True)  # nothing can be erased beyond the picture
    until = pad(walled.cumsum(2), (1, 0))

    def blocked(row: Tensor) -> Tensor:
        return until[owner, row, right] > until[owner, row, left]

    largest = blocked(top[span]) & blocked(bottom[span] + 1)
    corners = torch.stack([top[span], bottom[span], left, right], 1)
    return Rectangles(owner[largest], corners[largest])


CODES = 4**6  # a pixel, its two neighbours and the three behind them, of four levels each


def _codes(images: Tensor) -> Tensor:
    """Return one number per pixel of `(N, 28, 28)` for what it, its neighbours in the row and those below look like."""
    levels = torch.stack([images > level for level in LEVELS]).sum(0).float()
    weights = 4.0 ** torch.arange(6, device=images.device).view(1, 1, 2, 3)
    return conv2d(pad(levels, (1, 1, 0, 1))[:, None], weights)[:, 0].long()


def learn_breaks(images: Tensor) -> Tensor:
    """Return `(CODES,)`: how surprising it is, in nats, that no ink follows a code.

    Counted over whole digits `(N, 28, 28)` in all four directions.
    """
    followed, ended = images.new_ones(2, CODES)
    for turns in range(4):
        turned = images.rot90(turns, (1, 2))
        codes, empty = _codes(turned)[:, 1:], turned[:, :-1] == 0
        ended += torch.bincount(codes[empty], minlength=CODES)
        followed += torch.bincount(codes[~empty], minlength=CODES)
    return -(ended / (ended + followed)).log()


def find_breaks(images: Tensor, surprises: Tensor) -> Tensor:
    """Return `(N, 28, 28)`: on every empty pixel, summed over the ink beside it, how surprising its end is there.

    An end that would not surprise in a whole digit counts below 0, see MIN_SURPRISE.
    """
    breaks = torch.zeros_like(images)
    for turns in range(4):
        turned = images.rot90(turns, (1, 2))
        ends = (turned[:, :-1] == 0) & (turned[:, 1:] > 0)
        found = (surprises[_codes(turned)[:, 1:]] - MIN_SURPRISE) * ends
        breaks += pad(found, (0, 0, 0, 1)).rot90(-turns, (1, 2))
    return breaks


class HoleFinder:
    """Finds what was erased from a digit by comparing it with whole ones."""

    def __init__(self, references: Tensor) -> None:
        """Learn from whole digits, `(M, 784)` in [0, 1]."""
        self.references, self.squares = references, references.square().T.contiguous()
        self.surprises = learn_breaks(references.unflatten(1, (SIDE, SIDE)))

    @torch.no_grad()
    def find(self, images: Tensor) -> FoundHole:
        """Return what seems to be missing from `images` `(N, 1, 28, 28)`."""
        parts = [self._find(part[:, 0]) for part in images.split(BATCH)]
        return FoundHole(*(torch.cat(fields) for fields in zip(*parts, strict=True)))

    def _find(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Add the rectangle that explains most to each digit's hole, MAX_RECTANGLES times."""
        interrupts.check()
        squared, breaks = self._squared_distances(images.flatten(1)), find_breaks(images, self.surprises)
        rectangles = empty_rectangles(images > 0)
        owner, pixels = rectangles.owner, rectangles.pixels()
        holes = [pixels.new_zeros(len(images), SIDE * SIDE)]
        gains, misfits = [squared.new_zeros(len(images))], _misfit(squared)
        for _ in range(MAX_RECTANGLES):
            tried = pixels | holes[-1][owner]
            left = _misfit(squared[owner] - tried.float() @ self.squares)
            broken = (breaks.flatten(1)[owner] * (tried & ~holes[-1][owner])).sum(1)
            best, gain = _best(misfits[owner] - left + BREAK_WEIGHT * broken - RECTANGLE_COST, owner, len(images))
            holes.append(holes[-1].index_put((owner[best],), tried[best]))
            misfits = misfits.index_put((owner[best],), left[best])
            gains.append(gains[-1] + gain)
        weights = (torch.stack(gains, 1) / TEMPERATURE).softmax(1)
        return ~torch.stack(holes, 1).unflatten(2, (SIDE, SIDE)), weights

    def _squared_distances(self, visible: Tensor) -> Tensor:
        """Return `(N, M)`. What is hidden is 0, so hiding a pixel subtracts the reference's square there."""
        return self.squares.sum(0) - 2 * visible @ self.references.T + visible.square().sum(1, keepdim=True)


def _misfit(squared: Tensor) -> Tensor:
    """Return how far the digits are from the references near them: a soft minimum over the last dimension."""
    return -TEMPERATURE * (-squared / TEMPERATURE).logsumexp(-1)


def _best(gains: Tensor, owner: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return which rectangle is each digit's best, and its gain `(count,)`; that of a digit without any is -inf."""
    most = gains.new_full((count,), -torch.inf).scatter_reduce(0, owner, gains, "amax")
    return (gains == most[owner]).nonzero()[:, 0], most


class BlindRestorer:
    """Restores digits without knowing the mask: finds the hole, then fills it as `Restorer` does."""

    restores = blind = True

    def __init__(self, restorer: Restorer) -> None:
        apart = max(1, len(restorer.references) // REFERENCES)
        self.restorer, self.finder = restorer, HoleFinder(restorer.references.vectors(slice(None, None, apart)))

    @property
    def classifier(self) -> Classifier:
        """The ordinary network that reads whole and filled digits."""
        return self.restorer.classifier

    def find(self, images: Tensor) -> FoundHole:
        """Return what seems to be missing from `images` `(N, 1, 28, 28)`."""
        return self.finder.find(images)

    def fill(self, images: Tensor, mask: Tensor | None = None) -> Fills:
        """Return the best fills of the most likely hole; `mask` is ignored."""
        return self.restorer.fill(images, self.find(images).mask)

    def predict(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return probabilities `(N, classes)`; `mask` is ignored."""
        return self.predict_found(images, self.find(images))

    @torch.no_grad()
    def predict_found(self, images: Tensor, found: FoundHole) -> Tensor:
        """Return probabilities `(N, classes)` averaged over the likely holes by their weights."""
        likely = found.weights >= MIN_LIKELIHOOD * found.weights.amax(1, keepdim=True)
        weights = found.weights * likely
        weights /= weights.sum(1, keepdim=True)
        probabilities = self.classifier.predict(images) * weights[:, :1]
        digit, hole = likely[:, 1:].nonzero().unbind(1)
        if len(digit):
            each = self.restorer.predict(images[digit], found.masks[digit, hole + 1])
            probabilities.index_add_(0, digit, each * weights[digit, hole + 1, None])
        return probabilities

    def predict_holes(self, image: Tensor, masks: Tensor) -> Tensor:
        """Return probabilities `(M, classes)` of one image `(1, 28, 28)` under many masks `(M, 28, 28)`."""
        return self.predict(image * masks[:, None])

    @torch.no_grad()
    def restore(self, digit: NDArray[np.float32], mask: NDArray[np.bool_]) -> Restored:
        """Return what it finds missing in one digit `(28, 28)` under a mask, fills in and reads then."""
        image = torch.from_numpy(digit * mask)[None, None].to(self.classifier.device)
        found = self.find(image)
        probabilities, kept = self.predict_found(image, found), found.mask[0]
        fills = None if bool(kept.all()) else self.restorer.fill(image, kept)
        return Restored(probabilities[0].cpu().numpy(), kept.cpu().numpy(), fills and on_cpu(fills))
