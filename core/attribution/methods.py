"""Where a network looks when it scores a class: five published methods, each a map of signed values over the digit.

All are captum's. It hangs hooks on modules, and networks are shared by everyone: so each call works on a copy of its
own, which nobody else ever sees and which is gone afterwards, whatever happens meanwhile.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from captum.attr import Deconvolution, IntegratedGradients, LayerGradCam, Occlusion, Saliency
from torch import Tensor, nn

from core.inversion.map_atlas import receptive_field, spread_to_pixels
from core.networks.classifier import Classifier
from core.pmnist.masks import SIDE

STEPS = 50  # from blank paper to the digit: the map then sums to the score's rise to a few hundredths of a logit
SQUARE = 5  # pixels across of what occlusion covers: smaller ones change next to nothing, larger ones blur the map
OCCLUSION_BATCH = 96  # covered digits that are read together
OTHER_ACTIVATIONS = (nn.LeakyReLU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.ReLU6)


class AttributionError(ValueError):
    """A method that means nothing for this network; the message is one sentence."""


def _deconvnet(network: Classifier, pixels: Tensor, label: int) -> Tensor:
    """Zeiler and Fergus (2014), begun at the class's score instead of at one place of a map (C12).

    captum replaces only what ReLUs do to the signal on its way down: it is rectified, whatever the digit did to them.
    The rest is the paper's anyway: a convolution's derivative is the transposed filter, and that of max pooling leads
    to the switch, the place where the maximum was. What is neither (1 - x, a batch norm) passes its derivative on.
    """
    check_rectified(network)
    return Deconvolution(network).attribute(pixels, target=label)


def _saliency(network: Classifier, pixels: Tensor, label: int) -> Tensor:
    """The score's slope at each pixel, its sign kept (Simonyan et al. 2013)."""
    return Saliency(network).attribute(pixels, target=label, abs=False)


def _integrated_gradients(network: Classifier, pixels: Tensor, label: int) -> Tensor:
    """The mean slope on the straight way from blank paper to the digit, times the ink (Sundararajan et al. 2017)."""
    return IntegratedGradients(network).attribute(pixels, target=label, n_steps=STEPS)


def _grad_cam(network: Classifier, pixels: Tensor, label: int) -> Tensor:
    """The last feature maps, each times the score's mean slope along it (Selvaraju et al. 2017), both signs kept.

    Every place's value is laid over the pixels that it sees; stretching the maps to 28x28 would shift them.
    """
    if not any(isinstance(stage, nn.Conv2d) for stage in network.features):
        raise AttributionError("Grad-CAM weighs feature maps, and this network has none.")
    *_, last = (stage for name, stage in network.features.named_children() if name != "flatten")
    places = LayerGradCam(network, last).attribute(pixels, target=label).detach()[0, 0]
    field = receptive_field(network)
    return spread_to_pixels(places, field) / spread_to_pixels(torch.ones_like(places), field).clamp(min=1e-6)


def _occlusion(network: Classifier, pixels: Tensor, label: int) -> Tensor:
    """What of the score is lost when a square of paper covers a pixel, on average (Zeiler and Fergus 2014)."""
    square, stride = (1, SQUARE, SQUARE), (1, 1, 1)
    return Occlusion(network).attribute(pixels, square, stride, target=label, perturbations_per_eval=OCCLUSION_BATCH)


@dataclass(frozen=True)
class AttributionMethod:
    """A way to say where a network looks."""

    title: str
    unit: str
    """What its values are; "" for those that only their relation to each other means something."""
    compute: Callable[[Classifier, Tensor, int], Tensor]
    """From a network of its own, pixels `(1, 1, 28, 28)` that want gradients, and a class."""


METHODS = {
    "deconvnet": AttributionMethod("Deconvnet", "", _deconvnet),
    "saliency": AttributionMethod("Saliency", "logits per full ink", _saliency),
    "integrated": AttributionMethod("Integrated gradients", "logits", _integrated_gradients),
    "grad-cam": AttributionMethod("Grad-CAM", "", _grad_cam),
    "occlusion": AttributionMethod("Occlusion", "logits", _occlusion),
}


@torch.enable_grad()
def attribute(network: Classifier, image: Tensor, label: int, method: str) -> Tensor:
    """Return `(28, 28)`: how much each pixel of `image` `(1, 28, 28)` speaks for a class, above 0, or against it.

    The score is the class's logit. Raises AttributionError, one sentence, where the method means nothing for the
    network, and ValueError for an unknown method or class.
    """
    if method not in METHODS:
        raise ValueError(f"There is no method called {method!r}; there are {', '.join(METHODS)}.")
    pixels = image.detach().clone().reshape(1, 1, SIDE, SIDE).requires_grad_()
    own = private_copy(network)
    with torch.no_grad():
        classes = own(pixels).shape[1]
    if not 0 <= label < classes:
        raise ValueError(f"The network knows the classes 0 to {classes - 1}, not {label}.")
    return METHODS[method].compute(own, pixels, label).detach().reshape(SIDE, SIDE)


def private_copy(network: Classifier) -> Classifier:
    """Return a copy that shares nothing with the network and reads as it does: hooks on it disturb nobody."""
    return copy.deepcopy(network).eval().requires_grad_(False)


def check_rectified(network: nn.Module) -> None:
    """Raise AttributionError where a deconvnet has nothing to rectify by."""
    if any(isinstance(module, OTHER_ACTIVATIONS) for module in network.modules()):
        raise AttributionError("A deconvnet rectifies on its way down; this network has other activations than ReLU.")
