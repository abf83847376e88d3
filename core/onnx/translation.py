"""The operators of an ONNX file -> the operations of `operations.MODULES`. Imports no torch, like `checks`.

The reference implementation of ONNX computes a trial digit first. So every shape is known, and all that does not depend
on the digit is a constant.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from onnx import ModelProto
from onnx.reference import ReferenceEvaluator

from core.onnx import checks
from core.onnx.description import CLASSES, Node, OnnxDescription, OnnxError
from core.onnx.graph import Array, Translation
from core.onnx.operators import CONSTANT, OPERATORS, Call
from core.system.safe_names import to_safe_name

SAME = ("Identity", "Dropout", "Cast")  # operators that change no value outside training
TO_PROBABILITIES = ("Softmax", "LogSoftmax", "Sigmoid")


def translate(model: ModelProto, trials: Array) -> tuple[OnnxDescription, dict[str, Array], Array]:
    """Return the network in a model, its weights, and its logits `(N, 10)` for trial digits `(N, 28, 28)`.

    Raises OnnxError for operators that are not known here, and for another output than ten scores.
    """
    name, layout = checks.find_input(model)
    _check_operators(model)
    runs = [_compute(model, name, one.reshape(1, *checks.LAYOUTS[layout])) for one in trials]
    reads = [one for node in model.graph.node for one in node.input] + [model.graph.output[0].name]
    made = Translation(runs[0], {one.name for one in model.graph.initializer}, reads, {})
    made.live[name] = made.reshape(0, checks.LAYOUTS[layout])
    output, left_out = _find_logits(model)
    for node in model.graph.node:
        if output not in made.live:  # what follows the logits is not needed
            _translate(node, made)
    _check_output(made, output)
    producer = to_safe_name(f"{model.producer_name} {model.producer_version}"[:60])
    nodes, weights = _only_used(made, made.live[output])
    checks.check_count(sum(one.size for one in weights.values()))  # some were computed by the graph
    described = OnnxDescription(nodes, layout, left_out, checks.opset_of(model), producer)
    return described, weights, np.concatenate([run[output] for run in runs])


def _check_operators(model: ModelProto) -> None:
    known = {*OPERATORS, *SAME, *CONSTANT, *TO_PROBABILITIES}
    unknown = sorted({to_safe_name(node.op_type[:40]) for node in model.graph.node if node.op_type not in known})
    if unknown:
        raise OnnxError(
            f"This network uses operators that cannot be read here: {', '.join(unknown[:5])}. Layers such as Conv, "
            "Gemm, MaxPool, BatchNormalization and Relu can be read."
        )


def _compute(model: ModelProto, name: str, digit: Array) -> Mapping[str, Array]:
    """Return every value in the graph for a digit. Raises OnnxError where the operators do not fit."""
    try:
        found: Any = ReferenceEvaluator(model).run(None, {name: digit.astype(np.float32)}, intermediate=True)
    except MemoryError:
        raise
    except Exception:  # the operators in NumPy raise what NumPy raises
        raise OnnxError("This network cannot read a digit: its layers do not fit.") from None
    return {key: np.asarray(value) for key, value in found.items() if value is not None}


def _find_logits(model: ModelProto) -> tuple[str, str]:
    """Return the name of the logits, and the operation after them that makes probabilities; "" for none."""
    output, nodes = model.graph.output[0].name, {out: node for node in model.graph.node for out in node.output}
    while (node := nodes.get(output)) is not None and node.op_type in SAME:
        output = node.input[0]
    if node is not None and node.op_type in TO_PROBABILITIES:
        return node.input[0], node.op_type
    return output, ""


def _translate(node: Any, made: Translation) -> None:
    inputs = [name for name in node.input if name]
    if node.op_type in ("Shape", "Size") or all(name in made.constants for name in inputs):
        made.constants.update(node.output)
        return
    call = Call(node, checks.attributes_of(node), made)
    if node.op_type in SAME:
        made.live[node.output[0]] = call.value()
    elif node.op_type in OPERATORS:
        _check_batch(call.output_shape)
        made.live[node.output[0]] = OPERATORS[node.op_type](call)
    else:
        raise OnnxError(f"{node.op_type} can be read here only where it does not depend on the digit.")


def _check_batch(shape: tuple[int, ...]) -> None:
    if not shape or shape[0] != 1:
        raise OnnxError("This network mixes digits of one batch, or counts them: it must read each digit alone.")


def _check_output(made: Translation, output: str) -> None:
    found = made.values[output].shape if output in made.live else ()
    if found != (1, CLASSES):
        shape = " × ".join(map(str, found)) or "no score"
        raise OnnxError(
            f"The output of this network is {shape} for one digit; it must be 1 × {CLASSES}: a score for each "
            "of the ten classes."
        )


def _only_used(made: Translation, last: int) -> tuple[tuple[Node, ...], dict[str, Array]]:
    """Return the nodes on which the output depends, numbered anew, and their weights."""
    used: set[int] = set()
    waiting = [last]
    while waiting:
        if (value := waiting.pop()) and value not in used:
            used.add(value)
            waiting += made.nodes[value - 1].inputs
    number = {0: 0} | {old: new for new, old in enumerate(sorted(used), 1)}
    nodes = (made.nodes[old - 1] for old in sorted(used))
    weights = {name.partition("."): array for name, array in made.weights.items()}
    return (
        tuple(replace(node, inputs=tuple(number[one] for one in node.inputs)) for node in nodes),
        {f"{number[int(old)]}.{part}": array for (old, _, part), array in weights.items() if int(old) in used},
    )
