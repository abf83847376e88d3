"""The quality of a generator: are its digits read as intended, and did it memorise real digits?"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.generation.dcgan import CLASSES, Generator
from core.generation.sampling import make_digits
from core.networks.evaluation import Network, accuracy, confusion, predict_labels
from core.system import interrupts

JUDGE = "assignment"  # a network of another architecture than the discriminator's, with no part in the training
COUNT = 10_000  # digits that are read
SEED = 1  # of their latents, other than those of the data set of made digits
CHUNK = 5_000  # digits compared at once: all 50,000 as floats would take 160 MB


@dataclass(frozen=True, eq=False)
class GenerationQuality:
    """How a network reads made digits."""

    share: float
    """Percent that are read as intended."""
    counts: Tensor
    """`(10, 10)`: row = the intended class, column = the predicted class."""

    def of_class(self, label: int) -> float:
        """Return the share of one intended class in percent."""
        row = self.counts[label]
        return 100 * int(row[label]) / max(1, int(row.sum()))


def measure_quality(judge: Network, digits: Digits) -> GenerationQuality:
    """Return how a network reads these made digits."""
    read = predict_labels(judge, digits)
    return GenerationQuality(accuracy(digits.labels, read), confusion(digits.labels, read))


def measure_generator(generator: Generator, judge: Network, *, count: int = COUNT, seed: int = SEED) -> dict[str, Any]:
    """Return how the network JUDGE reads `count` digits, in the form of a card's `measured`."""
    read = measure_quality(judge, make_digits(generator, count, seed=seed))
    by_class = [round(read.of_class(label), 2) for label in range(CLASSES)]
    return {"judge": JUDGE, "digits": count, "seed": seed, "read_as_meant": round(read.share, 2), "by_class": by_class}


@dataclass(frozen=True, eq=False)
class NearestDigits:
    """The nearest digit to each image."""

    indices: Tensor
    """Among the digits, `(N,)`."""
    distances: Tensor
    """Euclidean distances of the pixels in [0, 1], `(N,)`."""


@torch.no_grad()
def find_nearest_digits(images: Tensor, digits: Digits) -> NearestDigits:
    """Return the nearest of the digits to each image `(N, 1, 28, 28)`.

    Made digits that are no nearer to real ones than those are to each other were not memorised.
    """
    index, distance = torch.zeros_like(images[:, 0, 0, 0], dtype=torch.long), images.new_full((len(images),), torch.inf)
    for first in range(0, len(digits), CHUNK):
        interrupts.check()
        known = digits.images(slice(first, first + CHUNK)).flatten(1)
        here, place = torch.cdist(images.flatten(1), known).min(1)
        index, distance = torch.where(here < distance, first + place, index), torch.minimum(here, distance)
    return NearestDigits(index, distance)
