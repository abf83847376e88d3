"""The settings of a GAN's training."""

from dataclasses import dataclass

from core.networks.architectures import ARCHITECTURES
from core.training.config import check_learning_rate, check_seed

MAX_WIDTH, MAX_LATENT, MAX_BATCH = 256, 256, 256  # together they take half a gigabyte


@dataclass(frozen=True, kw_only=True)
class GanConfig:
    """The settings of a training; the defaults are the shipped generator's. Raises ValueError for impossible ones."""

    epochs: int = 12
    batch: int = 64
    latent: int = 48
    """Number of normally distributed inputs of the generator."""
    width: int = 32
    """Maps of the generator at 14x14; twice as many at 7x7."""
    discriminator: str = "published"
    """The architecture whose convolutional stages the discriminator has."""
    labelled: bool = True
    """Whether both networks get the class as an input."""
    learning_rate: float = 0.0015
    """Of Adam, for both networks, in the first half; in the second half it falls to 0."""
    penalty: float = 0.3
    """Weight of the squared gradient at real digits (R1, Mescheder 2018), without which training oscillates."""
    averaged: float = 0.999
    """Decay of the generator's moving average, which makes the digits that are shown."""
    seed: int = 42
    """For the generator's initial weights, the order of the digits and the latents."""
    report_every: int = 50
    """Batches per record."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "latent", "width", "report_every"):
            count, label = getattr(self, name), name.replace("_", " ").capitalize()
            if type(count) is not int:
                raise ValueError(f"{label} must be a whole number, not {count!r}.")
            if count < 1:
                raise ValueError(f"{label} must be at least 1, not {count}.")
        if self.batch < 2:
            raise ValueError("A batch must hold at least 2 digits, because of batch normalization.")
        for name, most in (("latent", MAX_LATENT), ("width", MAX_WIDTH), ("batch", MAX_BATCH)):
            if getattr(self, name) > most:
                raise ValueError(f"{name.capitalize()} must be at most {most}, not {getattr(self, name)}.")
        if self.discriminator not in ARCHITECTURES:
            raise ValueError(f"There is no architecture called {self.discriminator!r}.")
        check_learning_rate(self.learning_rate)
        check_seed(self.seed)
        if not 0 <= self.penalty < float("inf"):
            raise ValueError(f"The penalty must be 0 or more, not {self.penalty}.")
        if not 0 <= self.averaged < 1:
            raise ValueError(f"The averaged share must be a number from 0 up to 1, not {self.averaged}.")
