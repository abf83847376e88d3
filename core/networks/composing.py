"""Compose a network from blocks, within limits, and count what it costs before it is built."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from core.networks.architectures import SIDE, Architecture, Stage

# Limits for users' own networks: a file of 4.8 MB, and some seconds per epoch of a tenth of MNIST on one core.
MAX_PARAMETERS, MAX_PRODUCTS, MAX_VALUES = 1_200_000, 40_000_000, 250_000
MAX_BLOCKS, MAX_FILTERS, MAX_UNITS, MAX_CLASSES = 4, 64, 1024, 100


@dataclass(frozen=True, kw_only=True)
class Block:
    """A convolution and what follows it, in this order."""

    filters: int = 16
    size: int = 3
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    activation: str = "relu"
    norm: Literal["none", "before", "after"] = "none"
    """Batch norm, before or after the activation."""
    pool: Literal["max", "mean", "none"] = "max"
    pool_size: int = 2
    drop: float = 0.0
    """Share of feature maps that dropout removes."""


def compose(blocks: Sequence[Block], hidden: Sequence[int], *, dropout: float = 0.0) -> Architecture:
    """Return the network of these blocks and hidden units; its head's activation is that of the last block."""
    features = tuple(stage for block in blocks for stage in _stages(block))
    activation = blocks[-1].activation if blocks else "relu"
    return Architecture("composed", features, tuple(hidden), dropout, activation=activation)


def _stages(block: Block) -> Iterator[Stage]:
    yield Stage(
        "conv",
        filters=block.filters,
        size=block.size,
        padding=block.padding,
        stride=block.stride,
        dilation=block.dilation,
    )
    if block.norm == "before":
        yield Stage("norm")
    yield Stage(block.activation)
    if block.norm == "after":
        yield Stage("norm")
    if block.pool != "none":
        yield Stage("pool" if block.pool == "max" else "mean_pool", size=block.pool_size)
    if block.drop:
        yield Stage("drop", rate=block.drop)


@dataclass(frozen=True)
class Cost:
    """The size of a network, counted without building it."""

    parameters: int
    """As in `classifier.summarize`."""
    products: int
    """Multiplications to read one digit."""
    values: int
    """The largest number of output values of a stage for one digit."""


def count_cost(architecture: Architecture) -> Cost:
    """Return the network's size. Raises ValueError for stages that do not fit."""
    parameters = products = 0
    channels, sizes, values = 1, (1, SIDE, SIDE), [SIDE * SIDE]
    for stage, sizes in zip(architecture.features, architecture.shapes(), strict=True):
        values.append(sizes[0] * sizes[1] * sizes[2])
        if stage.kind == "conv":
            weights = channels * stage.size**2
            parameters += stage.filters * (weights + 1)
            products += values[-1] * weights
            channels = stage.filters
        parameters += 4 * channels if stage.kind == "norm" else 0
    units = (sizes[0] * sizes[1] * sizes[2], *architecture.hidden, architecture.classes)
    parameters += sum((inputs + 1) * outputs for inputs, outputs in pairwise(units))
    products += sum(inputs * outputs for inputs, outputs in pairwise(units))
    return Cost(parameters, products, max(*values, *units))


def check_size(architecture: Architecture) -> Cost:
    """Return the network's size. Raises ValueError, a sentence, if it is above the limits of a shared machine.

    Also checked for uploaded cards, so that nobody can overload the machine with one.
    """
    if any(not 1 <= units <= MAX_UNITS for units in architecture.hidden):
        raise ValueError(f"A hidden layer has from 1 to {MAX_UNITS:,} units.")
    if any(stage.kind == "drop" and not 0 <= stage.rate < 1 for stage in architecture.features):
        raise ValueError("Dropout removes a share from 0 up to 1.")
    if not 2 <= architecture.classes <= MAX_CLASSES:
        raise ValueError(f"A network tells from 2 to {MAX_CLASSES} classes apart.")
    cost = count_cost(architecture)
    for what, found, most in (
        ("learn {:,} parameters", cost.parameters, MAX_PARAMETERS),
        ("multiply {:,} times for each digit", cost.products, MAX_PRODUCTS),
        ("keep {:,} values of one stage", cost.values, MAX_VALUES),
    ):
        if found > most:
            raise ValueError(
                f"This network would {what.format(found)}; the limit is {most:,}, since all users share this machine: "
                "pool more, or use fewer filters or units."
            )
    return cost
