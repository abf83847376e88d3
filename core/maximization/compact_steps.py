"""The steps of an optimisation in a quarter of the memory: images as uint8."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.maximization.loop import MaximizationStep
from core.system.npz import arrays_to_npz


@dataclass(frozen=True, eq=False)
class CompactStep:
    """All images after one step."""

    images: NDArray[np.uint8]
    """`(N, 28, 28)`, 0 to 255."""
    costs: NDArray[np.float32]
    dead: NDArray[np.bool_]
    """`(N,)`: which have not responded so far."""


def to_compact(step: MaximizationStep) -> CompactStep:
    """Return the step with its images as uint8."""
    pictures = (255 * step.images[:, 0]).round().byte().numpy()
    return CompactStep(pictures, step.costs.numpy(), ~step.responded.numpy())


def to_npz(steps: Iterable[CompactStep]) -> bytes:
    """Return a NumPy file: `images` (steps, N, 28, 28), `costs` (steps, N), and `dead` (N,) after the last step."""
    kept = list(steps)
    images, costs = np.stack([step.images for step in kept]), np.stack([step.costs for step in kept])
    return arrays_to_npz({"images": images, "costs": costs, "dead": kept[-1].dead})
