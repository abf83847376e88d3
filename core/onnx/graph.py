"""What was translated of an ONNX file so far: nodes, their weights, and what the names in the file stand for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.onnx.description import SIDE, Node

Array = NDArray[Any]


@dataclass(eq=False)
class Translation:
    """What was translated so far."""

    values: Mapping[str, Array]
    """What each name in the file stands for, for the trial digit."""
    constants: set[str]
    reads: list[str]
    """The names that operators read, as often as they do."""
    live: dict[str, int]
    """The values that depend on the digit: 0 is the digit, n the output of the nth node."""
    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)
    """By number of the node and name of the parameter: "3.weight"."""

    def shape(self, value: int) -> tuple[int, ...]:
        """Return the shape of a value for one digit."""
        return self.nodes[value - 1].shape if value else (1, SIDE, SIDE)

    def add(self, kind: str, *inputs: int, shape: tuple[int, ...], **settings: Any) -> int:
        """Add a node; return the number of its output. Arrays are weights, all else are settings."""
        weights = {name: value for name, value in settings.items() if isinstance(value, np.ndarray | np.generic)}
        others = {name: value for name, value in settings.items() if name not in weights}
        self.nodes.append(Node(kind, inputs, shape, others))
        number = len(self.nodes)
        for name, array in weights.items():
            self.weights[f"{number}.{name}"] = np.array(array, np.float32, order="C")
        return number

    def reshape(self, value: int, shape: tuple[int, ...]) -> int:
        """Add a reshape to this shape for one digit, together with the reshapes just before it."""
        if self.shape(value) == shape:
            return value
        if value and self.nodes[value - 1].kind in ("reshape", "flatten"):
            return self.reshape(self.nodes[value - 1].inputs[0], shape)
        return self.add("flatten", value, shape=shape) if len(shape) == 1 else self._reshape(value, shape)

    def _reshape(self, value: int, shape: tuple[int, ...]) -> int:
        return self.add("reshape", value, shape=shape, sizes=list(shape))
