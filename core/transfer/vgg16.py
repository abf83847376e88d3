"""VGG16 (Simonyan and Zisserman 2014) as a classifier of named stages, without weights.

The stages have Keras' names, the modules torchvision's order. Torchvision itself is not imported for them: that takes
170 MB. Weights are loaded in `vgg16_weights`.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from core.networks.classifier import Classifier, StageSummary
from core.transfer.tasks import SIDE

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's red, green and blue, from torchvision
BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # convolutions, and maps of each


class NormalizeColors(nn.Module):
    """Normalise colours inside the network, so that every public image stays in [0, 1].

    As torchvision does, like the weights; Keras' `preprocess_input` is for weights in Caffe's order.
    """

    def forward(self, images: Tensor) -> Tensor:
        mean, std = (images.new_tensor(values)[:, None, None] for values in (MEAN, STD))
        return (images - mean) / std


def build_vgg16(*, top: bool = False) -> Classifier:
    """Return VGG16, by default without its three dense layers, on the device "meta": shapes, but no weights.

    Its images are `(N, 3, H, W)` in [0, 1], with the dense layers 224 x 224 pixels.
    """
    with torch.device("meta"):  # else 138 million random weights would be made for nothing
        stages = OrderedDict(_feature_stages())
        head = OrderedDict(_dense_stages()) if top else OrderedDict()
    features = OrderedDict(normalize=NormalizeColors(), **stages, flatten=nn.Flatten())
    return Classifier(nn.Sequential(features), nn.Sequential(head)).eval()


def _feature_stages() -> Iterator[tuple[str, nn.Module]]:
    before = 3  # red, green and blue
    for block, (convolutions, maps) in enumerate(BLOCKS, 1):
        for number in range(1, convolutions + 1):
            yield f"block{block}_conv{number}", nn.Conv2d(before, maps, 3, padding=1)
            yield f"block{block}_relu{number}", nn.ReLU(inplace=True)
            before = maps
        yield f"block{block}_pool", nn.MaxPool2d(2)


def _dense_stages() -> Iterator[tuple[str, nn.Module]]:
    before = BLOCKS[-1][1] * 7 * 7
    for number, units in enumerate((4096, 4096), 1):
        yield f"fc{number}", nn.Linear(before, units)
        yield f"fc_relu{number}", nn.ReLU(inplace=True)
        yield f"fc_drop{number}", nn.Dropout()
        before = units
    yield "fc3", nn.Linear(before, 1000)


def to_state(weights: Mapping[str, Tensor], *, top: bool) -> dict[str, Tensor]:
    """Return torchvision's weights, `features.0.weight` and so on, with the names of our stages.

    Raises KeyError if one is missing.
    """
    network = build_vgg16(top=top)
    kinds = {
        "features": [name for name, _ in network.features.named_children()][1:-1],
        "head": [name for name, _ in network.head.named_children()],
    }
    state = {}
    for part, theirs in (("features", "features"), ("head", "classifier")):
        for number, name in enumerate(kinds[part]):
            for kind, _ in network.get_submodule(f"{part}.{name}").named_parameters():
                state[f"{part}.{name}.{kind}"] = weights[f"{theirs}.{number}.{kind}"].float()
    return state


def summarize_vgg16(side: int = SIDE) -> list[StageSummary]:
    """Return Keras' summary of VGG16 without top: 13 convolutions, 5 poolings, 14,714,688 parameters.

    Activations are part of the convolutions there. On the device "meta", so nothing is computed.
    """
    network = build_vgg16()
    counts = {name: sum(p.numel() for p in stage.parameters()) for name, stage in network.features.named_children()}
    walk = network.walk(torch.zeros(1, 3, side, side, device="meta"))
    return [
        StageSummary(name, tuple(output.shape[1:]), counts[name])
        for name, output in walk
        if name.startswith("block") and "relu" not in name
    ]
