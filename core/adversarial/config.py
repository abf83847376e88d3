"""The settings of an attack, their defaults, and presets from the papers."""

from dataclasses import dataclass, replace
from math import isfinite
from typing import Literal

import torch
from torch import Tensor

Norm = Literal["linf", "l2"]
NORMS = ("linf", "l2")
MAX_STEPS = 10_000
DEFAULT_EPSILONS: dict[Norm, float] = {"linf": 0.3, "l2": 2.0}  # a norm's sizes mean nothing in the other


@dataclass(frozen=True, kw_only=True)
class AttackConfig:
    """The limit, the steps and the target of an attack. Raises ValueError for impossible settings."""

    norm: Norm = "linf"
    epsilon: float = DEFAULT_EPSILONS["linf"]
    """The largest change of a pixel ("linf"), or the largest total change ("l2"). Pixels are in [0, 1]."""
    step_size: float | None = None
    """In the same unit as epsilon; None: 2.5 epsilon / steps, so that the limit can be reached."""
    steps: int = 40
    random_start: bool = False
    """Whether to start at a random point within epsilon (PGD) or at the digit itself (BIM)."""
    target: int | None = None
    """The target class; None: any class but the label."""
    seed: int = 0
    confidence: float = 0.0
    """C&W: by how much the logit of the class to reach must exceed all others; with 0 the smallest lead is enough."""
    weight: float = 1.0
    """C&W: the first weight c of misreading the digit, beside its squared change."""
    theta: float = 1.0
    """JSMA: the change of each chosen pixel, in [-1, 1]; below 0 it removes ink."""

    def __post_init__(self) -> None:
        if self.norm not in NORMS:
            raise ValueError(f"Choose {' or '.join(NORMS)}, not {self.norm!r}.")
        check_epsilon(self.epsilon)
        check_steps(self.steps)
        if self.step_size is not None:
            check_step_size(self.step_size)
        if not (isfinite(self.confidence) and self.confidence >= 0):
            raise ValueError(f"The confidence must be a number of at least 0, not {self.confidence}.")
        if not (isfinite(self.weight) and self.weight > 0):
            raise ValueError(f"The weight c must be a number above 0, not {self.weight}.")
        if not 0 < abs(self.theta) <= 1:
            raise ValueError(f"Theta must be between -1 and 1, and not 0; it is {self.theta}.")
        if self.target is not None and self.target < 0:
            raise ValueError(f"The target must be a class, not {self.target}.")

    @property
    def effective_step_size(self) -> float:
        """Return the chosen step size, or the default of Madry 2018."""
        return 2.5 * self.epsilon / self.steps if self.step_size is None else self.step_size

    @property
    def direction(self) -> int:
        """Return 1 to increase the label's loss, -1 to decrease the target's loss."""
        return 1 if self.target is None else -1

    def loss_classes(self, labels: Tensor) -> Tensor:
        """Return the classes `(N,)` whose loss is used: the labels, or the target."""
        return labels if self.target is None else torch.full_like(labels, self.target)

    def is_adversarial(self, predicted: Tensor, labels: Tensor) -> Tensor:
        """Return bool `(N,)`: whether each prediction counts as a success of the attack."""
        return predicted != labels if self.target is None else predicted == self.target


def check_epsilon(epsilon: float) -> None:
    """Raise ValueError unless epsilon is finite and at least 0."""
    if not (isfinite(epsilon) and epsilon >= 0):
        raise ValueError(f"Epsilon must be a number of at least 0, not {epsilon}.")


def check_steps(steps: int) -> None:
    """Raise ValueError unless there are 1 to MAX_STEPS steps."""
    if steps < 1:
        raise ValueError(f"An attack needs at least 1 step, not {steps}.")
    if steps > MAX_STEPS:
        raise ValueError(f"An attack takes at most {MAX_STEPS:,} steps, not {steps:,}.")


def check_step_size(size: float) -> None:
    """Raise ValueError unless the step size is finite and above 0."""
    if not (isfinite(size) and size > 0):
        raise ValueError(f"The step size must be a number above 0, not {size}.")


PRESETS = {
    "panda, 0.007": AttackConfig(epsilon=0.007, steps=1),  # Goodfellow 2015
    "4 of 255": AttackConfig(epsilon=4 / 255, steps=8),  # Kurakin 2017: min(epsilon + 4, 1.25 epsilon) steps
    "8 of 255": AttackConfig(epsilon=8 / 255, steps=10),
    "MNIST's usual 0.3": AttackConfig(epsilon=0.3, step_size=0.01, steps=40),  # Madry 2018
    "length 2": AttackConfig(norm="l2", epsilon=DEFAULT_EPSILONS["l2"]),
}

# L-BFGS, C&W, JSMA and the sticker are not limited by epsilon, hence 1.
DEFAULTS = {
    "fgsm": AttackConfig(steps=1),
    "pgd": AttackConfig(),
    "lbfgs": AttackConfig(epsilon=1.0),
    "cw": AttackConfig(epsilon=1.0, step_size=0.2, steps=60),
    "jsma": AttackConfig(epsilon=1.0, steps=56),  # pairs of pixels, 14.3 % of them (Papernot 2016: 14.5 %)
    "sticker": AttackConfig(epsilon=1.0, step_size=0.05, steps=60),
}


def default_config(method: str, norm: Norm | None = None) -> AttackConfig:
    """Return a method's defaults; with another norm than its own, that norm's epsilon."""
    config = DEFAULTS[method]
    return config if norm in (None, config.norm) else replace(config, norm=norm, epsilon=DEFAULT_EPSILONS[norm])
