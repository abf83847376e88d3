"""The smallest erasure that changes a network's prediction: a square hole, or single pixels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.adversarial.attack import pool_before_relu
from core.attribution.hole_maps import read_under_masks
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH, Network, lead, predict_together
from core.pmnist.masks import SIDE, erase, sliding_squares

COARSE_STEP = 2  # step of sizes and places for restoring networks, which take 5 ms for each hole


@dataclass(frozen=True, eq=False)
class Erasure:
    """An erasure, and the prediction after it."""

    mask: Tensor
    """bool `(28, 28)`, True = kept."""
    label: int
    probability: float
    """Of the predicted class."""
    size: int
    """The hole's side in pixels, or the number of single pixels."""


@dataclass(frozen=True, eq=False)
class SquareStep:
    """All holes of one size have been tried."""

    size: int
    tried: int
    """Number of holes so far, for a network whose prediction has not changed."""
    found: dict[str, Erasure]
    """For each network whose prediction has changed, the hole with the highest probability of another class."""


@torch.no_grad()
def find_smallest_square(
    networks: Mapping[str, Network], image: Tensor, mask: Tensor, *, coarse: bool = False
) -> Iterator[SquareStep]:
    """Yield, for square holes of growing size, which networks change their prediction.

    Every place that erases ink is tried, so the first hole found is the smallest possible one. Ends when all networks
    have changed. `coarse`: only every other size and place, for slow networks; the result is then an upper bound.
    `image` `(1, 28, 28)`; what `mask` does not keep is missing from the beginning.
    """
    mask = mask.to(image.device)
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
    """Return the masks of all holes of a size that erase some ink."""
    masks = sliding_squares(size).to(image.device)
    if coarse:
        side = SIDE - size + 1
        masks = masks.unflatten(0, (side, side))[::COARSE_STEP, ::COARSE_STEP].flatten(0, 1)
    ink = (image[0] > 0) & mask
    return masks[(ink & ~masks).any((1, 2))] & mask


def _best(read: Tensor, before: int, masks: Tensor, size: int) -> Erasure | None:
    """Return the erasure with the highest probability of another class than before, if there is one."""
    sure, labels = read.max(1)
    changed = (labels != before).nonzero()[:, 0]
    if not len(changed):
        return None
    best = changed[sure[changed].argmax()]
    return Erasure(masks[best].cpu(), int(labels[best]), float(sure[best]), size)


@dataclass(frozen=True, eq=False)
class PixelStep:
    """One more pixel has been erased, or, after the prediction has changed, been restored."""

    mask: Tensor
    """bool `(28, 28)`, True = kept."""
    pixels: int
    """Number of erased pixels."""
    label: int
    probability: float
    changed: bool
    """Whether the prediction differs from the first one."""


@torch.no_grad()
def find_fewest_pixels(network: Classifier, image: Tensor, mask: Tensor) -> Iterator[PixelStep]:
    """Erase inked pixels one by one until the prediction changes, then restore those that were not needed.

    Greedy: each step erases the pixel that lowers the class's lead over the others most. Every remaining pixel is
    needed, but another set might be smaller, so the number is an upper bound. Ends without a change if no ink is left.
    """
    fast, mask = pool_before_relu(network), mask.to(image.device)
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
    """Return masks `(K, 28, 28)`, in each of which one of the pixels `(K, 2)` is set to `value`."""
    masks = kept.repeat(len(pixels), 1, 1)
    masks[torch.arange(len(pixels), device=kept.device), pixels[:, 0], pixels[:, 1]] = value
    return masks


def _leads(network: nn.Module, image: Tensor, masks: Tensor, label: int) -> Tensor:
    """Return the class's logit less the highest other one `(K,)`; below 0 another class is predicted."""
    images = erase(image.expand(len(masks), 1, SIDE, SIDE), masks)
    return lead(torch.cat([network(part) for part in images.split(BATCH)]), label)


def _step(network: nn.Module, image: Tensor, mask: Tensor, kept: Tensor, label: int) -> PixelStep:
    probability, read = network(erase(image[None], kept)).softmax(1)[0].max(0)
    return PixelStep(kept.cpu(), int((mask & ~kept).sum()), int(read), float(probability), int(read) != label)
