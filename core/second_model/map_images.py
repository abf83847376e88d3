"""Two classes of digits, and a network's feature maps as images in the digits' format."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH
from core.pmnist.masks import SIDE


def select_two_classes(digits: Digits, first: int, second: int, *, each: int) -> Digits:
    """Return the first `each` digits of two classes, relabelled 0 and 1, in the order of the data set."""
    found = [torch.nonzero(digits.labels == label).flatten()[:each] for label in (first, second)]
    index = torch.cat(found).sort().values
    return Digits(digits.pixels[index], (digits.labels[index] == second).long())


def conv_stages(network: Classifier) -> tuple[str, ...]:
    """Return the names of the convolutions."""
    return tuple(name for name, _ in network.features.named_children() if name.startswith("conv"))


def maps_to_pictures(maps: Tensor) -> Tensor:
    """Return each map as an image, `(N, C, P, Q)` to `(N * C, 1, 28, 28)`; each digit's maps are consecutive.

    Every map is rescaled to [0, 1] by its own minimum and maximum, and resized; a constant map becomes black.
    """
    each = maps.flatten(0, 1)[:, None]
    low, high = each.amin((2, 3), keepdim=True), each.amax((2, 3), keepdim=True)
    stretched = (each - low) / (high - low).clamp(min=1e-12)
    return interpolate(stretched, size=(SIDE, SIDE), mode="bilinear", align_corners=False)


@torch.no_grad()
def maps_as_digits(network: Classifier, digits: Digits, stage: str) -> Digits:
    """Return all maps of these digits after a stage as digits, each with the label of its digit."""
    pictures = []
    for at in range(0, len(digits), BATCH):
        maps = next(output for name, output in network.walk(digits.images(slice(at, at + BATCH))) if name == stage)
        pictures.append(maps_to_pictures(maps).mul(255).round().byte()[:, 0])
    pixels = torch.cat(pictures)
    return Digits(pixels, digits.labels.repeat_interleave(len(pixels) // len(digits)))


def join_digits(*sets: Digits) -> Digits:
    """Return the digits of several sets as one set."""
    return Digits(torch.cat([one.pixels for one in sets]), torch.cat([one.labels for one in sets]))
