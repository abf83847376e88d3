"""The climb itself: a generator of frozen steps, the same for any objective, parameterization and regularizer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.maximization.objectives import Objective, check_objective
from core.maximization.parameterizations import PARAMETERIZATIONS
from core.maximization.regularizers import (
    BLURS,
    blur,
    blur_sigma,
    jitter_shifts,
    l1_gradient,
    standard_deviation,
    variation_gradient,
)
from core.maximization.stage_outputs import LOGITS, stage_outputs
from core.networks.architectures import SIDE
from core.networks.classifier import Classifier

GRAY = 0.5  # the seed's 128
LEAK = 0.1  # share of what is negative that shows a silent neuron's gradient the way
MOST_STEPS, MOST_PICTURES = 2000, 512
SMALLEST_BATCH = (
    4  # pictures that a network is given at once: it rounds fewer in another way, and a climb magnifies that
)


@dataclass(frozen=True, kw_only=True)
class MaximizationConfig:
    """How pictures climb; the defaults are the assignment's (N1 to N3)."""

    steps: int = 200
    step_size: float = 1 / 255
    """Standard deviation of a step; one of the seed's 255 grey values."""
    seed: int = 0
    starts: int = 1
    """From how many different noises each goal is climbed."""
    noise: float = 10 / 255
    """Standard deviation around grey, or around a given picture; the seed does not say how much."""
    blur: str = "growing"
    """Of the gradient; one of BLURS."""
    widest: float = 4.0
    """Standard deviation of the widest blur, in pixels."""
    decay: float = 1e-4
    ink: float = 0.0
    """L1: weight of the slope of all ink beside the objective's, which counts as of standard deviation 1."""
    variation: float = 0.0
    """The same for the total variation."""
    jitter: int = 0
    """By how many pixels the picture trembles at most."""
    parameterization: str = "pixels"

    def __post_init__(self) -> None:
        if self.blur not in BLURS or self.parameterization not in PARAMETERIZATIONS:
            raise ValueError(f"The blur is one of {', '.join(BLURS)}; what moves is {' or '.join(PARAMETERIZATIONS)}.")
        for name, low, high in (
            ("steps", 1, MOST_STEPS),
            ("step_size", 0, 1),
            ("starts", 1, 64),
            ("noise", 0, 1),
            ("widest", 0, SIDE),
            ("decay", 0, 1),
            ("ink", 0, 100),
            ("variation", 0, 100),
            ("jitter", 0, SIDE // 2),
            ("seed", 0, 2**62),
        ):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"The setting {name} goes from {low} to {high}, so {getattr(self, name)} is none.")


PRESETS = {
    "as in the assignment": MaximizationConfig(),
    "shrinking blur": MaximizationConfig(blur="shrinking"),
    "white on black": MaximizationConfig(
        blur="steady", widest=0.7, ink=0.5, variation=0.3, jitter=1, step_size=3 / 255
    ),
    "frequencies": MaximizationConfig(blur="none", jitter=1, parameterization="fourier", step_size=2 / 255),
    "nothing but the gradient": MaximizationConfig(blur="none", decay=0.0),
}


@dataclass(frozen=True, eq=False)
class MaximizationStep:
    """All pictures after one step; step 0 is the start. Tensors are detached copies."""

    step: int
    steps: int
    images: Tensor
    """`(N, 1, 28, 28)` in [0, 1]; start by start, and in each start one picture for every goal."""
    costs: Tensor
    """The objective `(N,)`."""
    responded: Tensor
    """bool `(N,)`: whether the objective has had a gradient by now; at the end one that never had is dead."""
    probabilities: Tensor | None
    """What the network reads `(N, classes)`; None where the climb does not go through its head."""


def maximize(
    network: Classifier, objective: Objective, config: MaximizationConfig | None = None, *, start: Tensor | None = None
) -> Iterator[MaximizationStep]:
    """Climb the objective from noise around grey, or around a digit `(28, 28)`; yield the start and every step.

    Every picture climbs on its own, so that ten at once become what ten runs make of them one by one. Raises ValueError
    for an objective that the network has not got. The network stays as it is.
    """
    settings = config or MaximizationConfig()
    if network.training:
        raise ValueError("A network that is still learning would change: call its eval() first.")
    check_objective(network, objective)
    if objective.count * settings.starts > MOST_PICTURES:
        raise ValueError(f"At most {MOST_PICTURES} pictures climb at once.")
    parameterization = PARAMETERIZATIONS[settings.parameterization]
    parameters = parameterization.encode(_begin(objective.count, settings, start))
    awake = torch.zeros(len(parameters), dtype=torch.bool)
    for step, shift in enumerate(jitter_shifts(settings.jitter, settings.steps + 1)):
        images = parameterization.decode(parameters)
        seen = _look(network, objective, images, shift)
        awake = awake | seen.responded
        yield MaximizationStep(step, settings.steps, images.clone(), seen.costs, awake, seen.probabilities)
        if step < settings.steps:
            slope = _regularize(seen.gradient, images, settings, step + 1)
            parameters = parameterization.update(parameters, slope, size=settings.step_size, decay=settings.decay)


def _begin(count: int, settings: MaximizationConfig, start: Tensor | None) -> Tensor:
    """Return the pictures of step 0; in each start all goals begin with the same."""
    ground = torch.full((1, SIDE, SIDE), GRAY) if start is None else start.detach().reshape(1, SIDE, SIDE)
    noises = [
        torch.randn(1, SIDE, SIDE, generator=torch.Generator().manual_seed(settings.seed + number))
        for number in range(settings.starts)
    ]
    pictures = [(ground + settings.noise * noise).clamp(0, 1) for noise in noises]
    return torch.stack(pictures).repeat_interleave(count, dim=0)


@dataclass(frozen=True, eq=False)
class _Look:
    costs: Tensor
    gradient: Tensor
    responded: Tensor
    probabilities: Tensor | None


def _look(network: Classifier, objective: Objective, images: Tensor, shift: tuple[int, int]) -> _Look:
    """Return costs and answers for the pictures, and the gradient where they have trembled to."""
    costs, gradient, probabilities = _climb(network, objective, images, shift)
    awake = gradient.flatten(1).any(1)
    if not awake.all():
        silent = torch.nonzero(~awake)[:, 0]
        gradient = gradient.index_copy(0, silent, _leaked(network, objective, images, shift, silent))
    if any(shift):
        costs, probabilities = _read(network, objective, images)
    return _Look(costs, gradient, awake, probabilities)


def _climb(
    network: Classifier, objective: Objective, images: Tensor, shift: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor | None]:
    with torch.enable_grad():
        pictures = _in_company(images.detach()).requires_grad_()
        outputs = stage_outputs(network, pictures.roll(shift, (2, 3)), objective.stages)
        costs = objective(outputs)
        (gradient,) = torch.autograd.grad(costs.sum(), pictures)  # never backward(): it would fill the network's too
    count = len(images)
    return costs.detach()[:count], gradient[:count], _answers(outputs, count)


def _leaked(
    network: Classifier, objective: Objective, images: Tensor, shift: tuple[int, int], silent: Tensor
) -> Tensor:
    """Return the gradients of the `silent` pictures: what leaks through a rectifier shows them the way up."""
    with torch.enable_grad():
        pictures = _in_company(images.detach()[silent]).requires_grad_()
        outputs = stage_outputs(network, pictures.roll(shift, (2, 3)), objective.stages, leak=LEAK)
        # Back to their places, by which an objective knows which picture wants what.
        placed = {
            stage: output.new_zeros(len(images), *output.shape[1:]).index_copy(0, silent, output[: len(silent)])
            for stage, output in outputs.items()
        }
        (gradient,) = torch.autograd.grad(objective(placed)[silent].sum(), pictures)
    return gradient[: len(silent)]


@torch.no_grad()
def _read(network: Classifier, objective: Objective, images: Tensor) -> tuple[Tensor, Tensor | None]:
    outputs = stage_outputs(network, _in_company(images), objective.stages)
    return objective(outputs)[: len(images)], _answers(outputs, len(images))


def _in_company(images: Tensor) -> Tensor:
    """Return at least LEAST pictures, the given ones first: so each climbs alone exactly as it does among others."""
    return images.repeat(-(-SMALLEST_BATCH // len(images)), 1, 1, 1)


def _answers(outputs: dict[str, Tensor], count: int) -> Tensor | None:
    return outputs[LOGITS].detach()[:count].flatten(1).softmax(1) if LOGITS in outputs else None


def _regularize(gradient: Tensor, images: Tensor, settings: MaximizationConfig, step: int) -> Tensor:
    """Return the slope to climb: the objective's less the penalties', smoothed (N2)."""
    slope = gradient
    if settings.ink or settings.variation:
        penalty = settings.ink * l1_gradient(images) + settings.variation * variation_gradient(images)
        slope = gradient - standard_deviation(gradient) * penalty
    return blur(slope, blur_sigma(settings.blur, step, settings.steps, settings.widest))
