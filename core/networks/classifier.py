"""The classifier: named feature stages, an inversion and a head, built from the data in `architectures`."""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.networks.architectures import Architecture, Stage
from core.networks.restored import Restored
from core.pmnist.masks import SIDE
from core.system import interrupts

MEAN, STD = 0.1307, 0.3081  # of MNIST's training pixels, as in the talk's published code


class Normalize(nn.Module):
    """Normalise pixels inside the network, so that images outside stay in [0, 1]."""

    def forward(self, images: Tensor) -> Tensor:
        return (images - MEAN) / STD


class Shuffle(nn.Module):
    """Put all pixels into another order, the same for every digit and network."""

    order: Tensor

    def __init__(self) -> None:
        super().__init__()
        order = torch.randperm(SIDE * SIDE, generator=torch.Generator().manual_seed(0))
        self.register_buffer("order", order, persistent=False)  # the same everywhere, so no file holds it

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(2)[..., self.order].reshape(images.shape)


class Classifier(nn.Module):
    """Named feature stages up to the flattened vector, an inversion without weights, and a head.

    The missing-feature network is the standard one with another inversion and a retrained head.
    """

    def __init__(self, features: nn.Sequential, head: nn.Sequential, inversion: nn.Module | None = None) -> None:
        super().__init__()
        self.features = features
        self.inversion = inversion if inversion is not None else nn.Identity()
        self.head = head

    @property
    def device(self) -> torch.device:
        """The device that the weights are on."""
        return next(self.parameters()).device

    def stages(self) -> list[tuple[str, nn.Module]]:
        """Return all stages with their names, first to last."""
        return [*self.features.named_children(), ("inverted", self.inversion), *self.head.named_children()]

    def walk(self, images: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield the name and output of every stage, first to last; the last output is the logits.

        Long work may end here, as in `extract` and `predict_from_features`: it is many passes, one after another.
        """
        interrupts.check()
        output = images
        for name, stage in self.stages():
            output = stage(output)
            yield name, output

    def activations(self, images: Tensor) -> dict[str, Tensor]:
        """Return every stage's output for `images` `(N, 1, 28, 28)` in [0, 1]."""
        return dict(self.walk(images))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits `(N, classes)` of `images` `(N, 1, 28, 28)` in [0, 1]."""
        for _, output in self.walk(images):
            logits = output
        return logits

    def predict(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return probabilities `(N, classes)`; a classifier is blind: it ignores the mask."""
        return self(images).softmax(1)

    @property
    def classifier(self) -> "Classifier":
        """Itself: see `evaluation.Network`."""
        return self

    restores = False
    blind = True

    @torch.no_grad()
    def restore(self, digit: NDArray[np.float32], mask: NDArray[np.bool_]) -> Restored:
        """Return what it reads in one digit `(28, 28)` under a mask; it fills nothing in."""
        image = torch.from_numpy(digit * mask)[None, None].to(self.device)
        return Restored(self.predict(image)[0].cpu().numpy(), mask, None)

    def predict_holes(self, image: Tensor, masks: Tensor) -> Tensor:
        """Return probabilities `(M, classes)` of one image `(1, 28, 28)` under many masks `(M, 28, 28)`."""
        return self.predict(image * masks[:, None])

    def extract(self, images: Tensor) -> Tensor:
        """Return the feature vectors `(N, F)` of `images` `(N, 1, 28, 28)`, before inversion."""
        interrupts.check()
        return self.features(images)

    def predict_from_features(self, vectors: Tensor) -> Tensor:
        """Return probabilities `(N, classes)` from feature vectors `(N, F)`, before inversion."""
        interrupts.check()
        return self.head(self.inversion(vectors)).softmax(1)


def build(architecture: Architecture, *, seed: int = 0) -> Classifier:
    """Return a new network with weights from a seed, without touching the global generator.

    Raises ValueError, a sentence with the sizes, for stages that do not fit.
    """
    *_, (maps, rows, columns) = (1, SIDE, SIDE), *architecture.shapes()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Classifier(_features(architecture), _head(architecture, maps * rows * columns))
    # Convolutions on a processor are two to three times faster in this memory format.
    return network.to(memory_format=torch.channels_last)


def _features(architecture: Architecture) -> nn.Sequential:
    stages: OrderedDict[str, nn.Module] = OrderedDict(normalize=Normalize())
    counts: Counter[str] = Counter()
    channels = 1
    for stage in architecture.features:
        counts[stage.kind] += 1
        stages[f"{stage.kind}{counts[stage.kind]}"] = _module(stage, channels)
        channels = stage.filters if stage.kind == "conv" else channels
    stages["flatten"] = nn.Flatten()
    return nn.Sequential(stages)


def _module(stage: Stage, channels: int) -> nn.Module:
    match stage.kind:
        case "conv":
            return nn.Conv2d(channels, stage.filters, stage.size, stage.stride, stage.padding, stage.dilation)
        case "pool":
            return nn.MaxPool2d(stage.size)
        case "mean_pool":
            return nn.AvgPool2d(stage.size)
        case "norm":
            return nn.BatchNorm2d(channels)
        case "drop":
            return nn.Dropout2d(stage.rate)
    return _MODULES[stage.kind]()


_MODULES: dict[str, type[nn.Module]] = {
    "shuffle": Shuffle,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "silu": nn.SiLU,  # Swish
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu6": nn.ReLU6,
}


def _head(architecture: Architecture, inputs: int) -> nn.Sequential:
    stages: OrderedDict[str, nn.Module] = OrderedDict()
    for number, units in enumerate(architecture.hidden, 1):
        stages[f"fc{number}"] = nn.Linear(inputs, units)
        stages[f"fc_{architecture.activation}{number}"] = _MODULES[architecture.activation]()
        if architecture.dropout:
            stages[f"fc_drop{number}"] = nn.Dropout(architecture.dropout)
        inputs = units
    stages[f"fc{len(architecture.hidden) + 1}"] = nn.Linear(inputs, architecture.classes)
    return nn.Sequential(stages)


@dataclass(frozen=True)
class StageSummary:
    """One row of a network's summary table, as Keras prints it."""

    stage: str
    shape: tuple[int, ...]
    """Of the output, without the batch."""
    parameters: int
    """Weights and biases; also the two running statistics of a batch norm, as Keras counts."""


def summarize(architecture: Architecture) -> list[StageSummary]:
    """Return the summary table of a network that is to be built: see `summarize_network`."""
    return summarize_network(build(architecture).eval())


@torch.no_grad()
def summarize_network(network: Classifier) -> list[StageSummary]:
    """Return the summary table: each stage's output shape and number of parameters."""
    stages = {**dict(network.features.named_children()), **dict(network.head.named_children())}
    walk = network.walk(torch.zeros(1, 1, SIDE, SIDE, device=network.device))
    return [StageSummary(name, tuple(output.shape[1:]), _count(stages.get(name))) for name, output in walk]


def _count(stage: nn.Module | None) -> int:
    return 0 if stage is None else sum(t.numel() for t in stage.state_dict().values() if t.is_floating_point())
