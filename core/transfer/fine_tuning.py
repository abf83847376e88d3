"""Fine-tuning with a new last layer, in two phases or one: is it better to train that layer alone first?"""

import copy
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.digits.datasets import Digits
from core.inversion.functions import reset_weights
from core.networks.classifier import Classifier
from core.networks.evaluation import predict_labels
from core.training.loop import TrainConfig, TrainStep, train
from core.transfer.backbones import Backbone, to_images
from core.transfer.tasks import Task

TWO_PHASES, ONE_PHASE, RANDOM_START = "two phases", "one phase", "random start"
ARMS = (TWO_PHASES, ONE_PHASE, RANDOM_START)
"""The last layer first, then all; all from the beginning; and, as a control, all from random weights."""
COLOR_SIDE = 64  # pixels for VGG16: with 224, a run would take an hour on a CPU


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """The settings of fine-tuning. Raises ValueError for impossible ones."""

    epochs: int = 20
    """Of each arm, all phases together."""
    first: int = 8
    """Epochs in which only the last layer is trained."""
    learning_rate: float = 0.01
    batch: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.epochs <= 200 or not 0 < self.first < self.epochs:
            raise ValueError("The last layer must be trained alone for at least one epoch, and not for all of them.")


@dataclass(frozen=True, eq=False)
class TuneStep:
    """All arms after one epoch; epoch 0 is the start."""

    epoch: int
    epochs: int
    phase: str
    """What is trained in this epoch in the arm with two phases: "the last layer" or "all layers"."""
    losses: dict[str, float]
    """Mean cross-entropy of each arm on the held-out pictures."""
    accuracies: dict[str, float]
    """In percent, of each arm on the held-out pictures."""
    weight_changes: dict[str, float]
    """L2 norm of the change of all weights but the last layer's, in percent of their norm at the start."""
    predicted: dict[str, NDArray[np.int64]]
    """The predicted classes of the held-out pictures."""


@dataclass(frozen=True, eq=False)
class Photographs(Digits):
    """Pictures of any size in the form of digits, to train on: uint8 `pixels` (N, channels, H, W)."""

    def images(self, index: slice | Tensor = slice(None)) -> Tensor:
        """Return the pictures at `index` as float32 (n, channels, H, W) in [0, 1]."""
        return self.pixels[index].float().div_(255)


def fine_tune(backbone: Backbone, task: Task, config: TuneConfig | None = None) -> Iterator[TuneStep]:
    """Yield the start and every epoch of all arms, which see the same pictures in the same order.

    Every arm is a copy of the backbone. The held-out pictures do not influence the training.
    """
    settings = config or TuneConfig()
    learned, held_out = _pictures(backbone, task)
    arms = {name: _start(backbone, learned, len(task.classes), name, settings) for name in ARMS}
    starts = {name: _older_weights(network) for name, network in arms.items()}
    yield _describe(0, settings, arms, starts, held_out, {})
    runs = [_run(arms[name], learned, held_out, settings, settings.first if name == TWO_PHASES else 0) for name in arms]
    for epoch, steps in enumerate(zip(*runs, strict=True), 1):
        yield _describe(epoch, settings, arms, starts, held_out, dict(zip(arms, steps, strict=True)))


def _pictures(backbone: Backbone, task: Task) -> tuple[Photographs, Photographs]:
    side = backbone.side if backbone.channels == 1 else min(backbone.side, COLOR_SIDE)
    images = to_images(task.pixels, backbone.channels, side)
    pixels, labels = (255 * images).round().byte(), torch.from_numpy(task.labels)
    test = torch.from_numpy(task.test)
    learned, held_out = Photographs(pixels[~test], labels[~test]), Photographs(pixels[test], labels[test])
    return learned.to(backbone.network.device), held_out.to(backbone.network.device)


def _start(backbone: Backbone, learned: Photographs, classes: int, name: str, config: TuneConfig) -> Classifier:
    """Return a copy of the network with a new last layer for the task's classes, the same in every arm."""
    network = copy.deepcopy(backbone.network).requires_grad_(True)
    stages = list(network.head.named_children())[:-1] if backbone.channels == 1 else []
    with torch.no_grad():
        vector = network.inversion(network.features(learned.images(slice(0, 1))))
        inputs = nn.Sequential(OrderedDict(stages))(vector).shape[1]
    last = nn.Linear(inputs, classes, device=network.device)
    reset_weights(last, seed=config.seed)
    tuned = Classifier(network.features, nn.Sequential(OrderedDict([*stages, ("last", last)])), network.inversion)
    if name == RANDOM_START:
        reset_weights(tuned, seed=config.seed)
    return tuned.eval()


def _run(
    network: Classifier, learned: Photographs, held_out: Photographs, config: TuneConfig, first: int
) -> Iterator[TrainStep]:
    """Yield a record for each epoch: `first` epochs of only the last layer, then all layers."""
    settings = TrainConfig(
        epochs=config.epochs,
        learning_rate=config.learning_rate,
        momentum=0.9,
        seed=config.seed,
        batch=min(config.batch, len(learned)),
        report_every=len(learned),
        device=learned.device.type,
    )
    if first:
        network.requires_grad_(False)
        network.head.get_submodule("last").requires_grad_(True)
        yield from train(network, learned, held_out, replace(settings, epochs=first))
        network.requires_grad_(True)
    yield from train(network, learned, held_out, replace(settings, epochs=config.epochs - first))


@torch.no_grad()
def _older_weights(network: Classifier) -> Tensor:
    """Return all weights but those of the new layer, as one vector."""
    return torch.cat([weight.flatten().cpu() for name, weight in network.named_parameters() if "last" not in name])


def _describe(
    epoch: int,
    config: TuneConfig,
    arms: dict[str, Classifier],
    starts: dict[str, Tensor],
    held_out: Photographs,
    steps: dict[str, TrainStep],
) -> TuneStep:
    device, labels = held_out.device, held_out.labels.cpu()
    predicted = {name: predict_labels(network.to(device), held_out).cpu() for name, network in arms.items()}
    right: dict[str, Any] = {name: (read == labels).double().mean() for name, read in predicted.items()}
    return TuneStep(
        epoch,
        config.epochs,
        "the last layer" if epoch <= config.first else "all layers",
        {name: step.validation_loss or 0.0 for name, step in steps.items()},
        {name: 100 * float(share) for name, share in right.items()},
        {name: 100 * float((_older_weights(arms[name]) - old).norm() / old.norm()) for name, old in starts.items()},
        {name: read.numpy() for name, read in predicted.items()},
    )
