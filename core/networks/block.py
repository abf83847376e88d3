"""A stage of several operations, such as a residual block: between two places where a network has a single value."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

from torch import Tensor, nn

Value = TypeVar("Value")


class Block(nn.Module):
    """Operations one after another; each reads the block's input, or what earlier ones gave."""

    def __init__(self, steps: Sequence[tuple[str, nn.Module]], inputs: Sequence[tuple[int, ...]]) -> None:
        super().__init__()
        self.steps = nn.ModuleDict(OrderedDict(steps))
        self.inputs = tuple(inputs)
        """Of each step: 0 is the block's input, n the output of its nth step."""

    def forward(self, value: Tensor) -> Tensor:
        return self.follow(value, lambda step, *values: step(*values))[-1]

    def follow(self, value: Value, compute: Callable[..., Value]) -> list[Value]:
        """Return what `compute` makes of each step and of what the step reads, after the input's `value`."""
        values = [value]
        for step, read in zip(self.steps.values(), self.inputs, strict=True):
            values.append(compute(step, *(values[one] for one in read)))
        return values
