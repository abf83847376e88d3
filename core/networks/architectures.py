"""Architectures as data: each is a short entry here. `classifier` builds their modules."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.pmnist.masks import SIDE
from core.system.records import to_record

ACTIVATIONS = ("relu", "leaky_relu", "silu", "sigmoid", "tanh", "relu6")
KINDS = ("conv", "pool", "mean_pool", "norm", "drop", "shuffle", *ACTIVATIONS)


class StageError(ValueError):
    """A stage that cannot be built after the ones before it."""

    def __init__(self, number: int, kind: str, reason: str) -> None:
        super().__init__(f"Stage {number} ({kind}) cannot be built: {reason}")
        self.number, self.kind, self.reason = number, kind, reason


@dataclass(frozen=True)
class Stage:
    """One feature stage: a convolution, a pooling, a batch norm, a dropout of whole maps, or an activation.

    Or a shuffle, which puts all pixels into another order, the same for every digit. A pooling's stride is its size.
    Settings that a kind does not have are ignored.
    """

    kind: str
    filters: int = 0
    size: int = 2
    padding: int = 0
    rate: float = 0.5
    stride: int = 1
    dilation: int = 1


def conv(filters: int, size: int, padding: int = 0) -> Stage:
    """Return a convolution of `filters` square filters of `size` pixels, stride 1."""
    return Stage("conv", filters=filters, size=size, padding=padding)


POOL, MEAN_POOL, NORM, DROP, SHUFFLE = map(Stage, ("pool", "mean_pool", "norm", "drop", "shuffle"))
RELU, TANH = map(Stage, ("relu", "tanh"))


@dataclass(frozen=True)
class Architecture:
    """Feature stages, hidden units of the head, and the head's activation and dropout."""

    name: str
    features: tuple[Stage, ...]
    hidden: tuple[int, ...] = ()
    dropout: float = 0.0
    classes: int = 10
    activation: str = "relu"
    """Of the head; the features have their own stages for it."""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description that `from_dict` reads back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, described: Any) -> "Architecture":
        """Return the architecture that `to_dict` described; raise ValueError, a sentence, for anything else."""
        return to_record(cls, described)

    def with_activation(self, kind: str) -> "Architecture":
        """Return the same network with another activation after its convolutions."""
        features = tuple(replace(stage, kind=kind) if stage.kind in ACTIVATIONS else stage for stage in self.features)
        return replace(self, name=f"{self.name}, {kind}", features=features)

    def shapes(self) -> Iterator[tuple[int, int, int]]:
        """Yield each feature stage's output as maps, rows and columns.

        Raises StageError, with the sizes in a sentence, at the first stage that does not fit.
        """
        maps, side = 1, SIDE
        for number, stage in enumerate(self.features, 1):
            if stage.kind not in KINDS:
                raise ValueError(f"There is no stage called {stage.kind!r}.")
            try:
                side = _side(stage, side)
            except ValueError as error:
                raise StageError(number, stage.kind, str(error)) from None
            maps = stage.filters if stage.kind == "conv" else maps
            yield maps, side, side


def _side(stage: Stage, side: int) -> int:
    if stage.kind == "conv":
        if stage.filters < 1:
            raise ValueError("a convolution needs at least one filter.")
        return output_size(side, stage.size, padding=stage.padding, stride=stage.stride, dilation=stage.dilation)
    if stage.kind in ("pool", "mean_pool"):
        return output_size(side, stage.size, stride=stage.size)
    if stage.kind == "shuffle" and side != SIDE:
        raise ValueError("only whole pictures are shuffled, so it comes before any convolution or pooling.")
    return side


def output_size(size: int, window: int, *, padding: int = 0, stride: int = 1, dilation: int = 1) -> int:
    """Return how many places a window has along a side: floor((W + 2P - D(F - 1) - 1) / S) + 1.

    Raises ValueError, a sentence, if there is none or a setting is impossible.
    """
    if window < 1 or stride < 1 or size < 1:
        raise ValueError("size, window and stride must be at least 1.")
    if dilation < 1:
        raise ValueError("dilation must be at least 1: with 0 all weights of a window would meet one pixel.")
    if padding < 0:
        raise ValueError("padding cannot be negative.")
    reach = dilation * (window - 1) + 1
    if reach > size + 2 * padding:
        spread = f" spread by {dilation}" if dilation > 1 else ""
        padded = f" + 2 x {padding}" if padding else ""
        raise ValueError(f"a window of {window}{spread} covers {reach} pixels, but there are only {size}{padded}.")
    return (size + 2 * padding - reach) // stride + 1


def _keras(name: str, filters: int, *, norm: bool = False) -> Architecture:
    """Return a network of the Keras lecture: two blocks; batch norm, if any, comes after the activation."""
    block = (conv(filters, 3), RELU, *((NORM,) if norm else ()), POOL)
    return Architecture(name, block * 2, hidden=(64,))


ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        Architecture("one conv", (conv(32, 3, 1), RELU, POOL)),
        Architecture("two conv", (conv(32, 3, 1), RELU, POOL) * 2),
        Architecture("assignment", (conv(32, 3, 1), RELU, POOL) * 2, hidden=(500,)),
        Architecture("talk", (conv(10, 5), POOL, RELU, conv(20, 5), DROP, POOL, RELU), hidden=(50,), dropout=0.5),
        Architecture("published", (conv(20, 5), POOL, RELU, conv(50, 5), POOL, RELU), hidden=(500,)),  # of the talk
        _keras("small", 8),
        Architecture("dense", (), hidden=(512, 512), dropout=0.2),  # the rate of Keras's example
        Architecture("small, shuffled pixels", (SHUFFLE, *_keras("", 8).features), hidden=(64,)),
        Architecture("dense, shuffled pixels", (SHUFFLE,), hidden=(512, 512), dropout=0.2),
        _keras("small, batch norm", 8, norm=True),
        _keras("64 filters", 64),
        _keras("64 filters, batch norm", 64, norm=True),
        # On a processor a stride is cheaper than a pooling after as many filters.
        Architecture(
            "fast",
            (Stage("conv", filters=16, size=5, stride=2), NORM, RELU, conv(32, 5), POOL, NORM, RELU),
        ),
        Architecture("fast on a GPU", (conv(24, 5), POOL, NORM, RELU, conv(48, 5), POOL, NORM, RELU), hidden=(128,)),
        Architecture(
            "LeNet-5",
            (conv(6, 5, 2), TANH, MEAN_POOL, conv(16, 5), TANH, MEAN_POOL),
            hidden=(120, 84),
            activation="tanh",
        ),
    )
}
