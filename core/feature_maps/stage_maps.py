"""All feature maps of one digit, stage by stage, and the difference between those of two digits."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.maximization.stage_outputs import stage_outputs
from core.networks.classifier import Classifier
from core.system.npz import arrays_to_npz

PASS_THROUGH = (nn.Flatten, nn.Identity, nn.Dropout, nn.Dropout2d)  # stages that change no value when evaluating


@dataclass(frozen=True, eq=False)
class StageMaps:
    """One stage's output for one digit."""

    stage: str
    maps: Tensor
    """`(maps, rows, columns)`; a unit of the head is a map of one place."""
    spatial: bool
    """Whether the maps' rows and columns correspond to the digit's."""
    repeats: bool = False
    """Whether the values are those of the stage before: flattened, not inverted, or dropout outside training."""

    @property
    def low(self) -> float:
        return float(self.maps.min())

    @property
    def high(self) -> float:
        return float(self.maps.max())

    @property
    def zero_maps(self) -> int:
        """Return how many maps are zero everywhere."""
        return int((self.maps.flatten(1) == 0).all(1).sum())

    @property
    def zero_share(self) -> float:
        """Return the share of values that are exactly zero."""
        return float((self.maps == 0).float().mean())


@torch.no_grad()
def compute_stage_maps(network: Classifier, image: Tensor) -> tuple[StageMaps, ...]:
    """Return every stage's output for one digit `(1, 28, 28)` in [0, 1], in order.

    Flattened and inverted features get their rows and columns back.
    """
    stages, inside = dict(network.stages()), {*dict(network.features.named_children()), "inverted"}
    found = stage_outputs(network, image[None], stages)
    return tuple(
        StageMaps(name, found[name][0], spatial=name in inside, repeats=_repeats(stage))
        for name, stage in stages.items()
    )


def _repeats(stage: nn.Module) -> bool:
    return isinstance(stage, PASS_THROUGH) or getattr(stage, "name", "") == "identity"


def subtract_maps(before: Sequence[StageMaps], after: Sequence[StageMaps]) -> tuple[StageMaps, ...]:
    """Return `after - before`, stage by stage. Raises ValueError for maps of different architectures."""
    shapes = [[(one.stage, one.maps.shape) for one in maps] for maps in (before, after)]
    if shapes[0] != shapes[1]:
        raise ValueError("Maps can be compared one by one only where both networks are built alike.")
    return tuple(
        StageMaps(one.stage, other.maps - one.maps, one.spatial, one.repeats)
        for one, other in zip(before, after, strict=True)
    )


def relative_change(before: StageMaps, after: StageMaps) -> float:
    """Return the norm of the difference over the norm before; if that is 0, infinity, or 0 for no difference."""
    change, length = float((after.maps - before.maps).norm()), float(before.maps.norm())
    return change / length if length else float("inf") if change else 0.0


def last_features(stages: Sequence[StageMaps]) -> StageMaps:
    """Return the last features before any inversion; the stage `inverted` is what the head reads."""
    names = [one.stage for one in stages]
    return stages[names.index("inverted") - 1]


def to_npz(stages: Sequence[StageMaps]) -> bytes:
    """Return an .npz file with an array `(maps, rows, columns)` for each stage, by its name."""
    return arrays_to_npz({one.stage: one.maps.cpu().numpy() for one in stages})
