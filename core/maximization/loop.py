"""The optimisation loop: a generator of steps, the same for any objective, parameterization and regularizer."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.maximization.objectives import Objective, check_objective
from core.maximization.parameterizations import PARAMETERIZATIONS, make_parameterization
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
from core.networks.classifier import Classifier
from core.pmnist.masks import SIDE
from core.system.device import on_cpu

GRAY = 0.5  # 128 in the assignment
LEAK = 0.1  # slope of negative values in ReLUs, used for neurons without a gradient
MAX_STEPS, MAX_PICTURES = 2000, 512
MIN_BATCH = 4  # smaller batches are rounded differently, and an optimisation magnifies that


@dataclass(frozen=True, kw_only=True)
class MaximizationConfig:
    """The settings of an optimisation; the defaults are the assignment's."""

    steps: int = 200
    step_size: float = 1 / 255
    """Standard deviation of a step; the default is one of 255 grey values."""
    seed: int = 0
    starts: int = 1
    """Number of random starts for each goal."""
    noise: float = 10 / 255
    """Standard deviation of the start around grey or a given image; the assignment gives no value."""
    blur: str = "growing"
    """Of the gradient; one of BLURS."""
    widest: float = 4.0
    """Standard deviation of the widest blur, in pixels."""
    decay: float = 1e-4
    ink: float = 0.0
    """Weight of the L1 penalty's gradient, relative to the objective's gradient at standard deviation 1."""
    variation: float = 0.0
    """The same for the total variation."""
    jitter: int = 0
    """The largest random shift, in pixels."""
    parameterization: str = "pixels"

    def __post_init__(self) -> None:
        if self.blur not in BLURS or self.parameterization not in PARAMETERIZATIONS:
            choices = f"Blur: {', '.join(BLURS)}. Parameterization: {', '.join(PARAMETERIZATIONS)}."
            raise ValueError(f"Unknown blur or parameterization. {choices}")
        for name, low, high in (
            ("steps", 1, MAX_STEPS),
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
                raise ValueError(f"The setting {name} must be from {low} to {high}, not {getattr(self, name)}.")


PRESETS = {
    "as in the assignment": MaximizationConfig(),
    "shrinking blur": MaximizationConfig(blur="shrinking"),
    "white on black": MaximizationConfig(
        blur="steady", widest=0.7, ink=0.5, variation=0.3, jitter=1, step_size=3 / 255
    ),
    "frequencies": MaximizationConfig(blur="none", jitter=1, parameterization="fourier", step_size=2 / 255),
    "magnitude-constrained": MaximizationConfig(
        blur="none", jitter=1, parameterization="phase", step_size=6 / 255, decay=0.0
    ),
    "nothing but the gradient": MaximizationConfig(blur="none", decay=0.0),
}


@dataclass(frozen=True, eq=False)
class MaximizationStep:
    """All images after one step; step 0 is the start. Tensors are detached copies."""

    step: int
    steps: int
    images: Tensor
    """`(N, 1, 28, 28)` in [0, 1]; start by start, and in each start one image for every goal."""
    costs: Tensor
    """The objective `(N,)`."""
    responded: Tensor
    """bool `(N,)`: whether the objective has had a gradient so far; one that never had is called dead at the end."""
    probabilities: Tensor | None
    """The network's probabilities `(N, classes)`; None where the objective does not need the head."""


def maximize(
    network: Classifier,
    objective: Objective,
    config: MaximizationConfig | None = None,
    *,
    start: Tensor | None = None,
    magnitude: Tensor | None = None,
) -> Iterator[MaximizationStep]:
    """Maximise the objective from noise around grey, or around a digit `(28, 28)`; yield the start and every step.

    The images are independent: ten at once give the same as ten runs. Phases need the `magnitude` of
    `mean_magnitude`. Raises ValueError without it, and for an objective that the network does not have. The network is
    not changed.
    """
    settings = config or MaximizationConfig()
    if network.training:
        raise ValueError("The network is in training mode and would change: call its eval() first.")
    check_objective(network, objective)
    if objective.count * settings.starts > MAX_PICTURES:
        raise ValueError(f"At most {MAX_PICTURES} images can be optimised at once.")
    fixed = None if magnitude is None else magnitude.to(network.device)
    parameterization = make_parameterization(settings.parameterization, fixed)
    parameters = parameterization.encode(_start_images(objective.count, settings, start).to(network.device))
    responded = torch.zeros(len(parameters), dtype=torch.bool, device=network.device)
    for step, shift in enumerate(jitter_shifts(settings.jitter, settings.steps + 1)):
        images = parameterization.decode(parameters)
        found = _evaluate(network, objective, images, shift)
        responded = responded | found.responded
        shown = images.clone()
        yield on_cpu(MaximizationStep(step, settings.steps, shown, found.costs, responded, found.probabilities))
        if step < settings.steps:
            gradient = _regularize(found.gradient, images, settings, step + 1)
            parameters = parameterization.update(parameters, gradient, size=settings.step_size, decay=settings.decay)


def _start_images(count: int, settings: MaximizationConfig, start: Tensor | None) -> Tensor:
    """Return the images of step 0; in each start, all goals begin with the same image."""
    ground = torch.full((1, SIDE, SIDE), GRAY) if start is None else start.detach().cpu().reshape(1, SIDE, SIDE)
    noises = [
        torch.randn(1, SIDE, SIDE, generator=torch.Generator().manual_seed(settings.seed + number))
        for number in range(settings.starts)
    ]
    pictures = [(ground + settings.noise * noise).clamp(0, 1) for noise in noises]
    return torch.stack(pictures).repeat_interleave(count, dim=0)


@dataclass(frozen=True, eq=False)
class _Evaluation:
    costs: Tensor
    gradient: Tensor
    responded: Tensor
    probabilities: Tensor | None


def _evaluate(network: Classifier, objective: Objective, images: Tensor, shift: tuple[int, int]) -> _Evaluation:
    """Return costs and probabilities of the images, and the gradient at the shifted images."""
    costs, gradient, probabilities = _gradient(network, objective, images, shift)
    responded = gradient.flatten(1).any(1)
    if not responded.all():
        silent = torch.nonzero(~responded)[:, 0]
        gradient = gradient.index_copy(0, silent, _leaky_gradient(network, objective, images, shift, silent))
    if any(shift):
        costs, probabilities = _read(network, objective, images)
    return _Evaluation(costs, gradient, responded, probabilities)


def _gradient(
    network: Classifier, objective: Objective, images: Tensor, shift: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor | None]:
    with torch.enable_grad():
        pictures = _padded_batch(images.detach()).requires_grad_()
        outputs = stage_outputs(network, pictures.roll(shift, (2, 3)), objective.stages)
        costs = objective(outputs)
        (gradient,) = torch.autograd.grad(costs.sum(), pictures)  # never backward(): it would fill the network's too
    count = len(images)
    return costs.detach()[:count], gradient[:count], _probabilities(outputs, count)


def _leaky_gradient(
    network: Classifier, objective: Objective, images: Tensor, shift: tuple[int, int], silent: Tensor
) -> Tensor:
    """Return gradients for the images at indices `silent`, with leaky ReLUs so that they are not 0."""
    with torch.enable_grad():
        pictures = _padded_batch(images.detach()[silent]).requires_grad_()
        outputs = stage_outputs(network, pictures.roll(shift, (2, 3)), objective.stages, leak=LEAK)
        # Back to their indices, from which the objective knows each image's goal.
        placed = {
            stage: output.new_zeros(len(images), *output.shape[1:]).index_copy(0, silent, output[: len(silent)])
            for stage, output in outputs.items()
        }
        (gradient,) = torch.autograd.grad(objective(placed)[silent].sum(), pictures)
    return gradient[: len(silent)]


@torch.no_grad()
def _read(network: Classifier, objective: Objective, images: Tensor) -> tuple[Tensor, Tensor | None]:
    outputs = stage_outputs(network, _padded_batch(images), objective.stages)
    return objective(outputs)[: len(images)], _probabilities(outputs, len(images))


def _padded_batch(images: Tensor) -> Tensor:
    """Return at least MIN_BATCH images, the given ones first, so that results do not depend on their number."""
    return images.repeat(-(-MIN_BATCH // len(images)), 1, 1, 1)


def _probabilities(outputs: dict[str, Tensor], count: int) -> Tensor | None:
    return outputs[LOGITS].detach()[:count].flatten(1).softmax(1) if LOGITS in outputs else None


def _regularize(gradient: Tensor, images: Tensor, settings: MaximizationConfig, step: int) -> Tensor:
    """Return the objective's gradient less the penalties', blurred."""
    if settings.ink or settings.variation:
        penalty = settings.ink * l1_gradient(images) + settings.variation * variation_gradient(images)
        gradient = gradient - standard_deviation(gradient) * penalty
    return blur(gradient, blur_sigma(settings.blur, step, settings.steps, settings.widest))
