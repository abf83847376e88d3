"""VGG16 (Simonyan and Zisserman 2014) as a classifier of named stages, without weights.

The stages have Keras' names; the modules are torchvision's. Weights are loaded in `vgg16_weights`.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from core.networks.classifier import Classifier, StageSummary
from core.transfer.tasks import SIDE

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's red, green and blue, from torchvision
DENSE_STAGES = ("fc1", "fc_relu1", "fc_drop1", "fc2", "fc_relu2", "fc_drop2", "fc3")


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
    from torchvision.models import vgg16  # a second to import, so only where needed

    with torch.device("meta"):  # else 138 million random weights would be made for nothing
        plain = vgg16(weights=None)
    stages = OrderedDict(zip(_names(plain.features), plain.features, strict=True))
    features = OrderedDict(normalize=NormalizeColors(), **stages, flatten=nn.Flatten())
    head = OrderedDict(zip(DENSE_STAGES, plain.classifier, strict=True)) if top else OrderedDict()
    return Classifier(nn.Sequential(features), nn.Sequential(head)).eval()


def _names(features: nn.Sequential) -> Iterator[str]:
    block, number = 1, 0
    for stage in features:
        if isinstance(stage, nn.MaxPool2d):
            yield f"block{block}_pool"
            block, number = block + 1, 0
        else:
            number += isinstance(stage, nn.Conv2d)
            yield f"block{block}_{'conv' if isinstance(stage, nn.Conv2d) else 'relu'}{number}"


def to_state(weights: Mapping[str, Tensor], *, top: bool) -> dict[str, Tensor]:
    """Return torchvision's weights, `features.0.weight` and so on, with the names of our stages.

    Raises KeyError if one is missing.
    """
    network = build_vgg16(top=top)
    kinds = {
        "features": [name for name, _ in network.features.named_children()][1:-1],
        "head": DENSE_STAGES if top else (),
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
