"""Add what a digit lacks: do the answers follow when features that a class usually has are turned up?

A causal test of `absent_features`: that an absent feature lowers a score is read off the weights there.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from core.inversion.absent_features import Evidence, find_lacking
from core.inversion.map_atlas import MapAtlas


def amplify_lacking(
    evidence: Evidence, atlas: MapAtlas, target: int, maps: Sequence[int], *, strength: float = 1.0
) -> Tensor:
    """Return what to add to the digit's features `(maps, rows, columns)` to turn up what it lacks of a class.

    A feature (a map at a place) that is absent here, usual in `target` and unusual in the answer is raised to
    `strength` times its mean in `target`, in `maps` alone. Nothing is lowered.
    """
    added = (strength * atlas.means[target] - evidence.maps).clamp(min=0) * find_lacking(evidence, atlas, target)
    chosen = torch.zeros(len(added), dtype=torch.bool, device=added.device)
    chosen[list(maps)] = True
    return added * chosen[:, None, None]


def move_to_random_maps(added: Tensor, *, seed: int) -> Tensor:
    """Return the same additions `(maps, rows, columns)` at the same places of as many random maps: the control."""
    order = torch.randperm(len(added), generator=torch.Generator().manual_seed(seed))
    return added[order.to(added.device)]
