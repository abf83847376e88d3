"""What a network from an ONNX file consists of, as plain records: what its file becomes, and what its card holds."""

from dataclasses import dataclass
from typing import Any

MAX_BYTES = 5_000_000  # of a file
MAX_NODES = 300
SIDE, CLASSES = 28, 10
DAMAGED = "This file is damaged, or it is not an ONNX file."


class OnnxError(ValueError):
    """An ONNX file that is not read; the message is one sentence for the user."""


@dataclass(frozen=True)
class Node:
    """One operation."""

    kind: str
    """A key of `operations.MODULES`."""
    inputs: tuple[int, ...]
    """What it reads: 0 is the picture, n the output of the nth node, counted from 1."""
    shape: tuple[int, ...]
    """Of its output for one digit."""
    settings: dict[str, Any]
    """The arguments of its module."""


@dataclass(frozen=True)
class OnnxDescription:
    """A network in whatever an ONNX file says, translated into the operations that we know."""

    nodes: tuple[Node, ...]
    """In order; the last one gives the logits."""
    layout: str
    """How the file's input stores a digit: see `checks.LAYOUTS`."""
    left_out: str
    """The last operation if it only turns logits into probabilities, which is done elsewhere; else empty."""
    opset: int
    producer: str
    """The program that wrote the file."""
