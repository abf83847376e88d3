"""Compose a network from blocks of a convolution and what follows it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

from core.networks.architectures import ACTIVATIONS, Architecture, Stage, StageError


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


def decompose(architecture: Architecture) -> list[Block] | None:
    """Return the blocks from which `compose` makes these features and this head; None if there are no such blocks."""
    blocks: list[Block] = []
    for stage in architecture.features:
        if stage.kind == "conv":
            blocks.append(_begin_block(stage))
        elif blocks:
            blocks[-1] = _add_stage(blocks[-1], stage)
    made = compose(blocks, architecture.hidden, dropout=architecture.dropout)
    same = (made.features, made.activation) == (architecture.features, architecture.activation)
    return blocks if same else None


def _begin_block(conv: Stage) -> Block:
    """Return a block of this convolution alone, before its other stages are known."""
    shape = {name: getattr(conv, name) for name in ("filters", "size", "stride", "padding", "dilation")}
    return Block(**shape, activation="", pool="none")


def _add_stage(block: Block, stage: Stage) -> Block:
    if stage.kind in ACTIVATIONS:
        return replace(block, activation=stage.kind)
    if stage.kind == "norm":
        return replace(block, norm="after" if block.activation else "before")
    if stage.kind == "drop":
        return replace(block, drop=stage.rate)
    return replace(block, pool="max" if stage.kind == "pool" else "mean", pool_size=stage.size)


def find_misfit(blocks: Sequence[Block]) -> tuple[int, str] | None:
    """Return the number of the first block that cannot be built, from 1, and a sentence; None if all can."""
    try:
        list(compose(blocks, ()).shapes())
    except StageError as error:
        ends = accumulate(len(list(_stages(block))) for block in blocks)
        number = next(block for block, end in enumerate(ends, 1) if error.number <= end)
        part = "convolution" if error.kind == "conv" else "pooling"
        return number, f"Block {number} cannot be built, because of its {part}: {error.reason}"
    return None
