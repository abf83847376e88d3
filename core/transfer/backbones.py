"""A network used as a feature extractor for new pictures: VGG16, or one of our own."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core.inversion.functions import reset_weights
from core.inversion.map_atlas import last_maps
from core.networks.classifier import Classifier
from core.pmnist import masks
from core.transfer.handmade import oriented_gradients
from core.transfer.tasks import SIDE

LAST_MAPS, SECOND_TO_LAST_DENSE, LAST_DENSE = "last maps", "second to last dense layer", "last dense layer"
PIXELS, RANDOM_LAYERS = "pixels alone", "last maps of layers drawn at random"
HAND_MADE = "hand-made features"
CONTROLS = (HAND_MADE, PIXELS, RANDOM_LAYERS)
LAYERS = (LAST_MAPS, SECOND_TO_LAST_DENSE, LAST_DENSE, *CONTROLS)
"""The possible features; in the controls nothing was learned."""
PHOTO_SIDE = 84  # pixels of a photograph for our own convolutions: three times the side of a digit
LUMA = (0.299, 0.587, 0.114)  # weights of red, green and blue in grey (ITU-R 601)
COLOR_BATCH, GRAY_BATCH = 4, 50  # VGG16's first maps take 13 MB for each picture


@dataclass(frozen=True, eq=False)
class Backbone:
    """A frozen network and the picture format it needs."""

    title: str
    origin: str
    """What it was trained on, in words, as far as known."""
    network: Classifier
    channels: int = 1
    """1: grey; 3: colour."""
    side: int = masks.SIDE
    """Side of a picture in pixels that its dense layers need."""

    def layers(self) -> tuple[str, ...]:
        """Return which of LAYERS it has."""
        dense = len(dense_stages(self.network))
        return tuple(
            layer
            for layer in LAYERS
            if not (layer == LAST_DENSE and not dense or layer == SECOND_TO_LAST_DENSE and dense < 2)
        )

    @cached_property
    def reads_any_size(self) -> bool:
        """Whether its convolutions take pictures of any size; those of a network from a file may not."""
        try:
            with torch.no_grad():
                last_maps(self.network, torch.zeros(1, 1, PHOTO_SIDE, PHOTO_SIDE, device=self.network.device))
        except RuntimeError:
            return False
        return True

    def side_for(self, layer: str, pixels: NDArray[np.uint8]) -> int:
        """Return the side in pixels to which pictures are resized for a layer.

        Dense layers need the size they were trained with. Convolutions and the pixels alone accept any size, so
        photographs keep more detail than 28 x 28.
        """
        own = self.channels == 1
        free = layer in (PIXELS, HAND_MADE) or layer in (LAST_MAPS, RANDOM_LAYERS) and own and self.reads_any_size
        return PHOTO_SIDE if free and (pixels.shape[1] > masks.SIDE or not own) else self.side


def dense_stages(network: Classifier) -> list[str]:
    """Return the names of the dense layers' outputs, after the activation if there is one."""
    names = [name for name, _ in network.head.named_children()]
    dense = [name for name, stage in network.head.named_children() if isinstance(stage, nn.Linear)]
    following = {name: names[names.index(name) + 1 : names.index(name) + 2] for name in dense}
    return [after[0] if after and "relu" in after[0] else name for name, after in following.items()]


def own_backbone(title: str, network: Classifier) -> Backbone:
    """Return one of our networks, trained on digits, as a backbone."""
    return Backbone(title, "digits", network)


def vgg_backbone(network: Classifier, *, checked: bool, file: str, side: int = SIDE) -> Backbone:
    """Return VGG16 as a backbone; it is called pretrained only if the weights are `checked` to be torchvision's."""
    if checked:
        return Backbone("VGG16, pretrained", "ImageNet: 1.3 million photographs of 1,000 kinds", network, 3, side)
    origin = f"the unknown training data of the file {file!r}, which cannot be checked here"
    return Backbone("VGG16, weights of your file", origin, network, 3, side)


def to_images(pixels: NDArray[np.uint8], channels: int, side: int | None = None) -> Tensor:
    """Return pictures `(N, H, W, 3)` as float32 `(N, channels, side, side)` in [0, 1]; without a side, not resized."""
    images = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 255
    if channels == 1:
        images = (images * torch.tensor(LUMA)[:, None, None]).sum(1, keepdim=True)
    if side is not None and images.shape[2:] != (side, side):
        images = functional.interpolate(images, size=(side, side), mode="bilinear", antialias=True)
    return images.clamp(0, 1)


@dataclass(frozen=True, eq=False)
class FeatureStep:
    """The features of some more pictures."""

    done: int
    count: int
    features: Tensor
    """Of these pictures: maps `(n, maps, rows, columns)`, or a layer's activations `(n, units)`."""


def extract_features(backbone: Backbone, pixels: NDArray[np.uint8], layer: str = LAST_MAPS) -> Iterator[FeatureStep]:
    """Yield the features of pictures `(N, H, W, 3)` in batches. Raises ValueError for a layer it does not have."""
    if layer not in backbone.layers():
        raise ValueError(f"{backbone.title} has no {layer}; it has {', '.join(backbone.layers())}.")
    network = randomized_copy(backbone.network) if layer == RANDOM_LAYERS else backbone.network
    side, batch = backbone.side_for(layer, pixels), GRAY_BATCH if backbone.channels == 1 else COLOR_BATCH
    for start in range(0, len(pixels), batch):
        images = to_images(pixels[start : start + batch], backbone.channels, side).to(network.device)
        yield FeatureStep(min(start + batch, len(pixels)), len(pixels), layer_features(network, images, layer).cpu())


def compute_features(backbone: Backbone, pixels: NDArray[np.uint8], layer: str = LAST_MAPS) -> Tensor:
    """Return the features of all pictures at once."""
    return torch.cat([step.features for step in extract_features(backbone, pixels, layer)])


@torch.no_grad()
def layer_features(network: Classifier, images: Tensor, layer: str) -> Tensor:
    """Return the features of images `(N, C, H, W)`; for RANDOM_LAYERS the network is such a copy already."""
    if layer == PIXELS:
        return images
    if layer == HAND_MADE:
        return oriented_gradients(images)
    if layer in (LAST_MAPS, RANDOM_LAYERS):
        return last_maps(network, images)
    stage = dense_stages(network)[-1 if layer == LAST_DENSE else -2]
    return next(output for name, output in network.walk(images) if name == stage)


def randomized_copy(network: Classifier, *, seed: int = 0) -> Classifier:
    """Return a copy with random weights in every layer."""
    drawn = copy.deepcopy(network)
    reset_weights(drawn, seed=seed)
    return drawn.requires_grad_(False)


@torch.no_grad()
def pooled_maps(backbone: Backbone, images: Tensor, count: int = 2) -> dict[str, Tensor]:
    """Return the maps after the first `count` poolings, by stage; later stages are not computed.

    `images` `(N, channels, H, W)` in [0, 1] may have any size large enough for the poolings.
    """
    maps: dict[str, Tensor] = {}
    for name, output in backbone.network.walk(images):
        if isinstance(backbone.network.features.get_submodule(name), nn.MaxPool2d | nn.AvgPool2d):
            maps[name] = output
        if len(maps) == count or name == "flatten":
            break
    return maps
