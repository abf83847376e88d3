"""Finding the hole without being told: which empty rectangles of a digit were erased, and which are only paper.

For the blind track: whole digits are all that is learnt from, and no list of cuts is known. Two things give a hole
away. Whole digits that look like the rest have ink where it is; and ink that runs into it breaks off at full
strength, along a straight line, where written ink fades.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import conv2d, pad

from core.networks.classifier import Classifier
from core.networks.evaluation import Network
from core.pmnist.masks import SIDE
from core.restoration.restorer import Fills, Restorer

REFERENCES = 5000  # of the whole digits, evenly spread, are compared with: enough to see that something is missing
BATCH = 32  # digits at once: about 20 rectangles each, compared with all references, are 13 MB
MOST = 4  # rectangles in one hole
LEVELS = (0, 64 / 255, 160 / 255)  # above each, ink counts as one level darker
# The constants below were chosen on 300 validation digits each of five kinds: whole, and erased at random with halves
# of 8 to 17 lines on any side, with one or two rectangles of 20 to 50 % of the picture, or with two or three squares of
# 7 to 11 pixels; never on the named cuts. None is sharp: costs of 5 to 7 or breaks of 0.16 to 0.25 are as good.
TEMPERATURE = 4.0  # squared pixel distance at which a reference, or a hole, counts e times less
BREAK = 0.25  # squared pixel distance that one nat of broken ink is worth
FADING = 2.0  # nats by which the end of ink must surprise to speak for a hole; less speaks against one
COST = 6.0  # squared pixel distance that every rectangle must explain
LEAST = 0.3  # a hole that is less likely than so much of the likeliest is not read: one to two are, each costs time


@dataclass(frozen=True, eq=False)
class FoundHole:
    """What may be missing: nothing, or one to MOST rectangles, each next hole `H` with one more than the last."""

    masks: Tensor
    """bool `(N, H, 28, 28)`, True = visible if it is that hole; the first is all True."""
    weights: Tensor
    """`(N, H)`, each row sums to 1: how likely each hole is."""
    breaks: Tensor
    """`(N, 28, 28)`: on empty pixels, how much the ink beside them seems broken off (nats), below 0 where it fades."""

    @property
    def mask(self) -> Tensor:
        """The likeliest: bool `(N, 28, 28)`, True = believed visible."""
        return self.masks[torch.arange(len(self.masks)), self.weights.argmax(1)]


class Rectangles(NamedTuple):
    """Empty rectangles of many digits, the digits in order."""

    owner: Tensor
    """int64 `(K,)`: which digit each belongs to."""
    corners: Tensor
    """int64 `(K, 4)`: top, bottom, left and right; bottom and right are the first lines past it."""

    def pixels(self) -> Tensor:
        """Return bool `(K, 784)`, True inside."""
        lines = torch.arange(SIDE)
        top, bottom, left, right = self.corners[..., None].unbind(1)
        rows, columns = (lines >= top) & (lines < bottom), (lines >= left) & (lines < right)
        return (rows[:, :, None] & columns[:, None, :]).flatten(1)


def empty_rectangles(ink: Tensor) -> Rectangles:
    """Return the largest rectangles without ink, bool `(N, 28, 28)`: those that no larger one contains.

    Whatever rectangle was erased lies in one of them. A digit has about 20. Found from every span of rows: runs of
    columns that are empty there, kept where the rows above and below the span have ink in the run.
    """
    top, bottom = torch.triu_indices(SIDE + 1, SIDE + 1, 1)
    above = pad(ink.cumsum(1), (0, 0, 1, 0))
    free = pad(above[:, bottom] == above[:, top], (1, 1))
    start = (free[..., 1:-1] & ~free[..., :-2]).nonzero()
    owner, span, left = start.unbind(1)
    right = (free[..., 1:-1] & ~free[..., 2:]).nonzero()[:, 2] + 1  # runs end in the order in which they start
    walled = pad(ink, (0, 0, 1, 1), value=True)  # beyond the picture nothing can be erased
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
    weights = 4.0 ** torch.arange(6).view(1, 1, 2, 3)
    return conv2d(pad(levels, (1, 1, 0, 1))[:, None], weights)[:, 0].long()


def learn_breaks(images: Tensor) -> Tensor:
    """Return `(CODES,)`: how surprising it is, in nats, that nothing follows what a code stands for.

    Counted over whole digits `(N, 28, 28)` in all four directions.
    """
    followed, ended = torch.ones(CODES), torch.ones(CODES)
    for turns in range(4):
        turned = images.rot90(turns, (1, 2))
        codes, empty = _codes(turned)[:, 1:], turned[:, :-1] == 0
        ended += torch.bincount(codes[empty], minlength=CODES)
        followed += torch.bincount(codes[~empty], minlength=CODES)
    return -(ended / (ended + followed)).log()


def find_breaks(images: Tensor, surprises: Tensor) -> Tensor:
    """Return `(N, 28, 28)`: on every empty pixel, summed over the ink beside it, how surprising its end is there.

    What would not surprise in a whole digit counts below 0, see FADING.
    """
    breaks = torch.zeros_like(images)
    for turns in range(4):
        turned = images.rot90(turns, (1, 2))
        ends = (turned[:, :-1] == 0) & (turned[:, 1:] > 0)
        found = (surprises[_codes(turned)[:, 1:]] - FADING) * ends
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

    def _find(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Add to each digit's hole, again and again, the rectangle that explains most."""
        squared, breaks = self._squared_distances(images.flatten(1)), find_breaks(images, self.surprises)
        rectangles = empty_rectangles(images > 0)
        owner, pixels = rectangles.owner, rectangles.pixels()
        holes = [torch.zeros(len(images), SIDE * SIDE, dtype=torch.bool)]
        gains, misfits = [torch.zeros(len(images))], _misfit(squared)
        for _ in range(MOST):
            tried = pixels | holes[-1][owner]
            left = _misfit(squared[owner] - tried.float() @ self.squares)
            broken = (breaks.flatten(1)[owner] * (tried & ~holes[-1][owner])).sum(1)
            best, gain = _best(misfits[owner] - left + BREAK * broken - COST, owner, len(images))
            holes.append(holes[-1].index_put((owner[best],), tried[best]))
            misfits = misfits.index_put((owner[best],), left[best])
            gains.append(gains[-1] + gain)
        weights = (torch.stack(gains, 1) / TEMPERATURE).softmax(1)
        return ~torch.stack(holes, 1).unflatten(2, (SIDE, SIDE)), weights, breaks

    def _squared_distances(self, visible: Tensor) -> Tensor:
        """Return `(N, M)`. What is hidden is 0, so hiding a pixel takes the reference's square there off again."""
        return self.squares.sum(0) - 2 * visible @ self.references.T + visible.square().sum(1, keepdim=True)


def _misfit(squared: Tensor) -> Tensor:
    """Return how far the digits are from the references near them: a soft minimum over the last dimension."""
    return -TEMPERATURE * (-squared / TEMPERATURE).logsumexp(-1)


def _best(gains: Tensor, owner: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return which rectangle is each digit's best, and its gain `(count,)`; that of a digit without any is -inf."""
    most = torch.full((count,), -torch.inf).scatter_reduce(0, owner, gains, "amax")
    return (gains == most[owner]).nonzero()[:, 0], most


class BlindRestorer:
    """Restores digits without being told what is missing: finds the hole, then fills it as the restorer does."""

    def __init__(self, restorer: Restorer) -> None:
        apart = max(1, len(restorer.references) // REFERENCES)
        self.restorer, self.finder = restorer, HoleFinder(restorer.references.vectors(slice(None, None, apart)))

    @property
    def network(self) -> Classifier:
        """The ordinary network that reads whole and filled digits."""
        return self.restorer.network

    def find(self, images: Tensor) -> FoundHole:
        """Return what seems to be missing from `images` `(N, 1, 28, 28)`."""
        return self.finder.find(images)

    def fill(self, images: Tensor, mask: Tensor | None = None) -> Fills:
        """Return the best fills of the likeliest hole; a given mask is not looked at."""
        return self.restorer.fill(images, self.find(images).mask)

    def predict(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return probabilities `(N, classes)`; a given mask is not looked at."""
        return self.read(images, self.find(images))

    @torch.no_grad()
    def read(self, images: Tensor, finding: FoundHole) -> Tensor:
        """Return probabilities `(N, classes)` averaged over the likely holes by their weights."""
        likely = finding.weights >= LEAST * finding.weights.amax(1, keepdim=True)
        weights = finding.weights * likely
        weights /= weights.sum(1, keepdim=True)
        probabilities = self.network.predict(images) * weights[:, :1]
        digit, hole = likely[:, 1:].nonzero().unbind(1)
        if len(digit):
            each = self.restorer.predict(images[digit], finding.masks[digit, hole + 1])
            probabilities.index_add_(0, digit, each * weights[digit, hole + 1, None])
        return probabilities


@dataclass(frozen=True, eq=False)
class Restored:
    """One digit as a restoring network sees it, for a page."""

    probabilities: NDArray[np.float32]
    """`(classes,)`."""
    mask: NDArray[np.bool_]
    """`(28, 28)`, True = kept: what it was told, or found itself."""
    fills: Fills | None
    """What may have been there; None when nothing is missing."""


def readers_of(networks: Mapping[str, Network], mask: NDArray[np.bool_]) -> dict[str, Classifier]:
    """Return what reads this digit as it is: the classifiers, and where nothing is missing what the told ones use."""
    direct = {n: one.network if mask.all() and isinstance(one, Restorer) else one for n, one in networks.items()}
    return {name: one for name, one in direct.items() if isinstance(one, Classifier)}


@torch.no_grad()
def restore_digit(network: Restorer | BlindRestorer, digit: NDArray[np.float32], mask: NDArray[np.bool_]) -> Restored:
    """Return what the network makes of one digit `(28, 28)` without what `mask` has erased."""
    image, kept = torch.from_numpy(digit * mask)[None, None], torch.from_numpy(mask)
    if isinstance(network, Restorer):
        fills = None if mask.all() else network.fill(image, kept)
        probabilities = network.predict(image) if fills is None else network.read(fills)
    else:
        finding = network.find(image)
        probabilities, kept = network.read(image, finding), finding.mask[0]
        fills = None if bool(kept.all()) else network.restorer.fill(image, kept)
    return Restored(probabilities[0].numpy(), kept.numpy(), fills)
