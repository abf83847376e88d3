"""The last feature maps on many digits: how strongly each responds to each class, and which patches most."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.digits.datasets import Digits
from core.networks.block import Block
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH
from core.pmnist.masks import SIDE
from core.system import interrupts

PATCHES = 9  # of each map; distinct digits
SURVEYED = 6000  # digits of a split: takes a second, and there are 600 of each class


@dataclass(frozen=True)
class ReceptiveField:
    """The square of pixels that one place of a map depends on: `size` wide, `step` apart, the first at `first`."""

    size: int
    step: int
    first: int


@dataclass(frozen=True, eq=False)
class MapAtlas:
    """The responses of the last maps to many full digits."""

    means: Tensor
    """Mean activation `(classes, maps, rows, columns)` on the digits of each class."""
    patches: Tensor
    """The strongest patches of each map, `(maps, PATCHES, size, size)` in [0, 1], best first."""
    field: ReceptiveField
    digits: int

    @property
    def above_average(self) -> Tensor:
        """Whether a feature (a map at a place) is stronger in a class than in the mean class; shaped as `means`."""
        return self.means > self.means.mean(0)

    def strengths(self) -> Tensor:
        """Return how strong each map is in each class `(classes, maps)`: 1 in its strongest class.

        A map that never responds is 0 everywhere.
        """
        strength = self.means.mean((2, 3))
        return strength / strength.amax(0).clamp(min=1e-9)

    def weakest_maps(self, label: int, count: int) -> list[int]:
        """Return the maps that respond least in a class, relative to their strongest class; never dead maps first."""
        strengths = self.strengths()
        never = strengths.amax(0) == 0
        found: list[int] = (strengths[label] + 2 * never).argsort()[:count].tolist()
        return found

    def classes_of_map(self, number: int) -> list[int]:
        """Return the classes in which a map is stronger than in the mean class."""
        strength = self.means[:, number].mean((1, 2))
        return [label for label, value in enumerate(strength) if value > strength.mean()]


def receptive_field(network: Classifier) -> ReceptiveField:
    """Return the receptive field of one place of the last feature maps."""
    field = ReceptiveField(1, 1, 0)
    for stage in network.features.children():
        field = _widen(stage, field)
    return field


def _widen(stage: nn.Module, *given: ReceptiveField) -> ReceptiveField:
    """Return the field after a stage from those of what it reads, of which the widest one counts."""
    field = max(given, key=lambda one: one.size)
    if isinstance(stage, Block):
        return stage.follow(field, _widen)[-1]
    if isinstance(stage, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d):
        return ReceptiveField(SIDE, SIDE, 0)  # of the whole picture
    if not isinstance(stage, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        return field
    window, stride, padding, dilation = (
        _side(getattr(stage, name, 1)) for name in ("kernel_size", "stride", "padding", "dilation")
    )
    size = field.size + dilation * (window - 1) * field.step
    return ReceptiveField(size, field.step * stride, field.first - padding * field.step)


def _side(setting: int | tuple[int, ...]) -> int:
    return setting if isinstance(setting, int) else setting[0]


def last_maps(network: Classifier, images: Tensor) -> Tensor:
    """Return the feature maps `(N, maps, rows, columns)` just before they are flattened."""
    interrupts.check()
    output = images
    for name, stage in network.features.named_children():
        if name != "flatten":
            output = stage(output)
    return output


@torch.no_grad()
def build_atlas(network: Classifier, digits: Digits, *, classes: int = 10) -> MapAtlas:
    """Return the atlas of the last maps on full digits."""
    maps = torch.cat([last_maps(network, images) for images in digits.images().split(BATCH)])
    # A class without digits has means of 0.
    of_class = [maps[digits.labels == label] for label in range(classes)]
    means = torch.stack([chosen.sum(0) / max(1, len(chosen)) for chosen in of_class])
    field = receptive_field(network)
    return MapAtlas(means, _strongest_patches(maps, digits, field), field, len(digits))


def _strongest_patches(maps: Tensor, digits: Digits, field: ReceptiveField) -> Tensor:
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
    """Return the receptive field of a place (row, column) in a picture `(28, 28)`; black beyond its edge."""
    padded = functional.pad(picture, (field.size,) * 4)
    top, left = (field.size + field.first + field.step * at for at in place)
    return padded[top : top + field.size, left : left + field.size]


def spread_to_pixels(places: Tensor, field: ReceptiveField) -> Tensor:
    """Return values of places `(rows, columns)` spread over their receptive fields as pixels `(28, 28)`.

    The middle of a field weighs most: more paths lead from there to the place than from its edge.
    """
    distance = (torch.arange(field.size, device=places.device) - (field.size - 1) / 2).abs()
    ramp = 1 - distance / (field.size / 2)
    window = ramp[:, None] * ramp
    spread = places.new_zeros(SIDE + 2 * field.size, SIDE + 2 * field.size)
    for row, column in places.nonzero().tolist():
        top, left = (field.size + field.first + field.step * at for at in (row, column))
        spread[top : top + field.size, left : left + field.size] += places[row, column] * window
    return spread[field.size : field.size + SIDE, field.size : field.size + SIDE]
