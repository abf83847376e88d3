"""An ONNX file -> one of our classifiers. A process of its own translates the file; here only plain data arrive."""

import hashlib
import json
from dataclasses import dataclass
from math import prod
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from core.digits import isolated_decoder, render_document
from core.inversion.bounds import bound_values
from core.inversion.map_atlas import receptive_field
from core.networks.classifier import Classifier
from core.networks.cost import (
    MAX_FEATURES,
    MAX_FIELD,
    MAX_OPERATIONS,
    MAX_PARAMETERS,
    MAX_VALUES,
    MAX_VALUES_AT_ONCE,
    OTHER_WORK,
)
from core.onnx import translate_file
from core.onnx.description import DAMAGED, MAX_BYTES, SIDE, OnnxDescription, OnnxError
from core.onnx.operations import build_classifier, parameter_places, plan_stages
from core.onnx.trials import trial_digits
from core.system.records import to_record

PROGRAM = Path(translate_file.__file__)
MAX_SECONDS = 45.0  # on the clock: ONNX's operators are many files to import, which takes long on a busy machine
MAX_DIFFERENCE = 1e-4  # between our logits and those of ONNX's reference implementation, relative to the largest one
MAX_TOTAL_VALUES = MAX_VALUES_AT_ONCE // 300  # of one digit: a step of a universal noise keeps those of 300
MAX_VALUE = 1e15  # as of other networks from files: squares are finite too
TOO_COSTLY = "This network takes too long or too much memory to read."
BUSY = "Many files are being opened at the moment; wait a minute and choose the file again."
SENTENCES = {render_document.TOO_COSTLY: TOO_COSTLY, isolated_decoder.BUSY: BUSY}


@dataclass(frozen=True, eq=False)
class ImportedNetwork:
    """A network from an ONNX file, checked."""

    network: Classifier
    """In evaluation mode; it takes pixels from 0 to 1 as they are: see `scaling`."""
    described: OnnxDescription


def import_onnx(content: bytes) -> ImportedNetwork:
    """Return the network in a file. Raises OnnxError, one sentence, for one that is damaged, hostile or too large."""
    if not content:
        raise OnnxError("The file is empty.")
    if len(content) > MAX_BYTES:
        raise OnnxError(f"This file is larger than {MAX_BYTES // 10**6} MB.")
    try:
        output = isolated_decoder.run_program(PROGRAM, (), content, MAX_SECONDS)
    except isolated_decoder.DecoderError as error:
        raise OnnxError(SENTENCES.get(error.status, DAMAGED)) from None
    described, tensors = _read_output(output)
    wanted = tensors.pop(translate_file.TRIALS)
    _check_cost(described, tensors)
    network = _build(described)
    _load_weights(network, described, tensors, hashlib.sha256(content).digest())
    _check_values(network, wanted)
    return ImportedNetwork(network.requires_grad_(False), described)


def _read_output(output: bytes) -> tuple[OnnxDescription, dict[str, Tensor]]:
    line, _, weights = output.partition(b"\n")
    try:
        found = json.loads(line)
        if "error" in found:
            raise OnnxError(found["error"])
        return to_record(OnnxDescription, found), safetensors.torch.load(weights)
    except OnnxError:
        raise
    except (ValueError, TypeError, safetensors.SafetensorError):
        raise OnnxError(DAMAGED) from None


def _check_cost(described: OnnxDescription, tensors: dict[str, Tensor]) -> None:
    """Raise OnnxError for a network that is larger, or takes longer, than those composed here may be."""
    sizes = [prod(node.shape) for node in described.nodes]
    _check_limits(
        ("has {:,} parameters", sum(one.numel() for one in tensors.values()), MAX_PARAMETERS),
        ("takes as long as {:,} multiplications for each digit", _count_operations(described, tensors), MAX_OPERATIONS),
        ("keeps {:,} values of one layer", max(sizes), MAX_VALUES),
        ("keeps {:,} values of all layers", sum(sizes), MAX_TOTAL_VALUES),
    )


def _count_operations(described: OnnxDescription, tensors: dict[str, Tensor]) -> int:
    sizes = {number: prod(node.shape) for number, node in enumerate(described.nodes, 1)}
    matrices = ((int(name.partition(".")[0]), one) for name, one in tensors.items() if name.endswith(".weight"))
    products = sum(sizes[number] * one[:1].numel() for number, one in matrices)
    others = sum(sizes[number] for number, node in enumerate(described.nodes, 1) if node.kind not in ("conv", "linear"))
    return products + OTHER_WORK * others


def _check_limits(*limits: tuple[str, int, int]) -> None:
    for what, count, most in limits:
        if count > most:
            raise OnnxError(
                f"This network {what.format(count)}; the limit is {most:,}, since all users share this machine."
            )


def _build(described: OnnxDescription) -> Classifier:
    """Return the network, with weights that are to be loaded. Raises OnnxError for one that cannot be looked into."""
    try:
        network = build_classifier(described)
    except (AssertionError, RuntimeError):  # how modules of PyTorch refuse their settings
        raise OnnxError("The settings of this network's layers do not fit.") from None
    last = plan_stages(described.nodes)[0][-1:]
    features = prod(described.nodes[last[0].nodes[-1] - 1].shape) if last else SIDE * SIDE
    _check_limits(
        ("gives {:,} values to its head", features, MAX_FEATURES),
        ("sees {:,} pixels a side in one value of its last maps", receptive_field(network).size, MAX_FIELD),
    )
    return network


def _load_weights(network: Classifier, described: OnnxDescription, tensors: dict[str, Tensor], digest: bytes) -> None:
    places = parameter_places(described)
    state = network.state_dict()
    try:
        for name, tensor in tensors.items():
            number, _, parameter = name.partition(".")
            state[places[f"{number}."] + parameter] = tensor
        state["features.normalize.file"] = torch.tensor(list(digest), dtype=torch.uint8)
        network.load_state_dict(state)
    except (KeyError, RuntimeError):
        raise OnnxError("The weights in this file do not fit its layers.") from None


@torch.no_grad()
def _check_values(network: Classifier, wanted: Tensor) -> None:
    """Raise OnnxError unless all values are finite, whatever the digit, and the reference gives the same logits."""
    if not all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values()):
        raise OnnxError("Some weights in this file are not numbers.")
    try:
        logits = network(torch.from_numpy(trial_digits()).unsqueeze(1))
    except (RuntimeError, ValueError, IndexError, TypeError):
        raise OnnxError("This network cannot read several digits at once, as the pages need.") from None
    if not bound_values(network) < MAX_VALUE:  # written so that `nan` is refused too
        raise OnnxError("The weights in this file are too large: some scores would not be numbers.")
    far = (logits - wanted).abs().max() / wanted.abs().max().clamp(min=1.0)
    if logits.shape != wanted.shape or not far < MAX_DIFFERENCE:
        raise OnnxError("This network gives other scores here than ONNX's reference implementation, so it is not used.")
