"""All feature maps of one digit, stage by stage, and what differs between those of two (F4, F5)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.maximization.stage_outputs import stage_outputs
from core.networks.classifier import Classifier

PASS_THROUGH = (
    nn.Flatten,
    nn.Identity,
    nn.Dropout,
    nn.Dropout2d,
)  # what only passes on what it is given, outside of training


@dataclass(frozen=True, eq=False)
class StageMaps:
    """What one stage gives for one digit."""

    stage: str
    maps: Tensor
    """`(maps, rows, columns)`; a unit of the head is a map of one place."""
    spatial: bool
    """Whether the maps lie over the digit, so that their places mean something."""
    repeats: bool = False
    """Whether these are the numbers of the stage before: flattened, not inverted, or left alone by dropout."""

    @property
    def low(self) -> float:
        return float(self.maps.min())

    @property
    def high(self) -> float:
        return float(self.maps.max())

    @property
    def zero_maps(self) -> int:
        """How many maps are zero everywhere."""
        return int((self.maps.flatten(1) == 0).all(1).sum())

    @property
    def zero_share(self) -> float:
        """The share of values that are exactly zero."""
        return float((self.maps == 0).float().mean())


@torch.no_grad()
def compute_stage_maps(network: Classifier, image: Tensor) -> tuple[StageMaps, ...]:
    """Return what every stage gives for one digit `(1, 28, 28)` in [0, 1], in the order in which they flow.

    What was flattened, or inverted after that, has its places again.
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
    """Return `after - before`, stage by stage. Raises ValueError for maps of networks that are built differently."""
    shapes = [[(one.stage, one.maps.shape) for one in maps] for maps in (before, after)]
    if shapes[0] != shapes[1]:
        raise ValueError("Maps can be compared one by one only where both networks are built alike.")
    return tuple(
        StageMaps(one.stage, other.maps - one.maps, one.spatial, one.repeats)
        for one, other in zip(before, after, strict=True)
    )


def relative_change(before: StageMaps, after: StageMaps) -> float:
    """Return how long the difference is, as a share of how long the maps were before; of nothing, infinite or 0."""
    change, length = float((after.maps - before.maps).norm()), float(before.maps.norm())
    return change / length if length else float("inf") if change else 0.0


def last_features(stages: Sequence[StageMaps]) -> StageMaps:
    """Return the last features before any inversion: what is there. `inverted` then says what the head reads."""
    names = [one.stage for one in stages]
    return stages[names.index("inverted") - 1]


def to_npz(stages: Sequence[StageMaps]) -> bytes:
    """Return a NumPy file with an array `(maps, rows, columns)` for each stage, by its name."""
    stream = io.BytesIO()
    arrays = {one.stage: one.maps.numpy() for one in stages}
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # its stubs take any keyword for `allow_pickle`
    return stream.getvalue()
