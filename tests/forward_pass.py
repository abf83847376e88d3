"""Networks as they are sent to a browser that computes them."""

import base64
from typing import Any

import torch
from torch import nn

from core.networks.architectures import Architecture, Stage, conv
from core.networks.classifier import Classifier
from core.zoo.browser_layers import LayerList

UNUSUAL = Architecture(  # what no shipped network has, all together
    "unusual",
    (conv(5, 3, 1), Stage("mean_pool", size=3), Stage("norm"), Stage("conv", filters=7, size=2, stride=2, dilation=2)),
    hidden=(9,),
    classes=26,
)


def encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def to_message(found: LayerList) -> dict[str, Any]:
    return {"layers": found.layers, "weights": encode(found.weights)}


def with_statistics(network: Classifier, seed: int = 0) -> Classifier:
    """Return a new network as a trained one is: its batch norms have seen something."""
    chance = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.5, 0.5, generator=chance)
            module.running_var.uniform_(0.5, 2, generator=chance)
    return network.eval()
