"""The deconvnet of Zeiler and Fergus: one activation at a time is projected down to the pixels, as in their paper."""

from dataclasses import dataclass

import torch
from captum.attr import NeuronDeconvolution
from torch import Tensor, nn

from core.attribution.methods import AttributionError, check_rectified, private_copy
from core.networks.classifier import Classifier
from core.pmnist.masks import SIDE


@dataclass(frozen=True, eq=False)
class Projection:
    """The strongest place of one map, projected down to the pixels."""

    map: int
    place: tuple[int, int]
    """Row and column."""
    strength: float
    """The activation there; all others are set to 0."""
    pixels: Tensor
    """`(28, 28)`: above 0, ink raises the activation; below 0, it lowers it."""


def map_stages(network: Classifier) -> list[str]:
    """Return the stages whose maps can be projected: from the first convolution to the last maps."""
    names = [name for name, stage in network.features.named_children() if name != "flatten"]
    convs = [name for name in names if isinstance(network.features.get_submodule(name), nn.Conv2d)]
    return names[names.index(convs[0]) :] if convs else []


@torch.enable_grad()
def project_strongest(network: Classifier, image: Tensor, stage: str, *, count: int = 12) -> list[Projection]:
    """Project the `count` maps of a stage with the highest activations for an image `(1, 28, 28)`, best first.

    Maps without a positive activation are left out. Raises AttributionError for a network without maps or with other
    activations than ReLU, and for an unknown stage.
    """
    if stage not in map_stages(network):
        raise AttributionError(f"This network has no feature maps at a stage {stage!r}.")
    own = private_copy(network)
    check_rectified(own.features)
    with torch.no_grad():
        maps = next(output for name, output in own.walk(image.reshape(1, 1, SIDE, SIDE)) if name == stage)[0]
    strengths, places = maps.flatten(1).max(1)
    best = [number for number in strengths.argsort(descending=True)[:count].tolist() if strengths[number] > 0]
    if not best:
        return []
    chosen, columns = places[best], maps.shape[2]

    def select(output: Tensor) -> Tensor:
        return output.flatten(2)[torch.arange(len(best), device=output.device), best, chosen]

    pixels = image.detach().reshape(1, 1, SIDE, SIDE).repeat(len(best), 1, 1, 1).requires_grad_()
    layer = own.features.get_submodule(stage)
    down = NeuronDeconvolution(own, layer).attribute(pixels, select).detach() * strengths[best, None, None, None]
    return [
        Projection(number, divmod(int(place), columns), float(strengths[number]), picture[0])
        for number, place, picture in zip(best, chosen, down, strict=True)
    ]
