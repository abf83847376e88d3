"""A network from an ONNX file is one of our classifiers with the same logits; all else in a file is a sentence."""

import copy
import random as dice
from contextlib import suppress
from functools import cache
from itertools import pairwise
from math import isnan, nan
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from torch import nn

from core.digits import datasets
from core.inversion.bounds import bound_stage
from core.networks import cost
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.onnx import checks, translate_file, translation
from core.onnx.description import OnnxError
from core.onnx.export import to_onnx
from core.onnx.importing import import_onnx
from core.onnx.scaling import SCALINGS, find_scaling
from core.onnx.trials import trial_digits
from core.zoo import checkpoints
from tests import onnx_files
from tests.onnx_files import dense_file, make_file, node, random
from tests.sample_digits import made_digits


def imported(content: bytes) -> Classifier:
    return import_onnx(content).network


def reference(content: bytes, images: torch.Tensor, name: str) -> np.ndarray[Any, Any]:
    """Return what ONNX's own implementation in NumPy computes, digit by digit."""
    model = onnx.load_model_from_string(content)
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    evaluator = ReferenceEvaluator(model)
    return np.concatenate([evaluator.run(None, {"x": image[None].numpy()})[0] for image in images])


@pytest.mark.parametrize("name", ["talk", "assignment", "small, batch norm", "LeNet-5", "dense", "fast"])
def test_our_own_networks_come_back_with_the_same_logits_and_layers(name: str) -> None:
    network = build(ARCHITECTURES[name], seed=3).eval()
    back, images = imported(to_onnx(network)), datasets.load("offline digits").test.images()[:20]
    with torch.no_grad():
        assert (back(images) - network(images)).abs().max() < 1e-5
    kinds = (nn.Conv2d, nn.Linear, nn.ReLU, nn.Tanh, nn.MaxPool2d, nn.AvgPool2d, nn.BatchNorm2d)
    assert [type(one) for _, one in back.stages() if isinstance(one, kinds)] == [
        type(one) for _, one in network.stages() if isinstance(one, kinds)
    ]


@pytest.mark.mnist
def test_a_shipped_network_reads_real_digits_alike_within_a_hundred_thousandth() -> None:
    network = checkpoints.load_classifier("standard")
    images = datasets.load("MNIST").test.images()[:200]
    with torch.no_grad():
        difference = (imported(to_onnx(network)).predict(images) - network.predict(images)).abs().max()
    assert difference < 1e-5


def test_layers_that_ours_do_not_have_give_the_logits_of_the_reference() -> None:
    content, images = onnx_files.residual_file(), made_digits(5).images()
    network = imported(content)
    with torch.no_grad():
        assert np.abs(network(images).numpy() - reference(content, images, "r")).max() < 1e-5
    names = [name for name, _ in network.stages()]
    assert names[:4] == ["normalize", "conv1", "prelu1", "block1"] and "flatten" in names and names[-1] == "fc2"


def test_a_network_with_the_maps_last_is_read_with_the_maps_first() -> None:
    content, images = onnx_files.keras_file(), made_digits(4).images()
    network = imported(content)
    with torch.no_grad():
        logits = network(images).numpy()
    wanted = reference(content, images.reshape(-1, 28, 28, 1), "y")
    assert np.abs(logits - wanted).max() < 1e-5
    assert [name for name, _ in network.stages()] == [
        *("normalize", "conv1", "relu1", "pool1", "flatten", "inverted", "fc1")
    ]


@pytest.mark.parametrize("shape", [("N", 784), ("N", 28, 28), (1, 784)])
def test_flat_digits_are_read_too(shape: tuple[Any, ...]) -> None:
    content, images = dense_file(shape=("N", 784)), made_digits(4).images()
    if len(shape) == 3:
        nodes = [node("Flatten", "x", "flat"), node("Gemm", "flat w b", "y")]
        content = make_file(nodes, {"w": random(784, 10), "b": random(10)}, shape=shape)
    with torch.no_grad():
        logits = imported(content)(images).numpy()
    assert np.abs(logits - reference(content, images.reshape(-1, *map(int, shape[1:])), "y")).max() < 1e-5


def test_gradients_lead_to_the_pixels_and_every_tool_finds_maps_and_layers() -> None:
    network = imported(onnx_files.residual_file())
    pixels = made_digits(2).images().requires_grad_()
    network(pixels)[:, 3].sum().backward()
    assert pixels.grad is not None and bool((pixels.grad != 0).any())
    assert not any(one.requires_grad for one in network.parameters())


@cache
def dense() -> Classifier:
    return imported(dense_file())


@pytest.mark.parametrize("name", SCALINGS)
def test_the_pixels_that_a_network_expects_are_found_by_measuring(name: str) -> None:
    """Its scores are cosines with the mean digits, if it gets such pixels."""
    digits, scaling, network = datasets.load("offline digits").validation, SCALINGS[name], copy.deepcopy(dense())
    means = torch.stack([digits.images()[digits.labels == label].mean(0).flatten() for label in range(10)])
    unit = means / means.norm(dim=1, keepdim=True)
    layer = network.head.get_submodule("fc1")
    layer.get_parameter("weight").copy_(unit / scaling.scale)
    layer.get_parameter("bias").copy_(-unit.sum(1) * scaling.shift / scaling.scale)
    choice = find_scaling(network, digits, "offline digits")
    assert choice.accuracies[name] == max(choice.accuracies.values()) > 60 and choice.digits == len(digits.first(300))


def external(model: Any) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def custom(model: Any) -> None:
    model.graph.node[0].domain = "com.example"
    model.opset_import.add(domain="com.example", version=1)


def with_opset(version: int) -> Any:
    def change(model: Any) -> None:
        model.opset_import[0].version = version

    return change


def huge(model: Any) -> None:
    del model.graph.initializer[0].dims[:]
    model.graph.initializer[0].dims.extend([2**40, 2**20])


def looped(model: Any) -> None:
    model.graph.node[0].op_type = "Loop"


def many(model: Any) -> None:
    for number in range(400):
        model.graph.node.append(node("Relu", "y", f"more{number}"))


def in_a_circle(model: Any) -> None:
    model.graph.node[0].input[0] = "y"


def not_numbers(model: Any) -> None:
    model.graph.initializer[1].CopyFrom(onnx.numpy_helper.from_array(np.full(10, np.nan, np.float32), "b"))


def infinite(model: Any) -> None:
    model.graph.initializer[1].CopyFrom(onnx.numpy_helper.from_array(np.full(10, 1e30, np.float32), "b"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (external, "in another file"),
        (custom, r"custom operators \(Gemm\)"),
        (with_opset(3), "opset 3 of ONNX; opsets 7 to"),
        (with_opset(999), "opset 999 of ONNX"),
        (huge, "weights; the limit is 1,200,000"),
        (looped, "damaged|Loop"),
        (many, "401 operations; the limit is 300"),
        (in_a_circle, "damaged"),
        (not_numbers, "not numbers"),
        (infinite, "too large"),
    ],
)
def test_a_hostile_file_is_one_sentence(change: Any, sentence: str) -> None:
    with pytest.raises(OnnxError, match=sentence):
        import_onnx(dense_file(change))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"shape": ("N", 3, 28, 28)}, r"input of this network is \? × 3 × 28 × 28"),
        ({"shape": ("N", 1000)}, r"\? × 1000"),
        ({"shape": (64, 784)}, "reads 64 digits at once"),
    ],
)
def test_another_input_is_one_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(OnnxError, match=sentence):
        import_onnx(dense_file(**given))


def test_other_classes_and_labels_are_one_sentence() -> None:
    nodes = [node("Gemm", "x w", "y")]
    with pytest.raises(OnnxError, match="output of this network is 1 × 7 for one digit"):
        import_onnx(make_file(nodes, {"w": random(784, 7)}, shape=("N", 784), output=("N", 7)))
    with pytest.raises(OnnxError, match="ArgMax"):
        nodes = [node("Gemm", "x w", "z"), node("ArgMax", "z", "y")]
        import_onnx(make_file(nodes, {"w": random(784, 10)}, shape=("N", 784)))


@pytest.mark.slow
def test_a_small_file_that_unpacks_into_much_memory_or_time_is_given_up() -> None:
    nodes = [
        node("Expand", "one sizes", "much"),
        node("Expand", "one sizes", "more"),
        node("Add", "much more", "sum"),
        node("Gemm", "x w", "y"),
    ]
    weights = {"one": np.ones(1, np.float32), "sizes": np.array([2**31]), "w": random(784, 10)}
    with pytest.raises(OnnxError, match="too long or too much memory|do not fit"):
        import_onnx(make_file(nodes, weights, shape=("N", 784)))
    padded = [node("Pad", "x sizes", "z"), node("GlobalAveragePool", "z", "y")]
    with pytest.raises(OnnxError):
        import_onnx(make_file(padded, {"sizes": np.array([0, 0, 0, 0, 0, 0, 2**20, 2**20])}))


def padded(side: int, nodes: list[Any], weights: dict[str, Any]) -> bytes:
    """Return a file whose nodes read a digit, `z`, in the middle of side x side pixels."""
    before, after = (side - 28) // 2, (side - 27) // 2
    sizes = np.array([0, 0, before, before, 0, 0, after, after])
    return make_file([node("Pad", "x sizes", "z"), *nodes], {"sizes": sizes, **weights})


def test_many_layers_of_many_values_are_refused_before_they_are_built() -> None:
    """The file has 20 numbers; its values would take a gigabyte in a batch of some hundred digits."""
    names = ["z", *(f"z{number}" for number in range(10))]
    nodes = [node("Conv", f"{first} one", second) for first, second in pairwise(names)]
    nodes += [
        node("GlobalMaxPool", names[-1], "pooled"),
        node("Flatten", "pooled", "flat"),
        node("Gemm", "flat w", "y"),
    ]
    with pytest.raises(OnnxError, match=r"^This network keeps 4\d\d,\d{3} values of all layers; the limit is 333,333,"):
        import_onnx(padded(200, nodes, {"one": random(1, 1, 1, 1), "w": random(1, 10)}))


def test_a_head_that_reads_too_many_values_is_refused() -> None:
    nodes = [node("Flatten", "z", "flat"), node("Gemm", "flat w", "y")]
    with pytest.raises(OnnxError, match=r"^This network gives 10,000 values to its head; the limit is 8,192,"):
        import_onnx(padded(100, nodes, {"w": random(10_000, 10)}))


def test_maps_that_see_too_many_pixels_are_refused() -> None:
    nodes = [node("Conv", "z one", "maps", dilations=[30, 30]), node("Flatten", "maps", "flat")]
    nodes += [node("Gemm", "flat w", "y")]
    with pytest.raises(OnnxError, match=r"^This network sees 121 pixels a side .*; the limit is 112,"):
        import_onnx(padded(130, nodes, {"one": random(1, 1, 5, 5), "w": random(100, 10)}))


def test_a_clip_that_leaves_nothing_is_one_sentence() -> None:
    nodes = [node("Clip", "x high low", "z"), node("Gemm", "z w", "y")]
    weights = {"high": np.array(2, np.float32), "low": np.array(1, np.float32), "w": random(784, 10)}
    with pytest.raises(OnnxError, match=r"^A Clip whose min is not below its max cannot be read here\.$"):
        import_onnx(make_file(nodes, weights, shape=("N", 784)))


def test_a_fault_of_the_translation_is_not_said_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(translation.OPERATORS, "Gemm", lambda call: int("none"))
    answer, _ = translate_file._load()(dense_file())
    assert answer == {"error": "This network could not be translated (ValueError)."}


def test_weights_that_the_graph_computes_are_counted() -> None:
    sizes = {"sizes": np.array([784, 2000]), "w": random(2000, 10)}
    nodes = [node("ConstantOfShape", "sizes", "made"), node("MatMul", "x made", "z"), node("Gemm", "z w", "y")]
    with pytest.raises(OnnxError, match=r"^This network has 1,590,010 weights; the limit is 1,200,000\.$"):
        import_onnx(make_file(nodes, sizes, shape=("N", 784)))


@pytest.mark.parametrize(
    ("stage", "bound"), [(nn.LeakyReLU(-5.0), 10.0), (nn.LeakyReLU(0.1), 2.0), (nn.ELU(-3.0), 3.0), (nn.ELU(), 2.0)]
)
def test_a_bound_counts_any_slope_that_a_file_may_give(stage: nn.Module, bound: float) -> None:
    assert bound_stage(stage, 2.0) == bound
    assert isnan(bound_stage(stage, nan))
    assert float(stage(torch.linspace(-2, 2, 50)).abs().max()) <= bound


@pytest.mark.slow
def test_truncated_and_changed_files_are_sentences_and_nothing_else() -> None:
    content, chance = onnx_files.keras_file(), dice.Random(1)
    spoiled = [content[: chance.randrange(len(content))] for _ in range(40)]
    for _ in range(60):
        changed = bytearray(content)
        for _ in range(20):
            changed[chance.randrange(400 if chance.random() < 0.7 else len(changed))] = chance.randrange(256)
        spoiled.append(bytes(changed))
    for one in (b"", b"PK", b"\x0a" * 1000, b"\x3a\xff\xff\xff\xff\x0f", *spoiled):
        with suppress(OnnxError):
            translation.translate(checks.parse(one), trial_digits())
    with pytest.raises(OnnxError, match=r"^This file is damaged, or it is not an ONNX file\.$"):
        import_onnx(content[:3000])


def test_the_limit_of_weights_is_that_of_networks_composed_here() -> None:
    assert checks.MAX_WEIGHTS == cost.MAX_PARAMETERS
