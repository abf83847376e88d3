"""How to train, as data: what can be chosen, and a sentence for what cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.inversion.functions import Invert
from core.system.device import DEVICES

CHOICES = {
    "optimizer": ("sgd", "adam"),
    "precision": ("float32", "bfloat16"),
    "device": DEVICES,
    "attack": ("none", "fgsm", "pgd"),
}
PGD_STEPS = 7  # while learning; an attack that shall judge a network takes 40


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How to train; the defaults are the published code's (A5)."""

    epochs: int = 10
    batch: int = 64
    learning_rate: float = 0.01
    slow_epochs: int = 0
    """So many epochs at the end learn with a tenth of the learning rate."""
    momentum: float = 0.5
    optimizer: Literal["sgd", "adam"] = "sgd"
    l2: float = 0.0
    """Strength of the L2 penalty, on weights only and never on biases (T4)."""
    penalty: float = 0.0
    """Strength of a penalty of `power`, sum(|w|^power) / power, on weights only (T9); of power 2 it is `l2`."""
    power: float = 1.0
    seed: int = 42
    """Decides the order of the digits and the dropout; the start weights have their own seed."""
    alternate: tuple[str, ...] = ()
    """Inversions taken in turn, one per epoch; empty: the network's own (M16, alternating epochs)."""
    attack: Literal["none", "fgsm", "pgd"] = "none"
    """What attacks the digits while the network learns to read them (V9); see `adversarial_training`."""
    epsilon: float = 0.25
    """How much the attack may change any pixel."""
    attacked: float = 1.0
    """Share of each batch that is attacked; the rest stays as it is."""
    precision: Literal["float32", "bfloat16"] = "float32"
    device: Literal["cpu", "cuda", "mps"] = "cpu"
    """Where to compute (T8); the network is on the CPU before and after."""
    report_every: int = 100
    """Batches per record."""

    @property
    def work_per_digit(self) -> int:
        """How many times as much work a digit is as without an attack."""
        return {"none": 1, "fgsm": 2, "pgd": 1 + PGD_STEPS}[self.attack]

    def learning_rate_in(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 1."""
        return self.learning_rate / (10 if epoch > self.epochs - self.slow_epochs else 1)

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "report_every"):
            count, label = getattr(self, name), name.replace("_", " ").capitalize()
            if not isinstance(count, int):
                raise ValueError(f"{label} must be a whole number, not {count!r}.")
            if count < 1:
                raise ValueError(f"{label} must be at least 1, not {count}.")
        if not isinstance(self.slow_epochs, int) or self.slow_epochs < 0:
            raise ValueError(f"Slow epochs must be a whole number from 0 on, not {self.slow_epochs!r}.")
        check_learning_rate(self.learning_rate)
        for name, strength in (("L2", self.l2), ("penalty", self.penalty)):
            if not 0 <= strength < float("inf"):
                raise ValueError(f"The {name} strength must be 0 or more, not {strength}.")
        if not 1 <= self.power < float("inf"):
            raise ValueError(f"The power of the penalty must be a number from 1 on, not {self.power}.")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"The momentum must be a number from 0 up to 1, not {self.momentum}.")
        if not 0 < self.epsilon <= 1:
            raise ValueError(f"Epsilon must be above 0 and at most 1, as pixels go, not {self.epsilon}.")
        if not 0 < self.attacked <= 1:
            raise ValueError(f"The share that is attacked must be above 0 and at most 1, not {self.attacked}.")
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"Choose {' or '.join(known)}, not {getattr(self, name)!r}.")
        for inversion in self.alternate:
            Invert(inversion)


def check_learning_rate(rate: float) -> None:
    """Raise ValueError unless one can learn with it."""
    if not 0 < rate < float("inf"):
        raise ValueError(f"The learning rate must be a number above 0, not {rate}.")
