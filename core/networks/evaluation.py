"""Predictions of networks: probabilities, accuracy, loss, confusion, agreement of networks, and the PMNIST table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import nll_loss

from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.networks.restored import Restored
from core.pmnist.masks import CUTS, Variant, cut_masks, erase

BATCH = 125  # small enough for the activations to stay in the processor's cache
WHOLE = "whole"  # the column for whole digits
COLUMNS = (WHOLE, *CUTS)

# The talk's Table 1: accuracy, and gain over the ordinary network, in percent. One run, chosen on the test set.
TALK_ACCURACY = {"whole": 98.55, "HCUT": 67.00, "VCUT": 70.15, "DCUT": 61.31, "TCUT": 40.87}
TALK_GAIN = {"whole": 0.31, "HCUT": 4.45, "VCUT": 9.05, "DCUT": 6.36, "TCUT": 6.62}


class Network(Protocol):
    """Anything that reads digits: a classifier, or a network that fills holes first and reads the filled digits."""

    @property
    def classifier(self) -> Classifier:
        """The classifier that scores classes: itself, or what reads the filled digits."""

    @property
    def restores(self) -> bool:
        """Whether it fills holes before it reads."""

    @property
    def blind(self) -> bool:
        """Whether it ignores the mask; a restoring network that is not blind is told where the hole is."""

    def predict(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return probabilities `(N, classes)` of `images` `(N, 1, 28, 28)` in [0, 1]."""

    def predict_holes(self, image: Tensor, masks: Tensor) -> Tensor:
        """Return probabilities `(M, classes)` of one image `(1, 28, 28)` under many masks `(M, 28, 28)`."""

    def restore(self, digit: NDArray[np.float32], mask: NDArray[np.bool_]) -> Restored:
        """Return what it fills into one digit `(28, 28)` under a mask, True = kept, and reads then."""


def without_filling(networks: Mapping[str, Network], mask: NDArray[np.bool_]) -> dict[str, Classifier]:
    """Return what reads this digit as it is: classifiers, and what is told of the hole where there is none."""
    whole = bool(mask.all())
    direct = {name: one for name, one in networks.items() if not one.restores or whole and not one.blind}
    return {name: one.classifier for name, one in direct.items()}


@torch.no_grad()
def predict(network: Network, images: Tensor, mask: Tensor | None = None) -> Tensor:
    """Erase, then return probabilities `(N, classes)`, in batches."""
    if mask is None:
        return torch.cat([network.predict(part) for part in images.split(BATCH)])
    mask = mask.to(images.device)
    masks = mask.split(BATCH) if mask.ndim == 3 else repeat(mask)
    parts = zip(erase(images, mask).split(BATCH), masks, strict=False)
    return torch.cat([network.predict(part, kept) for part, kept in parts])


def predict_labels(network: Network, digits: Digits, mask: Tensor | None = None) -> Tensor:
    """Return the predicted classes `(N,)` of all digits."""
    return predict(network, digits.images(), mask).argmax(1)


def accuracy(labels: Tensor, predicted: Tensor) -> float:
    """Return the share of correct predictions in percent."""
    return 100 * int((labels == predicted).sum()) / len(labels)


def cross_entropy(labels: Tensor, probabilities: Tensor) -> float:
    """Return the mean cross-entropy (the test loss) of labels `(N,)` and probabilities `(N, classes)`.

    A probability of 0 counts as the smallest number that its type can hold, so that one digit cannot make it infinite.
    """
    smallest = torch.finfo(probabilities.dtype).tiny
    return float(nll_loss(probabilities.clamp(min=smallest).log(), labels))


def evaluate(network: Network, digits: Digits, mask: Tensor | None = None) -> float:
    """Return the network's accuracy in percent."""
    return accuracy(digits.labels, predict_labels(network, digits, mask))


def lead(logits: Tensor, labels: Tensor | int) -> Tensor:
    """Return by how much a class's logit exceeds the largest other one `(N,)`; below 0 another class is read.

    `labels`: the class of each row `(N,)`, or one for all.
    """
    chosen = torch.as_tensor(labels, device=logits.device).expand(len(logits))[:, None]
    return logits.gather(1, chosen)[:, 0] - logits.scatter(1, chosen, -torch.inf).amax(1)


def confusion(labels: Tensor, predicted: Tensor, classes: int = 10) -> Tensor:
    """Return counts `(classes, classes)`: row = true class, column = predicted."""
    return torch.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


@dataclass(frozen=True)
class PredictionCounts:
    """How many digits both networks read correctly, neither, or only one of them."""

    both: int
    neither: int
    only_a: int
    only_b: int


def compare_predictions(labels: Tensor, a: Tensor, b: Tensor) -> PredictionCounts:
    """Count over the predicted classes `a` and `b` of two networks, each `(N,)`."""
    right_a, right_b = a == labels, b == labels
    counts = (right_a & right_b, ~right_a & ~right_b, right_a & ~right_b, ~right_a & right_b)
    return PredictionCounts(*(int(count.sum()) for count in counts))


@dataclass(frozen=True, eq=False)
class EvaluationStep:
    """One cell of the PMNIST table."""

    network: str
    column: str
    accuracy: float
    """Percent."""
    loss: float
    """Mean cross-entropy."""
    predicted: Tensor
    done: int
    cells: int


def pmnist_table(
    networks: Mapping[str, Network], digits: Digits, *, variant: Variant = "text"
) -> Iterator[EvaluationStep]:
    """Yield the accuracy and the loss of every network on whole digits and on every cut, cell by cell."""
    done, cells = 0, len(networks) * len(COLUMNS)
    for column in COLUMNS:
        for name, network in networks.items():
            probabilities = read_column(network, digits, column, variant)
            predicted, loss = probabilities.argmax(1), cross_entropy(digits.labels, probabilities)
            done += 1
            yield EvaluationStep(name, column, accuracy(digits.labels, predicted), loss, predicted.cpu(), done, cells)


def predict_column(network: Network, digits: Digits, column: str, *, variant: Variant = "text") -> Tensor:
    """Return the predicted classes `(N,)` for one column of the PMNIST table: "whole", or a cut."""
    return read_column(network, digits, column, variant).argmax(1)


def read_column(network: Network, digits: Digits, column: str, variant: Variant = "text") -> Tensor:
    """Return the probabilities `(N, classes)` for one column of the PMNIST table."""
    mask = None if column == WHOLE else cut_masks(column, len(digits), variant=variant)
    return predict(network, digits.images(), mask)


@torch.no_grad()
def predict_digit(
    networks: Mapping[str, Network], digit: NDArray[np.float32], mask: NDArray[np.bool_]
) -> dict[str, NDArray[np.float32]]:
    """Return each network's probabilities `(classes,)` of one digit `(28, 28)` under one mask, as arrays for a page."""
    device = next((network.classifier.device for network in networks.values()), None)
    image = torch.from_numpy(digit)[None, None].to(device)
    read = predict_together(networks, image, torch.from_numpy(mask))
    return {name: probabilities[0].cpu().numpy() for name, probabilities in read.items()}


@torch.no_grad()
def predict_together(networks: Mapping[str, Network], images: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """Erase, then return each network's probabilities `(N, classes)`; one mask for all, or one for each digit.

    Features that several networks share are computed once.
    """
    mask = mask.to(images.device)
    erased, vectors, probabilities = erase(images, mask), dict[nn.Module, Tensor](), {}
    for name, network in networks.items():
        if network.restores:
            probabilities[name] = network.predict(erased, mask)
            continue
        features = network.classifier.features
        if features not in vectors:
            vectors[features] = torch.cat([network.classifier.extract(part) for part in erased.split(BATCH)])
        probabilities[name] = network.classifier.predict_from_features(vectors[features])
    return probabilities
