"""No value that a network computes exceeds the bound on its values."""

import pytest
import torch
from torch import Tensor, nn

from core.inversion.bounds import bound_values
from core.inversion.functions import INVERSIONS, Invert, with_inversion
from core.networks.architectures import ACTIVATIONS, KINDS, Architecture, Stage, conv
from core.networks.classifier import Classifier, build


def some_images() -> Tensor:
    noise = torch.rand(20, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    return torch.cat([torch.zeros(1, 1, 28, 28), torch.ones(1, 1, 28, 28), noise.round()])


def largest_value(network: Classifier) -> float:
    with torch.no_grad():
        return max(float(output.abs().max()) for output in network.activations(some_images()).values())


def made(activation: str, *, inversion: str = "identity", shift: float = 0.0, factor: float = 1.0) -> Classifier:
    """Return a network of one convolution, with `shift` as its biases and its filters scaled by `factor`."""
    architecture = Architecture("one", (conv(3, 5), Stage("pool", size=8), Stage(activation)), activation=activation)
    network = with_inversion(build(architecture, seed=1), inversion)
    filters = network.features.get_submodule("conv1")
    assert isinstance(filters, nn.Conv2d) and filters.bias is not None
    with torch.no_grad():
        filters.weight.mul_(factor)
        filters.bias.fill_(shift)
    if inversion == "both":
        network.head = nn.Sequential()  # what reads both is a network of two heads
    return network.eval()


@pytest.mark.parametrize("inversion", INVERSIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_no_value_exceeds_the_bound(activation: str, inversion: str) -> None:
    for shift in (-5.0, 0.0, 5.0):
        for factor in (0.001, 1.0, 100.0):
            network = made(activation, inversion=inversion, shift=shift, factor=factor)
            assert largest_value(network) <= bound_values(network) * (1 + 1e-5), (shift, factor)


def test_a_share_of_negative_features_is_a_large_number() -> None:
    assert 1e5 < largest_value(made("tanh", inversion="share complement", shift=-5.0))


@pytest.mark.parametrize("name", INVERSIONS)
def test_an_inversion_s_bound_is_one_for_every_vector(name: str) -> None:
    vectors = torch.linspace(-1, 1, 21).unsqueeze(1) * torch.tensor([1.0, 0.5, 1e-7])
    for bound in (0.01, 1.0, 300.0):
        for vector in (bound * vectors, -bound * vectors.abs()):
            assert float(Invert(name)(vector).abs().max()) <= INVERSIONS[name].bound(bound) * (1 + 1e-6)


def test_every_kind_of_stage_has_a_bound_and_another_module_has_none() -> None:
    stages = (Stage("shuffle"), conv(2, 3), *(Stage(kind) for kind in KINDS if kind not in ("shuffle", "conv")))
    network = build(Architecture("all", stages, hidden=(5,), dropout=0.5), seed=1).eval()
    assert largest_value(network) <= bound_values(network)
    with pytest.raises(TypeError, match="Nothing is known about the values of Softmin"):
        bound_values(Classifier(nn.Sequential(nn.Softmin(1)), nn.Sequential()))
