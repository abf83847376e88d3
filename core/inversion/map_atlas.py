"""What the last feature maps usually do: how strongly each answers to which class, and what excites it most (M13)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.digits.datasets import Digits
from core.networks.architectures import SIDE
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH

PATCHES = 9  # of each map; distinct digits


@dataclass(frozen=True)
class ReceptiveField:
    """The square of the picture that a place of a map sees: `size` pixels wide, `step` apart, the first at `first`."""

    size: int
    step: int
    first: int


@dataclass(frozen=True, eq=False)
class MapAtlas:
    """What the maps did on many full digits."""

    means: Tensor
    """Mean activation `(classes, maps, rows, columns)` on the digits of each class."""
    patches: Tensor
    """What excited each map most, `(maps, PATCHES, size, size)` in [0, 1]: crops of the digits, best first."""
    field: ReceptiveField
    digits: int

    @property
    def above_average(self) -> Tensor:
        """Whether a feature (a map at a place) is stronger in a class than in the average class; as `means`."""
        return self.means > self.means.mean(0)

    def strengths(self) -> Tensor:
        """Return how strong each map is in each class `(classes, maps)`, 1 in the class that it is strongest in.

        A map that nothing excites is 0 everywhere.
        """
        strength = self.means.mean((2, 3))
        return strength / strength.amax(0).clamp(min=1e-9)

    def weakest_maps(self, label: int, count: int) -> list[int]:
        """Return the maps that are most silent in a class, compared with the class that they are strongest in."""
        strengths = self.strengths()
        never = strengths.amax(0) == 0
        found: list[int] = (strengths[label] + 2 * never).argsort()[:count].tolist()
        return found

    def classes_of_map(self, number: int) -> list[int]:
        """Return the classes in which a map is stronger than in the average class."""
        strength = self.means[:, number].mean((1, 2))
        return [label for label, value in enumerate(strength) if value > strength.mean()]


def receptive_field(network: Classifier) -> ReceptiveField:
    """Return what one place of the last feature maps sees; stages that pool or convolve widen it."""
    size, step, first = 1, 1, 0
    for stage in network.features.children():
        if isinstance(stage, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            window, stride, padding, dilation = (
                _side(getattr(stage, name, 1)) for name in ("kernel_size", "stride", "padding", "dilation")
            )
            size += dilation * (window - 1) * step
            first -= padding * step
            step *= stride
    return ReceptiveField(size, step, first)


def _side(setting: int | tuple[int, ...]) -> int:
    return setting if isinstance(setting, int) else setting[0]


def last_maps(network: Classifier, images: Tensor) -> Tensor:
    """Return the feature maps `(N, maps, rows, columns)` just before they are flattened."""
    output = images
    for name, stage in network.features.named_children():
        if name != "flatten":
            output = stage(output)
    return output


@torch.no_grad()
def build_atlas(network: Classifier, digits: Digits, *, classes: int = 10) -> MapAtlas:
    """Look at the last maps of all these full digits."""
    maps = torch.cat([last_maps(network, images) for images in digits.images().split(BATCH)])
    absent = torch.zeros(maps.shape[1:])
    of_class = [maps[digits.labels == label] for label in range(classes)]
    means = torch.stack([those.mean(0) if len(those) else absent for those in of_class])
    field = receptive_field(network)
    return MapAtlas(means, _exciting(maps, digits, field), field, len(digits))


def _exciting(maps: Tensor, digits: Digits, field: ReceptiveField) -> Tensor:
    strongest, places = maps.flatten(2).max(2)  # of each digit, the place where a map is strongest
    best = strongest.topk(min(PATCHES, len(digits)), dim=0).indices.T  # (maps, PATCHES)
    columns = maps.shape[3]
    crops = [
        torch.stack(
            [
                crop_patch(digits.images(index[None])[0, 0], divmod(int(places[index, number]), columns), field)
                for index in indices
            ]
        )
        for number, indices in enumerate(best)
    ]
    return torch.stack(crops)


def crop_patch(picture: Tensor, place: tuple[int, int], field: ReceptiveField) -> Tensor:
    """Return the part of a picture `(28, 28)` that a place (row, column) of the maps sees; black beyond its edge."""
    padded = functional.pad(picture, (field.size,) * 4)
    top, left = (field.size + field.first + field.step * at for at in place)
    return padded[top : top + field.size, left : left + field.size]


def spread_to_pixels(places: Tensor, field: ReceptiveField) -> Tensor:
    """Return values of places `(rows, columns)` spread over the pixels `(28, 28)` that each place sees.

    The middle of a field counts most: its pixels reach the place along many more paths than those at its edge.
    """
    ramp = 1 - (torch.arange(field.size) - (field.size - 1) / 2).abs() / (field.size / 2)
    window = ramp[:, None] * ramp
    spread = torch.zeros(SIDE + 2 * field.size, SIDE + 2 * field.size)
    for row, column in places.nonzero().tolist():
        top, left = (field.size + field.first + field.step * at for at in (row, column))
        spread[top : top + field.size, left : left + field.size] += places[row, column] * window
    return spread[field.size : field.size + SIDE, field.size : field.size + SIDE]
