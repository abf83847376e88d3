"""Digits for tests: drawn ones that need no data set, and the first real ones on this machine."""

from functools import cache

import torch

from core.digits import datasets
from core.digits.datasets import Dataset, Digits

# Which of a pocket calculator's seven bars each digit lights: top, upper right, lower right, bottom, left ones, middle.
BARS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")
PLACES = {  # (rows, columns) of each bar
    "a": (slice(5, 8), slice(9, 19)),
    "b": (slice(5, 14), slice(16, 19)),
    "c": (slice(14, 23), slice(16, 19)),
    "d": (slice(20, 23), slice(9, 19)),
    "e": (slice(14, 23), slice(9, 12)),
    "f": (slice(5, 14), slice(9, 12)),
    "g": (slice(12, 15), slice(9, 19)),
}


def made_digits(count: int, seed: int = 0) -> Digits:
    """Draw calculator digits, every class equally often, each with a random shift and ink; no two are alike."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 10
    pixels = torch.zeros(count, 28, 28, dtype=torch.uint8)
    for picture, label in zip(pixels, labels.tolist(), strict=True):
        for bar in BARS[label]:
            picture[PLACES[bar]] = 255
    ink = torch.randint(128, 256, (count, 28, 28), generator=generator).byte()
    shifts = torch.randint(-3, 4, (count, 2), generator=generator).tolist()
    drawn = zip(torch.minimum(pixels, ink), shifts, strict=True)
    return Digits(torch.stack([picture.roll(tuple(shift), (0, 1)) for picture, shift in drawn]), labels)


def made_dataset(train: int = 200, test: int = 40) -> Dataset:
    """Return a whole set of made digits, as `load` would."""
    parts = (made_digits(count, seed) for seed, count in enumerate((train, test, test)))
    return Dataset("made digits", "made", tuple("0123456789"), *parts, sha256="0" * 64)


FROM = 15  # MNIST's first five of the test digits comes before, and hardly looks like one


@cache
def real_set() -> Dataset:
    """Return MNIST, or the offline digits where it is not."""
    return datasets.load_or_offline()


def real_digits(count: int) -> Digits:
    """Return the first real training digits there are."""
    return real_set().train.first(count)


def sample_of(label: int) -> str:
    """Return the number of a real test digit of this class, as in an address; it depends on the data set."""
    return str(FROM + int(torch.nonzero(real_set().test.labels[FROM:] == label)[0]))
