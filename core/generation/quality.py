"""How good a generator is: whether its digits are read as they are meant, and whether it has learned by heart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.generation.dcgan import CLASSES, Generator
from core.generation.sampling import make_digits
from core.networks.evaluation import Network, accuracy, confusion, predict_labels
from core.zoo.checkpoints import load_classifier

JUDGE = "assignment"  # A3: another architecture than the discriminator's, and it has no part in the training
COUNT = 10_000  # digits that are read
SEED = 1  # of their latents: others than those of the set of made digits
CHUNK = 5_000  # digits compared at once: all 50,000 as numbers would take 160 MB


@dataclass(frozen=True, eq=False)
class GenerationQuality:
    """What a network reads in made digits."""

    share: float
    """Percent that it reads as they are meant."""
    counts: Tensor
    """`(10, 10)`: row = the class that was meant, column = the class that was read."""

    def of_class(self, label: int) -> float:
        """Return the share of one class in percent."""
        row = self.counts[label]
        return 100 * int(row[label]) / max(1, int(row.sum()))


def measure_quality(judge: Network, digits: Digits) -> GenerationQuality:
    """Return how a network reads made digits, all of them: none is left out."""
    read = predict_labels(judge, digits)
    return GenerationQuality(accuracy(digits.labels, read), confusion(digits.labels, read))


def measure_generator(generator: Generator, *, count: int = COUNT, seed: int = SEED) -> dict[str, Any]:
    """Return how the judge reads so many digits, as a card says it. Raises CheckpointError."""
    read = measure_quality(load_classifier(JUDGE), make_digits(generator, count, seed=seed))
    by_class = [round(read.of_class(label), 2) for label in range(CLASSES)]
    return {"judge": JUDGE, "digits": count, "seed": seed, "read_as_meant": round(read.share, 2), "by_class": by_class}


@dataclass(frozen=True, eq=False)
class NearestDigits:
    """The digit most like each picture."""

    indices: Tensor
    """Among the digits, `(N,)`."""
    distances: Tensor
    """Root of the summed squared differences of the pixels in [0, 1], `(N,)`."""


@torch.no_grad()
def find_nearest_digits(images: Tensor, digits: Digits) -> NearestDigits:
    """Return the nearest of the digits to each image `(N, 1, 28, 28)`: what is no nearer to any than real ones are to
    each other has not been learned by heart.
    """
    index, distance = torch.zeros(len(images), dtype=torch.long), torch.full((len(images),), torch.inf)
    for first in range(0, len(digits), CHUNK):
        known = digits.images(slice(first, first + CHUNK)).flatten(1)
        here, place = torch.cdist(images.flatten(1), known).min(1)
        index, distance = torch.where(here < distance, first + place, index), torch.minimum(here, distance)
    return NearestDigits(index, distance)
