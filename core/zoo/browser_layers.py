"""A classifier as plain layers: what a browser needs to compute it, settings as JSON and weights as float32.

`dashboard/components/forward/forward.js` computes them.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from core.inversion.functions import Invert, Synergy, TwoHeads
from core.networks.classifier import MEAN, STD, Classifier, Normalize, Shuffle

Layer = dict[str, Any]


class LayerError(ValueError):
    """A stage that no layer computes in the browser; the message is one sentence."""


@dataclass(frozen=True, eq=False)
class LayerList:
    """Layers one after another; `weight` and `bias` in their settings are places in `weights`, counted in numbers."""

    layers: tuple[Layer, ...]
    weights: bytes
    """float32, little-endian."""

    @cached_property
    def sha256(self) -> str:
        """The hash of settings and weights: networks that share their features have one hash for them."""
        return hashlib.sha256(repr(self.layers).encode() + self.weights).hexdigest()


def list_features(network: Classifier) -> LayerList:
    """Return the features of a network, from the pixels to the flattened vector. Raises LayerError."""
    return _list(network.features.named_children())


def list_head(network: Classifier) -> LayerList:
    """Return the inversion and the head of a network, from the vector to the logits. Raises LayerError."""
    return _list([("inverted", network.inversion), *network.head.named_children()])


def _list(stages: Iterable[tuple[str, nn.Module]]) -> LayerList:
    weights = _Weights()
    layers = tuple(_layer(name, stage, weights) for name, stage in stages)
    return LayerList(layers, b"".join(weights.parts))


class _Weights:
    """The weights of several layers, one after another."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.count = 0

    @torch.no_grad()
    def add(self, values: Tensor) -> int:
        """Append values; return the place of the first."""
        place = self.count
        self.parts.append(values.detach().cpu().contiguous().numpy().astype("<f4").tobytes())
        self.count += values.numel()
        return place


def _layer(name: str, stage: nn.Module, weights: _Weights) -> Layer:
    """Return a stage in evaluation mode as a layer, and add its weights. Raises LayerError."""
    if type(stage) not in _LAYERS:
        raise LayerError(f"The browser cannot compute the stage {type(stage).__name__!r} of this network.")
    kind, settings = _LAYERS[type(stage)]
    return {"name": name, "kind": kind, **settings(stage, weights)}


Settings = Callable[[Any, _Weights], dict[str, Any]]


def _normalize(_: Any, weights: _Weights) -> dict[str, Any]:
    return {"weight": weights.add(torch.tensor([1 / STD])), "bias": weights.add(torch.tensor([-MEAN / STD]))}


def _norm(stage: Any, weights: _Weights) -> dict[str, Any]:
    scale = stage.weight.double() / (stage.running_var.double() + stage.eps).sqrt()
    return {"weight": weights.add(scale), "bias": weights.add(stage.bias - stage.running_mean * scale)}


def _shuffle(stage: Any, weights: _Weights) -> dict[str, Any]:
    return {"weight": weights.add(stage.order)}  # whole numbers below 784 are exact in float32


def _conv(stage: Any, weights: _Weights) -> dict[str, Any]:
    """Return a convolution's settings. Raises LayerError for one that is not square or has groups."""
    shapes = (stage.kernel_size, stage.stride, stage.padding, stage.dilation)
    if stage.groups > 1 or any(isinstance(one, str) or len(set(one)) > 1 for one in shapes):
        raise LayerError("The browser computes square convolutions without groups only.")
    size, stride, padding, dilation = (one[0] for one in shapes)
    sizes = {"outputs": stage.out_channels, "size": size, "stride": stride, "padding": padding, "dilation": dilation}
    return {**sizes, **_linear_map(stage, weights)}


def _pool(stage: Any, _: _Weights) -> dict[str, Any]:
    """Return a pooling's settings. Raises LayerError for windows that overlap or are not square."""
    if not isinstance(stage.kernel_size, int) or stage.stride != stage.kernel_size or stage.padding:
        raise LayerError("The browser computes poolings with square windows side by side only.")
    return {"size": stage.kernel_size}


def _linear(stage: Any, weights: _Weights) -> dict[str, Any]:
    return {"outputs": stage.out_features, **_linear_map(stage, weights)}


def _linear_map(stage: Any, weights: _Weights) -> dict[str, Any]:
    bias = torch.zeros(len(stage.weight)) if stage.bias is None else stage.bias
    return {"weight": weights.add(stage.weight), "bias": weights.add(bias)}


def _two_heads(stage: Any, weights: _Weights) -> dict[str, Any]:
    """Return two heads as two lists of layers; with `halves` each reads one half of the vector."""
    heads = (stage.first, stage.second)
    first, second = ([_layer(name, one, weights) for name, one in head.named_children()] for head in heads)
    return {"first": first, "second": second, "omega": stage.omega, "halves": isinstance(stage, Synergy)}


def _plain(_stage: Any, _weights: _Weights) -> dict[str, Any]:
    return {}


def _invert(stage: Any, _: _Weights) -> dict[str, Any]:
    return {"inversion": stage.name}


_LAYERS: dict[type[nn.Module], tuple[str, Settings]] = {
    Normalize: ("scale", _normalize),
    Shuffle: ("shuffle", _shuffle),
    nn.Conv2d: ("conv", _conv),
    nn.Linear: ("linear", _linear),
    nn.BatchNorm2d: ("scale", _norm),
    nn.MaxPool2d: ("pool", _pool),
    nn.AvgPool2d: ("mean_pool", _pool),
    Invert: ("invert", _invert),
    TwoHeads: ("two_heads", _two_heads),
    Synergy: ("two_heads", _two_heads),
    nn.ReLU: ("relu", _plain),
    nn.LeakyReLU: ("leaky_relu", lambda stage, _: {"slope": stage.negative_slope}),
    nn.SiLU: ("silu", _plain),
    nn.Sigmoid: ("sigmoid", _plain),
    nn.Tanh: ("tanh", _plain),
    nn.ReLU6: ("relu6", _plain),
    **dict.fromkeys((nn.Identity, nn.Flatten, nn.Dropout, nn.Dropout2d), ("same", _plain)),
}
