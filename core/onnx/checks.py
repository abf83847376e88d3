"""An ONNX file, checked before anything in it is computed. Imports no torch: it runs in a process of its own."""

from collections.abc import Iterator
from math import prod
from typing import Any

import onnx
from onnx import ModelProto, TensorProto

from core.onnx.description import DAMAGED, MAX_NODES, SIDE, OnnxError
from core.system.safe_names import to_safe_name

MIN_OPSET, MAX_OPSET = 7, onnx.defs.onnx_opset_version()
MAX_WEIGHTS = 1_200_000  # as `networks.cost.MAX_PARAMETERS`
LAYOUTS = {
    "N×1×28×28 (NCHW)": (1, SIDE, SIDE),
    "N×28×28×1 (NHWC)": (SIDE, SIDE, 1),
    "N×28×28": (SIDE, SIDE),
    "N×784": (SIDE * SIDE,),
}


def parse(content: bytes) -> ModelProto:
    """Return the model in a file. Raises OnnxError for one that is damaged, too large, or refers to something else."""
    try:
        model = onnx.load_model_from_string(content)
    except Exception:  # protobuf's parsers raise errors of their own
        raise OnnxError(DAMAGED) from None
    _check_parts(model)
    try:
        onnx.checker.check_model(model)
    except Exception:
        raise OnnxError(DAMAGED) from None
    return model


def opset_of(model: ModelProto) -> int:
    """Return the version of the operators. Raises OnnxError for one that is not read."""
    found = max((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), default=0)
    if not MIN_OPSET <= found <= MAX_OPSET:
        raise OnnxError(f"This file uses opset {found} of ONNX; opsets {MIN_OPSET} to {MAX_OPSET} can be read.")
    return found


def _check_parts(model: ModelProto) -> None:
    graph = model.graph
    if not graph.node:
        raise OnnxError(DAMAGED)
    opset_of(model)
    if len(graph.node) > MAX_NODES:
        raise OnnxError(f"This network has {len(graph.node):,} operations; the limit is {MAX_NODES}.")
    foreign = next((node for node in graph.node if node.domain not in ("", "ai.onnx")), None)
    if foreign is not None or model.functions:
        named = f" ({to_safe_name(foreign.op_type[:40])})" if foreign is not None else ""
        raise OnnxError(f"This network uses custom operators{named}: only those of ONNX itself can be read.")
    if graph.sparse_initializer:
        raise OnnxError("This network stores sparse weights, which cannot be read: export it with dense weights.")
    _check_weights(list(_tensors(model)))


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    """Yield all tensors that the file holds; those of subgraphs belong to operators that are refused later."""
    yield from model.graph.initializer
    for attribute in (one for node in model.graph.node for one in node.attribute):
        yield from (attribute.t, *attribute.tensors) if attribute.type in (4, 9) else ()


def _check_weights(tensors: list[TensorProto]) -> None:
    if any(one.external_data or one.data_location == TensorProto.EXTERNAL for one in tensors):
        raise OnnxError(
            "The weights of this network are in another file: export it with the weights inside (in PyTorch, "
            "external_data=False)."
        )
    if any(size < 0 for one in tensors for size in one.dims):
        raise OnnxError(DAMAGED)
    check_count(sum(prod(one.dims) for one in tensors))


def check_count(count: int) -> None:
    """Raise OnnxError for a network of too many weights."""
    if count > MAX_WEIGHTS:
        raise OnnxError(f"This network has {count:,} weights; the limit is {MAX_WEIGHTS:,}.")


def find_input(model: ModelProto) -> tuple[str, str]:
    """Return the name of the network's input, and its layout. Raises OnnxError for another input than a digit."""
    constants = {one.name for one in model.graph.initializer}
    inputs = [one for one in model.graph.input if one.name not in constants]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        raise OnnxError(
            f"This network has {len(inputs)} inputs and {len(model.graph.output)} outputs; it must have one of each."
        )
    given = inputs[0].type.tensor_type
    if given.elem_type != TensorProto.FLOAT:
        raise OnnxError("The input of this network must be of the type float32.")
    sizes = [one.dim_value if one.HasField("dim_value") else None for one in given.shape.dim]
    found = next((name for name, shape in LAYOUTS.items() if sizes and _fits(sizes[1:], shape)), None)
    if found is None:
        shape = " × ".join("?" if size is None else str(size) for size in sizes) or "unknown"
        raise OnnxError(f"The input of this network is {shape}; it must be {', '.join(LAYOUTS)}: one grey digit.")
    if sizes[0] not in (None, 1):
        raise OnnxError(f"This network reads {sizes[0]} digits at once: export it for one digit, or for any number.")
    return inputs[0].name, found


def _fits(sizes: list[int | None], shape: tuple[int, ...]) -> bool:
    return len(sizes) == len(shape) and all(a in (None, b) for a, b in zip(sizes, shape, strict=True))


def attributes_of(node: Any) -> dict[str, Any]:
    """Return the attributes of a node: numbers, texts and lists of these, and tensors."""
    return {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
