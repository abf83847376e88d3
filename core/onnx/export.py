"""A network as an ONNX file for other programs: each stage becomes ONNX operators.

Torch's own exporter starts a compiler, which takes seconds and hundreds of megabytes.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from torch import Tensor, nn

from core.inversion.functions import INVERSIONS, Invert
from core.networks.classifier import MEAN, STD, Classifier, Normalize
from core.pmnist.masks import SIDE

OPSET, IR = 18, 9  # of 2022 and 2023: widely supported
Operation = tuple[str, list[Any], dict[str, Any]]
"""An operator, its further inputs (arrays, or STAGE_INPUT), and its attributes."""
STAGE_INPUT = object()  # stands for the input of the whole stage


def to_onnx(network: Classifier) -> bytes:
    """Return an ONNX file with input `images` `(N, 1, 28, 28)` in [0, 1] and output `logits` `(N, classes)`.

    Raises ValueError for a stage without an ONNX operator.
    """
    import onnx  # 6 MB, so only where needed
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants, last = [], [], "images"
    for name, stage in network.stages():
        first = last
        for number, (kind, inputs, attributes) in enumerate(_operations(stage), 1):
            made = f"{name}.{number}"
            named = {first if one is STAGE_INPUT else f"{made}.{place}": one for place, one in enumerate(inputs)}
            given = {at: one for at, one in named.items() if one is not STAGE_INPUT}
            constants += [numpy_helper.from_array(_array(one), at) for at, one in given.items()]
            nodes.append(helper.make_node(kind, [last, *named], [made], name=made, **attributes))
            last = made
    nodes[-1].output[0] = "logits"
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", None])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def find_obstacle(network: Classifier) -> str:
    """Return why the network cannot be exported, as a sentence; "" if it can."""
    try:
        for _, stage in network.stages():
            list(_operations(stage))
    except ValueError as error:
        return str(error)
    return ""


def _array(values: Any) -> np.ndarray[Any, Any]:
    if isinstance(values, Tensor):
        return np.ascontiguousarray(values.detach().cpu().numpy())
    return np.asarray(values, np.int64 if isinstance(values, list) else np.float32)


def _operations(stage: nn.Module) -> Iterator[Operation]:
    """Yield the operators that compute the stage in evaluation mode."""
    if isinstance(stage, nn.Identity | nn.Dropout | nn.Dropout2d):
        return
    if isinstance(stage, Invert):
        yield from _inversion(stage)
    elif type(stage) in _OPERATIONS:
        yield from _OPERATIONS[type(stage)](stage)
    else:
        raise ValueError(f"ONNX has no operator for the stage {type(stage).__name__!r} of this network.")


def _normalize(stage: Any) -> Iterator[Operation]:
    yield "Sub", [MEAN], {}
    yield "Div", [STD], {}


def _conv(stage: Any) -> Iterator[Operation]:
    shape = {"kernel_shape": stage.kernel_size, "strides": stage.stride, "dilations": stage.dilation}
    yield "Conv", [stage.weight, stage.bias], {**shape, "pads": [*stage.padding, *stage.padding]}


def _pool(stage: Any) -> Iterator[Operation]:
    kind = "MaxPool" if isinstance(stage, nn.MaxPool2d) else "AveragePool"
    sides = [stage.kernel_size] * 2
    yield kind, [], {"kernel_shape": sides, "strides": sides}


def _norm(stage: Any) -> Iterator[Operation]:
    learned = [stage.weight, stage.bias, stage.running_mean, stage.running_var]
    yield "BatchNormalization", learned, {"epsilon": stage.eps}


def _linear(stage: Any) -> Iterator[Operation]:
    yield "Gemm", [stage.weight, stage.bias], {"transB": 1}


def _silu(stage: Any) -> Iterator[Operation]:
    yield "Sigmoid", [], {}
    yield "Mul", [STAGE_INPUT], {}


def _simple(kind: str, *inputs: Any, **attributes: Any) -> Callable[[Any], Iterator[Operation]]:
    return lambda stage: iter([(kind, list(inputs), attributes)])


_OPERATIONS: dict[type[nn.Module], Callable[[Any], Iterator[Operation]]] = {
    Normalize: _normalize,
    nn.Conv2d: _conv,
    nn.MaxPool2d: _pool,
    nn.AvgPool2d: _pool,
    nn.BatchNorm2d: _norm,
    nn.Linear: _linear,
    nn.Flatten: _simple("Flatten"),
    nn.ReLU: _simple("Relu"),
    nn.LeakyReLU: _simple("LeakyRelu", alpha=0.01),
    nn.Sigmoid: _simple("Sigmoid"),
    nn.Tanh: _simple("Tanh"),
    nn.SiLU: _silu,
    nn.ReLU6: _simple("Clip", 0.0, 6.0),
}


def _inversion(stage: Invert) -> Iterator[Operation]:
    inversion, clamped = INVERSIONS[stage.name], stage.name == "clamped complement"
    if stage.name in ("maximum complement", "share complement"):
        yield "ReduceMax", [[1]], {"keepdims": 1}
        if stage.name == "maximum complement":
            yield "Sub", [STAGE_INPUT], {}
            return
        yield "Clip", [1e-6], {}
        yield "Reciprocal", [], {}
        yield "Mul", [STAGE_INPUT], {}
    elif inversion.affine is None and not clamped:
        raise ValueError(f"Networks with the inversion {inversion.formula} cannot be exported to ONNX.")
    scale, shift = inversion.affine or (-1.0, 1.0)
    yield "Mul", [scale], {}
    yield "Add", [shift], {}
    if clamped:
        yield "Relu", [], {}
