"""ONNX files give the same logits, by onnx's own reference implementation in NumPy."""

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator

from core.inversion.functions import INVERSIONS, with_inversion
from core.networks.architectures import ACTIVATIONS, ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.networks.composing import Block, compose
from core.onnx.export import find_obstacle, to_onnx
from core.zoo import checkpoints
from tests.sample_digits import made_digits


def assert_same_logits(network: Classifier, batch: int = 3) -> None:
    images = made_digits(batch).images()
    with torch.no_grad():
        wanted = network.eval()(images).numpy()
    (logits,) = ReferenceEvaluator(onnx.load_from_string(to_onnx(network))).run(None, {"images": images.numpy()})
    assert logits.shape == wanted.shape and np.abs(logits - wanted).max() < 1e-4


@pytest.mark.parametrize("name", ["talk", "small, batch norm", "LeNet-5", "dense"])
def test_every_kind_of_network_gives_the_same_logits_as_onnx(name):
    network = build(ARCHITECTURES[name], seed=3)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    assert_same_logits(network)


@pytest.mark.parametrize("activation", [kind for kind in ACTIVATIONS if kind != "relu"])
def test_every_activation_stride_padding_and_dilation_is_the_same(activation):
    block = Block(filters=3, stride=2, padding=2, dilation=2, activation=activation, norm="before", pool="mean")
    assert_same_logits(build(compose([block], [8], dropout=0.5), seed=3))


@pytest.mark.parametrize("inversion", [name for name in INVERSIONS if name != "both"])
def test_an_inversion_is_part_of_the_file(inversion):
    assert_same_logits(with_inversion(build(ARCHITECTURES["small"], seed=3), inversion))


def test_a_shipped_network_keeps_its_logits():
    assert_same_logits(checkpoints.load_classifier("missing-feature"), batch=1)


def test_what_onnx_has_no_operator_for_is_a_sentence():
    with pytest.raises(ValueError, match=r"^Networks with the inversion \(x, 1 - x\) cannot be exported to ONNX\.$"):
        to_onnx(checkpoints.load_classifier("synergy"))
    assert find_obstacle(checkpoints.load_classifier("synergy")).startswith("Networks with the inversion (x, 1 - x)")
    assert find_obstacle(checkpoints.load_classifier("missing-feature")) == ""
