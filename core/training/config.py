"""How to train, as data: the possible settings, and a sentence for each impossible one."""

from dataclasses import dataclass
from typing import Literal

from core.inversion.functions import Invert
from core.system.device import DEVICES

CHOICES = {
    "optimizer": ("sgd", "adam"),
    "schedule": ("constant", "one cycle"),
    "precision": ("float32", "bfloat16"),
    "device": DEVICES,
    "attack": ("none", "fgsm", "pgd"),
}
MAX_SEED = 2**62
WARM_UP = 0.25  # share of a one-cycle training in which the learning rate rises
PGD_STEPS = 7  # in training; an attack that measures robustness takes 40


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How to train; the defaults are those of the talk's published code."""

    epochs: int = 10
    batch: int = 64
    learning_rate: float = 0.01
    schedule: Literal["constant", "one cycle"] = "constant"
    """One cycle: the rate rises from 0 to `learning_rate`, then falls to 0, both linearly (Smith and Topin 2018)."""
    slow_epochs: int = 0
    """The last epochs, this many, have a tenth of the learning rate."""
    momentum: float = 0.5
    nesterov: bool = False
    """Whether SGD's momentum is Nesterov's."""
    optimizer: Literal["sgd", "adam"] = "sgd"
    l2: float = 0.0
    """Strength of the L2 penalty, on weights only and never on biases."""
    penalty: float = 0.0
    """Strength of the penalty sum(|w|^power) / power, on weights only; with power 2 it is `l2`."""
    power: float = 1.0
    label_smoothing: float = 0.0
    """Share of each label that is spread over all classes while learning."""
    seed: int = 42
    """Of the order of the digits and of dropout; the initial weights have their own seed."""
    alternate: tuple[str, ...] = ()
    """Inversions that alternate from epoch to epoch; empty: the network's own."""
    attack: Literal["none", "fgsm", "pgd"] = "none"
    """The attack of adversarial training; see `adversarial`."""
    epsilon: float = 0.25
    """How much the attack may change a pixel (L-inf)."""
    attacked: float = 1.0
    """Share of each batch that is attacked."""
    precision: Literal["float32", "bfloat16"] = "float32"
    device: str = "cpu"
    """One of DEVICES. The network is moved there, and back to the CPU at the end."""
    report_every: int = 100
    """Batches per record."""

    @property
    def work_per_digit(self) -> int:
        """Forward and backward passes per digit, relative to training without an attack."""
        return {"none": 1, "fgsm": 2, "pgd": 1 + PGD_STEPS}[self.attack]

    def learning_rates(self, epoch: int, batches: int) -> list[float]:
        """Return the learning rate of each batch of an epoch, counted from 1."""
        if self.schedule == "constant":
            slow = epoch > self.epochs - self.slow_epochs
            return [self.learning_rate / (10 if slow else 1)] * batches
        done = ((epoch - 1 + (batch + 0.5) / batches) / self.epochs for batch in range(batches))
        return [self.learning_rate * min(share / WARM_UP, (1 - share) / (1 - WARM_UP)) for share in done]

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "report_every"):
            count, label = getattr(self, name), name.replace("_", " ").capitalize()
            if not isinstance(count, int):
                raise ValueError(f"{label} must be a whole number, not {count!r}.")
            if count < 1:
                raise ValueError(f"{label} must be at least 1, not {count}.")
        if not isinstance(self.slow_epochs, int) or self.slow_epochs < 0:
            raise ValueError(f"Slow epochs must be a whole number from 0 on, not {self.slow_epochs!r}.")
        if self.slow_epochs and self.schedule != "constant":
            raise ValueError("Slow epochs need a constant learning rate: one cycle ends slowly by itself.")
        check_learning_rate(self.learning_rate)
        check_seed(self.seed)
        for name, strength in (("L2", self.l2), ("penalty", self.penalty)):
            if not 0 <= strength < float("inf"):
                raise ValueError(f"The {name} strength must be 0 or more, not {strength}.")
        if not 1 <= self.power < float("inf"):
            raise ValueError(f"The power of the penalty must be a number from 1 on, not {self.power}.")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"The momentum must be a number from 0 up to 1, not {self.momentum}.")
        if self.nesterov and not self.momentum:
            raise ValueError("Nesterov momentum needs a momentum above 0.")
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"Label smoothing must be a number from 0 up to 1, not {self.label_smoothing}.")
        if not 0 < self.epsilon <= 1:
            raise ValueError(f"Epsilon must be above 0 and at most 1, as pixels go, not {self.epsilon}.")
        if not 0 < self.attacked <= 1:
            raise ValueError(f"The share that is attacked must be above 0 and at most 1, not {self.attacked}.")
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"Choose {' or '.join(known)}, not {getattr(self, name)!r}.")
        for inversion in self.alternate:
            Invert(inversion)


def check_seed(seed: int) -> None:
    """Raise ValueError for a seed that PyTorch's generators do not take."""
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"A seed must be a whole number from 0 to {MAX_SEED:,}.")


def check_learning_rate(rate: float) -> None:
    """Raise ValueError unless the rate is positive and finite."""
    if not 0 < rate < float("inf"):
        raise ValueError(f"The learning rate must be a number above 0, not {rate}.")
