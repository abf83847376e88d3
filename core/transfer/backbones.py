"""A network whose layers give features of pictures that it never learned from (X4, X5): VGG16, or one of our own."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core.inversion.functions import reset_weights
from core.inversion.map_atlas import last_maps
from core.networks import architectures
from core.networks.classifier import Classifier
from core.transfer.tasks import SIDE

LAST_MAPS, SECOND_TO_LAST_DENSE, LAST_DENSE = "last maps", "second to last dense layer", "last dense layer"
PIXELS, RANDOM_LAYERS = "pixels alone", "last maps of layers drawn at random"
LAYERS = (LAST_MAPS, SECOND_TO_LAST_DENSE, LAST_DENSE, PIXELS, RANDOM_LAYERS)
"""What can be features; the last two are controls: what has been learned is only what goes beyond them."""
PHOTO_SIDE = 84  # pixels that our own convolutions see of a photograph: three times as many as of a digit
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue in grey, as pictures are turned grey everywhere (ITU-R 601)
COLOR_BATCH, GRAY_BATCH = 4, 50  # pictures at a time: VGG16's first maps take 13 MB for each


@dataclass(frozen=True, eq=False)
class Backbone:
    """A frozen network, and what it takes to show it pictures."""

    title: str
    origin: str
    """What it has learned from, in words, as far as that is known."""
    network: Classifier
    channels: int = 1
    """1: it sees grey; 3: colour."""
    side: int = architectures.SIDE
    """Pixels that its dense layers, if any, need a picture to have."""

    def layers(self) -> tuple[str, ...]:
        """Return those of LAYERS that it has."""
        dense = len(dense_stages(self.network))
        return tuple(
            layer
            for layer in LAYERS
            if not (layer == LAST_DENSE and not dense or layer == SECOND_TO_LAST_DENSE and dense < 2)
        )

    def side_for(self, layer: str, pixels: NDArray[np.uint8]) -> int:
        """Return to how many pixels a side pictures are brought: dense layers need what they learned with.

        Convolutions take any size: our own look at more of a photograph than 28 x 28, and so do the pixels alone.
        """
        own = self.channels == 1
        free = layer == PIXELS or layer in (LAST_MAPS, RANDOM_LAYERS) and own
        return PHOTO_SIDE if free and (pixels.shape[1] > architectures.SIDE or not own) else self.side


def dense_stages(network: Classifier) -> list[str]:
    """Return the names of the dense layers' outputs, each after its activation if it has one."""
    names = [name for name, _ in network.head.named_children()]
    dense = [name for name, stage in network.head.named_children() if isinstance(stage, nn.Linear)]
    following = {name: names[names.index(name) + 1 : names.index(name) + 2] for name in dense}
    return [after[0] if after and "relu" in after[0] else name for name, after in following.items()]


def own_backbone(title: str, network: Classifier) -> Backbone:
    """Return one of our networks, which has learned from digits, as a backbone."""
    return Backbone(title, "digits", network)


def vgg_backbone(network: Classifier, *, checked: bool, file: str, side: int = SIDE) -> Backbone:
    """Return VGG16 as a backbone; it is called pretrained only when the weights are `checked` to be torchvision's."""
    if checked:
        return Backbone("VGG16, pretrained", "ImageNet: 1.3 million photographs of 1,000 kinds", network, 3, side)
    origin = f"whatever the weights of the file {file!r} were made from, which cannot be checked here"
    return Backbone("VGG16, weights of your file", origin, network, 3, side)


def to_images(pixels: NDArray[np.uint8], channels: int, side: int | None = None) -> Tensor:
    """Return pictures `(N, H, W, 3)` as float32 `(N, channels, side, side)` in [0, 1], in grey or in colour.

    Without a side they stay as large as they are.
    """
    images = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 255
    if channels == 1:
        images = (images * torch.tensor(LUMA)[:, None, None]).sum(1, keepdim=True)
    if side is not None and images.shape[2:] != (side, side):
        images = functional.interpolate(images, size=(side, side), mode="bilinear", antialias=True)
    return images.clamp(0, 1)


@dataclass(frozen=True, eq=False)
class FeatureStep:
    """Some more pictures have been looked at."""

    done: int
    count: int
    features: Tensor
    """Of these pictures: maps `(n, maps, rows, columns)`, or a layer's activations `(n, units)`."""


def extract_features(backbone: Backbone, pixels: NDArray[np.uint8], layer: str = LAST_MAPS) -> Iterator[FeatureStep]:
    """Yield the features of pictures `(N, H, W, 3)`, a few at a time, each picture looked at once (X5).

    Raises ValueError for a layer that the network has not got.
    """
    if layer not in backbone.layers():
        raise ValueError(f"{backbone.title} has no {layer}; it has {', '.join(backbone.layers())}.")
    network = randomized_copy(backbone.network) if layer == RANDOM_LAYERS else backbone.network
    side, batch = backbone.side_for(layer, pixels), GRAY_BATCH if backbone.channels == 1 else COLOR_BATCH
    for start in range(0, len(pixels), batch):
        images = to_images(pixels[start : start + batch], backbone.channels, side)
        yield FeatureStep(min(start + batch, len(pixels)), len(pixels), _look(network, images, layer))


def compute_features(backbone: Backbone, pixels: NDArray[np.uint8], layer: str = LAST_MAPS) -> Tensor:
    """Return what `extract` yields of all pictures at once."""
    return torch.cat([step.features for step in extract_features(backbone, pixels, layer)])


@torch.no_grad()
def _look(network: Classifier, images: Tensor, layer: str) -> Tensor:
    if layer == PIXELS:
        return images
    if layer in (LAST_MAPS, RANDOM_LAYERS):
        return last_maps(network, images)
    stage = dense_stages(network)[-1 if layer == LAST_DENSE else -2]
    return next(output for name, output in network.walk(images) if name == stage)


def randomized_copy(network: Classifier, *, seed: int = 0) -> Classifier:
    """Return a copy that has learned nothing: every layer's weights drawn anew."""
    drawn = copy.deepcopy(network)
    reset_weights(drawn, seed=seed)
    return drawn.requires_grad_(False)


@torch.no_grad()
def pooled_maps(backbone: Backbone, images: Tensor, count: int = 2) -> dict[str, Tensor]:
    """Return the maps after the first `count` poolings by stage (F3); nothing after them is computed.

    `images` `(N, channels, H, W)` in [0, 1] may be of any size that the poolings leave something of.
    """
    maps: dict[str, Tensor] = {}
    for name, output in backbone.network.walk(images):
        if isinstance(backbone.network.features.get_submodule(name), nn.MaxPool2d | nn.AvgPool2d):
            maps[name] = output
        if len(maps) == count or name == "flatten":
            break
    return maps
