"""The smallest erasure that changes what a network reads: a square hole, or as few single pixels as can be found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.adversarial.attack import pool_before_relu
from core.attribution.hole_maps import read_under_masks
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH, Network, predict_together
from core.pmnist.masks import SIDE, erase, sliding_squares

COARSE_STEP = 2  # between two sizes, and two places, of a hole that a restoring network is tried with: a try takes 5 ms


@dataclass(frozen=True, eq=False)
class Erasure:
    """Something that was erased, and what is read then."""

    mask: Tensor
    """bool `(28, 28)`, True = kept."""
    label: int
    probability: float
    """The probability of what is read."""
    size: int
    """Pixels along the hole's side, or, of single pixels, how many."""


@dataclass(frozen=True, eq=False)
class SquareStep:
    """All holes of one size have been tried."""

    size: int
    tried: int
    """Holes so far, for a network that still reads what it did."""
    found: dict[str, Erasure]
    """Of each network that has changed its mind, the hole that makes it surest of something else."""


@torch.no_grad()
def find_smallest_square(
    networks: Mapping[str, Network], image: Tensor, mask: Tensor, *, coarse: bool = False
) -> Iterator[SquareStep]:
    """Yield, from one pixel up to the whole picture, which networks a square hole of that size makes read otherwise.

    Every place that erases ink is tried, so the first hole that is found is the smallest there is; it ends when all
    have changed their minds. `coarse`: only every other size at every other place, for networks that take long: what
    is found is then an upper bound. `image` `(1, 28, 28)`, what is missing before is not kept by `mask`.
    """
    before = {name: int(read.argmax()) for name, read in predict_together(networks, image[None], mask).items()}
    found: dict[str, Erasure] = {}
    tried = 0
    step = COARSE_STEP if coarse else 1
    for size in range(step, SIDE + 1, step):
        left = {name: network for name, network in networks.items() if name not in found}
        masks = _holes(image, mask, size, coarse)
        if not left or not len(masks):
            break
        tried += len(masks)
        read = read_under_masks(left, image, masks)
        found |= {name: best for name in left if (best := _best(read[name], before[name], masks, size)) is not None}
        yield SquareStep(size, tried, dict(found))


def _holes(image: Tensor, mask: Tensor, size: int, coarse: bool) -> Tensor:
    """Return the masks of all holes of a size that erase any ink."""
    masks = sliding_squares(size)
    if coarse:
        side = SIDE - size + 1
        masks = masks.unflatten(0, (side, side))[::COARSE_STEP, ::COARSE_STEP].flatten(0, 1)
    ink = (image[0] > 0) & mask
    return masks[(ink & ~masks).any((1, 2))] & mask


def _best(read: Tensor, before: int, masks: Tensor, size: int) -> Erasure | None:
    """Return the erasure that is surest of something else than before, if any is read so."""
    sure, labels = read.max(1)
    changed = (labels != before).nonzero()[:, 0]
    if not len(changed):
        return None
    best = changed[sure[changed].argmax()]
    return Erasure(masks[best], int(labels[best]), float(sure[best]), size)


@dataclass(frozen=True, eq=False)
class PixelStep:
    """One pixel more has been erased, or, once the digit is read otherwise, been given back."""

    mask: Tensor
    """bool `(28, 28)`, True = kept."""
    pixels: int
    """How many are erased."""
    label: int
    probability: float
    changed: bool
    """Whether another class is read than before."""


@torch.no_grad()
def find_fewest_pixels(network: Classifier, image: Tensor, mask: Tensor) -> Iterator[PixelStep]:
    """Yield the digit with one inked pixel less after the other until it is read otherwise, then without needless ones.

    Greedy: the pixel goes whose loss costs the class that was read most of its lead over the others; then every pixel
    is given back without which the digit is read otherwise still. So none of the result is needless, but others might
    have been fewer: their number is an upper bound. Ends without a change when no ink is left.
    """
    fast = pool_before_relu(network)
    kept, label = mask.clone(), int(fast(erase(image[None], mask)).argmax())
    changed = False
    while not changed and len(ink := ((image[0] > 0) & kept).nonzero()):
        tried = _with(kept, ink, False)
        kept = tried[_leads(fast, image, tried, label).argmin()]
        step = _step(fast, image, mask, kept, label)
        changed = step.changed
        yield step
    while changed and len(gone := (mask & ~kept).nonzero()):
        tried = _with(kept, gone, True)
        leads = _leads(fast, image, tried, label)
        if leads.min() >= 0:
            return
        kept = tried[leads.argmin()]
        yield _step(fast, image, mask, kept, label)


def _with(kept: Tensor, pixels: Tensor, value: bool) -> Tensor:
    """Return a mask `(K, 28, 28)` for each of the pixels `(K, 2)`, only that one kept or not."""
    masks = kept.repeat(len(pixels), 1, 1)
    masks[torch.arange(len(pixels)), pixels[:, 0], pixels[:, 1]] = value
    return masks


def _leads(network: nn.Module, image: Tensor, masks: Tensor, label: int) -> Tensor:
    """Return by how much the class's logit is above all others `(K,)`; below 0 another class is read."""
    images = erase(image.expand(len(masks), 1, SIDE, SIDE), masks)
    logits = torch.cat([network(part) for part in images.split(BATCH)])
    others = logits.clone()
    others[:, label] = -torch.inf
    return logits[:, label] - others.amax(1)


def _step(network: nn.Module, image: Tensor, mask: Tensor, kept: Tensor, label: int) -> PixelStep:
    sure, read = network(erase(image[None], kept)).softmax(1)[0].max(0)
    return PixelStep(kept, int((mask & ~kept).sum()), int(read), float(sure), int(read) != label)
