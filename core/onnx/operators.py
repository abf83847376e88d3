"""How each operator of ONNX is written in the operations of `operations.MODULES`. Imports no torch, like `checks`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from core.onnx.description import OnnxError
from core.onnx.graph import Array, Translation

MINUS = np.array(-1, np.float32)
# Operators that may compute constants; what depends on the digit is never in them.
CONSTANT = (
    *("Constant", "ConstantOfShape", "Shape", "Size", "Gather", "Slice", "Expand", "Range", "Equal", "Where"),
    *("Floor", "Ceil", "Sqrt", "Reciprocal", "ReduceProd", "Pow", "Exp"),
)


@dataclass(frozen=True, eq=False)
class Call:
    """One operator as the file uses it, and what was translated before it."""

    node: Any
    attributes: dict[str, Any]
    made: Translation

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Of its first output for the trial digit, with the batch of 1."""
        return self.made.values[self.node.output[0]].shape

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its output for one digit."""
        return self.output_shape[1:]

    def value(self, place: int = 0) -> int:
        """Return the number of the input at a place. Raises OnnxError for a constant."""
        name = self.node.input[place]
        if name not in self.made.live:
            raise OnnxError(f"{self.node.op_type} is used in a way that cannot be read here.")
        return self.made.live[name]

    def constant(self, place: int) -> Array | None:
        """Return the constant at a place; None without one. Raises OnnxError for what depends on the digit."""
        name = self.node.input[place] if len(self.node.input) > place else ""
        if name and name not in self.made.constants:
            raise OnnxError(f"{self.node.op_type} is used in a way that cannot be read here.")
        return np.asarray(self.made.values[name]) if name else None

    def needed(self, place: int) -> Array:
        """Return the constant at a place. Raises OnnxError without one."""
        found = self.constant(place)
        if found is None:
            raise OnnxError(f"{self.node.op_type} lacks an input.")
        return found

    def rank(self) -> int:
        """Return the number of dimensions of the first input, with the batch."""
        return len(self.made.shape(self.value())) + 1

    def axes(self, found: Any) -> list[int]:
        """Return axes, counted from the first. Raises OnnxError for the batch's."""
        axes = sorted(int(axis) % self.rank() for axis in np.atleast_1d(found))
        if 0 in axes:
            raise OnnxError(f"{self.node.op_type} mixes the digits of one batch, which cannot be read here.")
        return axes


def _conv(call: Call) -> int:
    weight, bias = call.needed(1), call.constant(2)
    if weight.ndim != 4:
        raise OnnxError("Only convolutions over rows and columns can be read here.")
    value, padding = _padded(call, weight.shape[2:])
    groups = int(call.attributes.get("group", 1))
    return call.made.add(
        "conv",
        value,
        shape=call.shape,
        weight=weight,
        bias=np.zeros(len(weight)) if bias is None else bias,
        in_channels=weight.shape[1] * groups,
        out_channels=len(weight),
        kernel_size=list(weight.shape[2:]),
        stride=list(call.attributes.get("strides", (1, 1))),
        padding=padding,
        dilation=list(call.attributes.get("dilations", (1, 1))),
        groups=groups,
    )


def _padded(call: Call, window: Sequence[int], kind: str = "pad") -> tuple[int, list[int]]:
    """Return the input and the padding that a module takes; what is not the same at both ends is padded before."""
    top, left, bottom, right = _padding(call, window)
    if (top, left) == (bottom, right):
        return call.value(), [top, left]
    maps, rows, columns = call.made.shape(call.value())
    shape = (maps, rows + top + bottom, columns + left + right)
    number = {"value": 0.0} if kind == "pad" else {}
    return call.made.add(kind, call.value(), shape=shape, padding=[left, right, top, bottom], **number), [0, 0]


def _padding(call: Call, window: Sequence[int]) -> list[int]:
    """Return the padding above, left, below and right."""
    kind = call.attributes.get("auto_pad", b"NOTSET").decode()
    if kind in ("NOTSET", "VALID"):
        return list(call.attributes.get("pads", (0, 0, 0, 0))) if kind == "NOTSET" else [0, 0, 0, 0]
    strides, dilations = call.attributes.get("strides", (1, 1)), call.attributes.get("dilations", (1, 1))
    sides = call.made.shape(call.value())[1:]
    missing = [
        max(0, (ceil(side / stride) - 1) * stride + dilation * (size - 1) + 1 - side)
        for side, stride, dilation, size in zip(sides, strides, dilations, window, strict=True)
    ]
    less, more = [one // 2 for one in missing], [one - one // 2 for one in missing]
    return [*less, *more] if kind == "SAME_UPPER" else [*more, *less]


def _pool(call: Call) -> int:
    window, largest = call.attributes["kernel_shape"], call.node.op_type == "MaxPool"
    if len(window) != 2:
        raise OnnxError("Only pooling over rows and columns can be read here.")
    ends = _padding(call, window)
    if not largest and ends[:2] != ends[2:] and not call.attributes.get("count_include_pad", 0):
        raise OnnxError("A mean pooling with different padding at both ends cannot be read here.")
    more = {"dilation": call.attributes.get("dilations", (1, 1))} if largest else {}
    if largest and ends[:2] != ends[2:] and (max(ends) >= min(window) or max(more["dilation"]) > 1):
        raise OnnxError("A max pooling with windows outside the picture cannot be read here.")
    value, padding = _padded(call, window, "pad_lowest" if largest else "pad")
    settings = {
        "kernel_size": window,
        "stride": call.attributes.get("strides", (1, 1)),
        "padding": padding,
        **more,
    }
    counted = {} if largest else {"count_include_pad": bool(call.attributes.get("count_include_pad", 0))}
    return call.made.add(
        "pool" if largest else "mean_pool",
        value,
        shape=call.shape,
        ceil_mode=bool(call.attributes.get("ceil_mode", 0)),
        **{name: _short(sizes) for name, sizes in settings.items()},
        **counted,
    )


def _short(sizes: Sequence[int]) -> int | list[int]:
    return int(sizes[0]) if len(set(sizes)) == 1 else list(sizes)


def _norm(call: Call) -> int:
    scale, shift, mean, variance = map(call.needed, range(1, 5))
    return call.made.add(
        "norm" if call.rank() == 4 else "vector_norm",
        call.value(),
        shape=call.shape,
        weight=scale,
        bias=shift,
        running_mean=mean,
        running_var=variance,
        num_features=len(scale),
        eps=float(call.attributes.get("epsilon", 1e-5)),
    )


def _gemm(call: Call) -> int:
    if call.attributes.get("transA", 0):
        raise OnnxError("A Gemm with transA cannot be read here.")
    matrix = call.needed(1) if call.attributes.get("transB", 0) else call.needed(1).T
    weight = matrix * call.attributes.get("alpha", 1.0)
    bias = call.constant(2)
    bias = np.zeros(len(weight)) if bias is None else bias * call.attributes.get("beta", 1.0)
    return _linear(call, weight, bias)


def _matmul(call: Call) -> int:
    matrix = call.needed(1)
    if matrix.ndim != 2:
        raise OnnxError("Only products with one matrix can be read here.")
    return _linear(call, matrix.T, np.zeros(matrix.shape[1]))


def _linear(call: Call, weight: Array, bias: Array) -> int:
    value, weight = _without_permutation(call, call.value(), weight)
    return call.made.add(
        "linear",
        value,
        shape=call.shape,
        weight=weight,
        bias=np.broadcast_to(bias.reshape(-1), len(weight)),
        in_features=weight.shape[1],
        out_features=len(weight),
    )


def _without_permutation(call: Call, value: int, weight: Array) -> tuple[int, Array]:
    """Return input and weights without a permutation of maps before they are flattened: it moves into the weights.

    TensorFlow has the maps last, so its files permute them at the end.
    """
    made = call.made
    flat = made.nodes[value - 1] if value else None
    moved = made.nodes[flat.inputs[0] - 1] if flat is not None and flat.kind == "flatten" and flat.inputs[0] else None
    if moved is None or moved.kind != "permute":
        return value, weight
    before = made.shape(moved.inputs[0])
    order = [axis - 1 for axis in moved.settings["order"][1:]]
    places = np.arange(weight.shape[1]).reshape(before).transpose(order).ravel()
    ordered = np.empty_like(weight)
    ordered[:, places] = weight
    return made.reshape(moved.inputs[0], (weight.shape[1],)), ordered


def _reshape(call: Call) -> int:
    return call.made.reshape(call.value(), call.shape)


def _transpose(call: Call) -> int:
    order = [int(axis) for axis in call.attributes.get("perm", range(call.rank())[::-1])]
    if order[0] != 0:
        raise OnnxError("Transpose mixes the digits of one batch, which cannot be read here.")
    before = call.made.shape(call.value())
    kept = [axis for axis in order[1:] if before[axis - 1] > 1]
    if kept == sorted(kept):  # only sides of one pixel move
        return _reshape(call)
    return call.made.add("permute", call.value(), shape=call.shape, order=order)


def _two(kind: str, constant: Callable[[Call, int, Array], int] | None = None) -> Callable[[Call], int]:
    """Return the translation of an operator of two values, one of which may be a constant."""

    def translate(call: Call) -> int:
        constants = [place for place in (0, 1) if call.node.input[place] in call.made.constants]
        if not constants:
            values = call.value(0), call.value(1)
            if len({len(call.made.shape(value)) for value in values}) > 1:
                raise OnnxError(f"{call.node.op_type} of values with different dimensions cannot be read here.")
            return call.made.add(kind, *values, shape=call.shape)
        if constant is None:
            raise OnnxError(f"{call.node.op_type} with a constant cannot be read here.")
        return constant(call, constants[0], call.needed(constants[0]).astype(np.float32))

    return translate


def _add(call: Call, place: int, number: Array) -> int:
    return _shifted(call, call.value(1 - place), number)


def _shifted(call: Call, value: int, number: Array) -> int:
    """Add a constant: to the bias of a layer just before, where it has one number for each map."""
    layer = call.made.nodes[value - 1] if value else None
    if layer is not None and layer.kind in ("conv", "linear") and _is_last(call, value):
        count, name = layer.shape[0] if layer.kind == "conv" else layer.shape[-1], f"{value}.bias"
        sizes = (count, 1, 1) if layer.kind == "conv" else (count,)
        if number.size == count and number.shape[-len(sizes) :] == sizes:
            call.made.weights[name] = call.made.weights[name] + number.reshape(-1)
            return value
    return _with_constant(call, "shift", value, number)


def _is_last(call: Call, value: int) -> bool:
    """Say whether only this operator reads the value: else its layer must stay as it is."""
    return sum(call.made.live.get(name) == value for name in call.made.reads) == 1


def _with_constant(call: Call, kind: str, value: int, number: Array) -> int:
    sizes = number.shape[1:] if number.ndim > len(call.shape) else number.shape
    return call.made.add(kind, value, shape=call.shape, number=number.reshape(sizes), sizes=list(sizes))


def _subtract(call: Call, place: int, number: Array) -> int:
    if place == 1:
        return _shifted(call, call.value(0), -number)
    negative = _with_constant(call, "scale", call.value(1), MINUS)
    return _with_constant(call, "shift", negative, number)


def _multiply(call: Call, place: int, number: Array) -> int:
    return _with_constant(call, "scale", call.value(1 - place), number)


def _divide(call: Call) -> int:
    if call.node.input[1] not in call.made.constants:
        raise OnnxError("A division by what depends on the digit cannot be read here.")
    with np.errstate(divide="ignore"):  # weights that are not finite are refused
        return _with_constant(call, "scale", call.value(), 1 / call.needed(1).astype(np.float32))


def _concat(call: Call) -> int:
    (axis,) = call.axes(call.attributes["axis"])
    values = [call.value(place) for place in range(len(call.node.input))]
    return call.made.add("concat", *values, shape=call.shape, dim=axis)


def _pad(call: Call) -> int:
    if call.attributes.get("mode", b"constant") != b"constant":
        raise OnnxError("Only padding with one number can be read here.")
    old = "pads" in call.attributes  # before opset 11
    pads = list(call.attributes["pads"]) if old else call.needed(1).astype(int).tolist()
    fill = call.attributes.get("value", 0.0) if old else call.constant(2)
    rank = call.rank()
    if rank != 4 or len(pads) != 8 or any((pads[0], pads[1], pads[4], pads[5])):
        raise OnnxError("Only rows and columns can be padded here.")
    padding = [pads[3], pads[7], pads[2], pads[6]]
    number = 0.0 if fill is None else float(np.asarray(fill).reshape(-1)[0])
    return call.made.add("pad", call.value(), shape=call.shape, padding=padding, value=number)


def _global_pool(kind: str) -> Callable[[Call], int]:
    return lambda call: _pooled_to_one(call, kind)


def _pooled_to_one(call: Call, kind: str) -> int:
    shape = (call.made.shape(call.value())[0], 1, 1)
    return call.made.reshape(call.made.add(kind, call.value(), shape=shape, output_size=1), call.shape)


def _reduce(kind: str, name: str) -> Callable[[Call], int]:
    """Return the translation of a mean or maximum over axes; over rows and columns it is a pooling."""

    def translate(call: Call) -> int:
        given = call.attributes.get("axes")
        given = given if given is not None else call.constant(1)
        axes = call.axes(range(call.rank()) if given is None else given)
        if call.rank() == 4 and axes == [2, 3]:
            return _pooled_to_one(call, kind)
        keep = bool(call.attributes.get("keepdims", 1))
        return call.made.add(name, call.value(), shape=call.shape, dims=axes, keepdim=keep)

    return translate


def _simple(kind: str, **names: tuple[str, float]) -> Callable[[Call], int]:
    """Return the translation of an operator on each value by itself; `names`: argument -> attribute and default."""
    return lambda call: call.made.add(
        kind,
        call.value(),
        shape=call.shape,
        **{name: float(call.attributes.get(attribute, default)) for name, (attribute, default) in names.items()},
    )


def _clip(call: Call) -> int:
    low, high = (_limit(call, name, place) for place, name in ((1, "min"), (2, "max")))
    if (low, high) == (0.0, 6.0) or low == 0.0 and high is None:
        return call.made.add("relu6" if high else "relu", call.value(), shape=call.shape)
    ends = {"min_val": -1e30 if low is None else low, "max_val": 1e30 if high is None else high}
    if not ends["min_val"] < ends["max_val"]:
        raise OnnxError("A Clip whose min is not below its max cannot be read here.")
    return call.made.add("clip", call.value(), shape=call.shape, **ends)


def _limit(call: Call, name: str, place: int) -> float | None:
    found = call.attributes.get(name)  # before opset 11
    given = call.constant(place) if found is None else np.asarray(found)
    number = None if given is None else float(given.reshape(-1)[0])
    return None if number is None or abs(number) > 1e30 else number


def _prelu(call: Call) -> int:
    slopes = call.needed(1).reshape(-1)
    if len(slopes) not in (1, call.shape[0]):
        raise OnnxError("A PRelu with other slopes than one for each map cannot be read here.")
    return call.made.add("prelu", call.value(), shape=call.shape, weight=slopes, num_parameters=len(slopes))


def _hard_sigmoid(call: Call) -> int:
    slope, middle = call.attributes.get("alpha", 0.2), call.attributes.get("beta", 0.5)
    scaled = _with_constant(call, "scale", call.value(), np.array(slope, np.float32))
    shifted = _with_constant(call, "shift", scaled, np.array(middle, np.float32))
    return call.made.add("clip", shifted, shape=call.shape, min_val=0.0, max_val=1.0)


def _gelu(call: Call) -> int:
    kind = call.attributes.get("approximate", b"none").decode()
    return call.made.add("gelu", call.value(), shape=call.shape, approximate="tanh" if kind == "tanh" else "none")


def _softmax(call: Call) -> int:
    (axis,) = call.axes(call.attributes.get("axis", -1))
    return call.made.add("softmax", call.value(), shape=call.shape, dim=axis)


OPERATORS: dict[str, Callable[[Call], int]] = {
    "Conv": _conv,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _norm,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "GlobalAveragePool": _global_pool("global_mean_pool"),
    "GlobalMaxPool": _global_pool("global_pool"),
    "ReduceMean": _reduce("global_mean_pool", "mean"),
    "ReduceMax": _reduce("global_pool", "largest"),
    "Relu": _simple("relu"),
    "LeakyRelu": _simple("leaky_relu", negative_slope=("alpha", 0.01)),
    "Elu": _simple("elu", alpha=("alpha", 1.0)),
    "Selu": _simple("selu"),
    "PRelu": _prelu,
    "Sigmoid": _simple("sigmoid"),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _simple("hard_swish"),
    "Tanh": _simple("tanh"),
    "Softplus": _simple("softplus"),
    "Softsign": _simple("softsign"),
    "Gelu": _gelu,
    "Mish": _simple("mish"),
    "Clip": _clip,
    "Abs": _simple("abs"),
    "Neg": lambda call: _with_constant(call, "scale", call.value(), MINUS),
    "Erf": _simple("erf"),
    "Softmax": _softmax,
    "Add": _two("add", _add),
    "Sub": _two("subtract", _subtract),
    "Mul": _two("multiply", _multiply),
    "Div": _divide,
    "Max": _two("maximum"),
    "Min": _two("minimum"),
    "Concat": _concat,
    "Pad": _pad,
    "Flatten": _reshape,
    "Reshape": _reshape,
    "Squeeze": _reshape,
    "Unsqueeze": _reshape,
    "Transpose": _transpose,
}
