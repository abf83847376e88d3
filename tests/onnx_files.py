"""ONNX files for tests: made by hand, and broken in many ways."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from core.digits import datasets
from core.onnx.importing import import_onnx

Array = NDArray[Any]
Sizes = Sequence[int | str | None]


def make_file(
    nodes: Sequence[Any],
    weights: dict[str, Array],
    *,
    shape: Sizes = ("N", 1, 28, 28),
    output: Sizes = ("N", 10),
    opset: int = 18,
    change: Callable[[Any], None] | None = None,
) -> bytes:
    """Return a file with input `x` and output `y`; `change` spoils the model before it is written."""
    graph = helper.make_graph(
        nodes,
        "made by hand",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, output)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    if change is not None:
        change(model)
    return bytes(model.SerializeToString())


def node(kind: str, inputs: str, output: str, **attributes: Any) -> Any:
    """Return a node; `inputs` are separated by blanks."""
    return helper.make_node(kind, inputs.split(), [output], **attributes)


def random(*shape: int, seed: int = 0, scale: float = 0.2) -> Array:
    """Return weights."""
    return (np.random.default_rng([seed, *shape]).standard_normal(shape) * scale).astype(np.float32)


def residual_file(head: tuple[Array, Array] | None = None) -> bytes:
    """Return a network with what ours do not have: a residual block, a PRelu, a depthwise convolution, and more.

    `head` has the weights `(12, 10)` and biases of its last layer; random ones without.
    """
    last, bias = head or (random(12, 10), random(10))
    nodes = [
        node("Conv", "x w1", "a", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Add", "a b1", "b"),
        node("PRelu", "b slopes", "c"),
        node("Conv", "c w2", "d", pads=[1, 1, 1, 1], group=4),
        node("Elu", "d", "e"),
        node("Add", "e c", "f"),
        node("Sigmoid", "f", "g"),
        node("Mul", "f g", "h"),
        node("MaxPool", "h", "i", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"),
        node("Conv", "i w3", "j", auto_pad="SAME_LOWER"),
        node("Concat", "i j", "k", axis=1),
        node("HardSwish", "k", "l"),
        node("GlobalAveragePool", "l", "m"),
        node("Shape", "m", "shape"),
        node("Gather", "shape zero", "count", axis=0),
        node("Unsqueeze", "count axes", "counts"),
        node("Concat", "counts minus", "sizes", axis=0),
        node("Reshape", "m sizes", "n"),
        node("MatMul", "n w4", "o"),
        node("Add", "o b4", "p"),
        node("Gelu", "p", "q"),
        node("Gemm", "q w5 b5", "r", alpha=0.5),
        node("Softmax", "r", "y"),
    ]
    weights = {
        "w1": random(4, 1, 3, 3),
        "b1": random(1, 4, 1, 1),
        "slopes": np.abs(random(4, 1, 1)),
        "w2": random(4, 1, 3, 3, seed=1),
        "w3": random(6, 4, 2, 2),
        "zero": np.int64(0),
        "axes": np.array([0]),
        "minus": np.array([-1]),
        "w4": random(10, 12),
        "b4": random(12),
        "w5": last,
        "b5": bias,
    }
    return make_file(nodes, weights, opset=20)


def fitted_file() -> bytes:
    """Return `residual_file` with a last layer fitted to the offline digits: it reads about half of them."""
    digits = datasets.load("offline digits").train
    with torch.no_grad():
        vectors = import_onnx(residual_file()).network.activations(digits.images())["fc_gelu1"].double().numpy()
    known = np.c_[vectors / vectors.std(0), np.ones(len(vectors))]
    wanted = 20 * np.eye(10)[digits.labels.numpy()]
    weights = np.linalg.solve(known.T @ known + np.eye(13), known.T @ wanted)
    matrix = 2 * weights[:12] / vectors.std(0)[:, None]  # the file halves the product
    return residual_file((matrix.astype(np.float32), weights[12].astype(np.float32)))


def keras_file() -> bytes:
    """Return a network as tf2onnx writes them: maps last, outside the convolutions."""
    nodes = [
        node("Transpose", "x", "a", perm=[0, 3, 1, 2]),
        node("Conv", "a w1 b1", "b"),
        node("Relu", "b", "c"),
        node("MaxPool", "c", "d", kernel_shape=[2, 2], strides=[2, 2]),
        node("Transpose", "d", "e", perm=[0, 2, 3, 1]),
        node("Reshape", "e sizes", "f"),
        node("MatMul", "f w2", "g"),
        node("Add", "g b2", "y"),
    ]
    sizes = np.array([-1, 13 * 13 * 6])
    weights = {"w1": random(6, 1, 3, 3), "b1": random(6), "w2": random(13 * 13 * 6, 10), "b2": random(10)}
    return make_file(nodes, {**weights, "sizes": sizes}, shape=("N", 28, 28, 1))


def dense_file(change: Callable[[Any], None] | None = None, **more: Any) -> bytes:
    """Return the smallest network that is read: one dense layer over 784 pixels."""
    nodes = [node("Gemm", "x w b", "y")]
    given = {"shape": ("N", 784), **more}
    return make_file(nodes, {"w": random(784, 10), "b": random(10)}, change=change, **given)


def load(content: bytes) -> Any:
    """Return the model in a file."""
    return onnx.load_model_from_string(content)
