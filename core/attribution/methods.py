"""Five published attribution methods; each gives a map of signed values over the digit.

All are captum's, which registers hooks on modules. Networks are shared between visitors, so each call works on a copy.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from captum.attr import Deconvolution, IntegratedGradients, LayerGradCam, Occlusion, Saliency
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from core.inversion.absent_features import PLACES
from core.inversion.map_atlas import receptive_field, spread_to_pixels
from core.networks.classifier import Classifier
from core.pmnist.masks import SIDE

STEPS = 50  # of the integral: the map then sums to the score's change, to a few hundredths of a logit
SQUARE = 5  # side of the occluding square: smaller ones change next to nothing, larger ones blur the map
OCCLUSION_BATCH = 96
OTHER_ACTIVATIONS = (
    *(nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Hardtanh, nn.Hardswish, nn.GELU),
    *(nn.Mish, nn.Softplus, nn.Softsign),
)


class AttributionError(ValueError):
    """The method cannot be applied to this network."""


def _deconvnet(network: Classifier, pixels: Tensor, label: int) -> Tensor:
    """Zeiler and Fergus (2014), from the class's score instead of one activation.

    captum replaces only the backward pass of ReLUs: it rectifies the signal itself. The rest equals the paper's method:
    the derivative of a convolution is the transposed filter, and that of max pooling leads to the "switch", the place
    of the maximum. Other modules (1 - x, batch norm) pass their derivative on.
    """
    check_rectified(network)
    return Deconvolution(network).attribute(pixels, target=label)


def _saliency(network: Classifier, pixels: Tensor, label: int) -> Tensor:
    """The score's gradient at each pixel, with its sign (Simonyan et al. 2013)."""
    return Saliency(network).attribute(pixels, target=label, abs=False)


def _integrated_gradients(network: Classifier, pixels: Tensor, label: int) -> Tensor:
    """The mean gradient on the line from an empty image to the digit, times the ink (Sundararajan et al. 2017)."""
    return IntegratedGradients(network).attribute(pixels, target=label, n_steps=STEPS)


def _grad_cam(network: Classifier, pixels: Tensor, label: int) -> Tensor:
    """The last feature maps, each times the score's mean gradient in it, with signs (Selvaraju et al. 2017).

    Every value is spread over the pixels of its receptive field; resizing the maps to 28x28 would shift them.
    """
    if not any(isinstance(stage, nn.Conv2d) for stage in network.features):
        raise AttributionError("Grad-CAM needs feature maps, and this network has none.")
    *_, last = (stage for name, stage in network.features.named_children() if name != "flatten")
    places = LayerGradCam(network, last).attribute(pixels, target=label).detach()[0, 0]
    field = receptive_field(network)
    return spread_to_pixels(places, field) / spread_to_pixels(torch.ones_like(places), field).clamp(min=1e-6)


def _occlusion(network: Classifier, pixels: Tensor, label: int) -> Tensor:
    """The mean loss of score over all empty squares that cover a pixel (Zeiler and Fergus 2014)."""
    square, stride = (1, SQUARE, SQUARE), (1, 1, 1)
    return Occlusion(network).attribute(pixels, square, stride, target=label, perturbations_per_eval=OCCLUSION_BATCH)


@dataclass(frozen=True)
class AttributionMethod:
    """An attribution method."""

    title: str
    unit: str
    """Of its values; "" where only their relative size has a meaning."""
    compute: Callable[[Classifier, Tensor, int], Tensor]
    """From a private network, pixels `(1, 1, 28, 28)` that require gradients, and a class."""


METHODS = {
    "deconvnet": AttributionMethod("Deconvnet", "", _deconvnet),
    "saliency": AttributionMethod("Saliency", "logits per full ink", _saliency),
    "integrated": AttributionMethod("Integrated gradients", "logits", _integrated_gradients),
    "grad-cam": AttributionMethod("Grad-CAM", "", _grad_cam),
    "occlusion": AttributionMethod("Occlusion", "logits", _occlusion),
}


@torch.enable_grad()
def attribute(network: Classifier, image: Tensor, label: int, method: str) -> Tensor:
    """Return `(28, 28)`: how much each pixel of `image` `(1, 28, 28)` raises (above 0) or lowers a class's logit.

    Raises AttributionError where the method cannot be applied to the network, and ValueError for an unknown method or
    class.
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


def name_strongest_place(attribution: Tensor) -> str:
    """Return which ninth of the picture raises the class's logit most, such as "lower left"; "" if none does.

    `attribution` `(28, 28)`, as `attribute` returns it.
    """
    ninths = adaptive_avg_pool2d(attribution[None], 3).flatten()
    strongest = int(ninths.argmax())
    return PLACES[strongest // 3][strongest % 3] if ninths[strongest] > 0 else ""


def private_copy(network: Classifier) -> Classifier:
    """Return a deep copy in evaluation mode, on which hooks can be registered."""
    return copy.deepcopy(network).eval().requires_grad_(False)


def check_rectified(network: nn.Module) -> None:
    """Raise AttributionError for a network with other activations than ReLU."""
    if any(isinstance(module, OTHER_ACTIVATIONS) for module in network.modules()):
        raise AttributionError("A deconvnet needs ReLUs, and this network has other activations than ReLU.")
