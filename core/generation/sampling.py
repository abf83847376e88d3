"""What a generator makes from a seed: digits, a whole data set, and interpolations between two digits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import acos, sin

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.digits.datasets import MADE_DIGITS, Dataset, DatasetError, Digits, hash_digits
from core.generation import generator_checkpoint
from core.generation.dcgan import CLASSES, Generator, make_images
from core.system.checkpoint_files import SHIPPED, CheckpointError

SEED = 0
SIZES = (20_000, 5_000, 10_000)  # of the set's training, validation and test digits
STEPS = 60  # of an interpolation: two seconds at 30 images a second


def draw_latents(count: int, latent: int, seed: int) -> Tensor:
    """Return latents `(count, latent)`, the same for the same seed."""
    return torch.randn(count, latent, generator=torch.Generator().manual_seed(seed))


def make_digits(generator: Generator, count: int, *, seed: int = SEED) -> Digits:
    """Return made digits of all classes in turn, without any selection."""
    labels = torch.arange(count) % CLASSES
    images = make_images(generator, draw_latents(count, generator.latent, seed), labels)
    return Digits((255 * images[:, 0]).round().byte(), labels.to(images.device))


def load() -> Dataset:
    """Return the data set "made digits", made by the shipped generator. Raises DatasetError."""
    try:
        made = generator_checkpoint.load(SHIPPED)
    except CheckpointError as error:
        raise DatasetError(f"{MADE_DIGITS.capitalize()} cannot be made: {error}") from None
    digits = make_digits(made.generator, sum(SIZES))
    parts = zip(digits.pixels.split(SIZES), digits.labels.split(SIZES), strict=True)
    train, validation, test = (Digits(pixels, labels) for pixels, labels in parts)
    classes = tuple(map(str, range(CLASSES)))
    return Dataset(
        MADE_DIGITS, f"the shipped generator, seed {SEED}", classes, train, validation, test, hash_digits(digits)
    )


@dataclass(frozen=True, eq=False)
class InterpolationStep:
    """One image of an interpolation."""

    share: float
    """Of the way, from 0 to 1."""
    image: Tensor
    """`(1, 28, 28)` in [0, 1]."""


@torch.no_grad()
def interpolate(
    generator: Generator, latents: Sequence[Tensor], labels: Sequence[int], *, steps: int = STEPS
) -> Iterator[InterpolationStep]:
    """Yield the images from one latent `(latent,)` and class to another, both ends included.

    Latents are interpolated spherically: in the middle of a straight line they would be shorter than any in training
    (White 2016). Classes are mixed linearly, which the generator was never trained for.
    """
    start, end = (latent.to(generator.device) for latent in latents)
    meant = one_hot(torch.tensor(labels, device=generator.device), CLASSES).float()
    for step in range(steps + 1):
        share = step / steps
        mixed = (1 - share) * meant[:1] + share * meant[1:]
        yield InterpolationStep(share, generator.mix(slerp(start, end, share)[None], mixed)[0].cpu())


def slerp(start: Tensor, end: Tensor, share: float) -> Tensor:
    """Return the spherical linear interpolation between two latents, at a share from 0 to 1."""
    cosine = float(torch.dot(start, end) / (start.norm() * end.norm()))
    angle = acos(max(-1.0, min(1.0, cosine)))
    if sin(angle) < 1e-4:  # the same or the opposite direction: no unique arc
        return start + share * (end - start)
    return (sin((1 - share) * angle) * start + sin(share * angle) * end) / sin(angle)
