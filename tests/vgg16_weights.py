"""Weights of VGG16's shapes, drawn at random, in the two kinds of files that people have; never called pretrained."""

from functools import cache
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor
from torchvision.models.vgg import cfgs, make_layers

DENSE = ((4096, 25088), (4096, 4096), (1000, 4096))


@cache
def made_features() -> dict[str, Tensor]:
    """Weights of the right shapes under torchvision's names, drawn at random once."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = make_layers(cfgs["D"])
    return {f"features.{name}": weight for name, weight in network.state_dict().items()}


def make_weights(folder: Path) -> Path:
    """Write them as safetensors: 58 MB."""
    path = folder / "made.safetensors"
    if not path.exists():
        safetensors.torch.save_file(made_features(), path)
    return path


def make_whole(folder: Path) -> Path:
    """Write a .pth as torchvision's, dense layers and all; theirs are one number each, repeated, so it stays small."""
    path = folder / "made.pth"
    numbers = zip((0, 3, 6), DENSE, strict=True)
    dense = {
        f"classifier.{number}.{kind}": torch.full((1,), 1e-3).expand(shape if kind == "weight" else shape[:1])
        for number, shape in numbers
        for kind in ("weight", "bias")
    }
    torch.save({**made_features(), **dense}, path)
    return path
