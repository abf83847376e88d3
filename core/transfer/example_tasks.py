"""Tasks that need no upload: crops of two photographs, and classes of digits."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from core.digits.datasets import Dataset, Digits
from core.transfer.tasks import HELD_OUT, MAX_PICTURES, Task, TaskError, check_classes

PHOTOGRAPHS = {"temple": "china", "flower": "flower"}  # as scikit-learn calls them
CROP = 64  # pixels: a crop shows only a part, so that not every one is easy
TRAIN_DIGITS, TEST_DIGITS = 10, 250  # of each class; with ten to train on, the features decide the result


def crops_task(count: int = MAX_PICTURES, *, seed: int = 0) -> Task:
    """Return the task to tell crops of two photographs apart, a temple and a flower, which ship with scikit-learn.

    Training crops are from the left 62 % of each photograph, test crops from the right 38 %: they share no pixel. The
    result says nothing about other temples and flowers.
    """
    tested = round(count * HELD_OUT)
    chance = np.random.default_rng(seed)
    pixels = []
    for name in PHOTOGRAPHS:
        photograph = load_photograph(name)
        border = round(photograph.shape[1] * 0.62)
        pixels += _crop(photograph[:, :border], count - tested, chance) + _crop(photograph[:, border:], tested, chance)
    return Task(
        ("temple", "flower"),
        np.stack(pixels),
        np.repeat([0, 1], count),
        tuple(f"crop {number % count + 1}" for number in range(2 * count)),
        np.tile(np.arange(count) >= count - tested, 2),
        f"Crops of {CROP} × {CROP} pixels of only two photographs, china.jpg and flower.jpg, which ship with "
        "scikit-learn (CC BY 2.0, by danielbuechele and vultilion on Flickr). Training crops are from the left part of "
        "each, test crops from the right part: they share no pixel.",
    )


def load_photograph(name: str) -> NDArray[np.uint8]:
    """Return one of PHOTOGRAPHS as `(427, 640, 3)`."""
    from sklearn.datasets import load_sample_image  # a second to import, so only where needed

    photograph: NDArray[np.uint8] = load_sample_image(f"{PHOTOGRAPHS[name]}.jpg")
    return photograph


def _crop(picture: NDArray[np.uint8], count: int, chance: np.random.Generator) -> list[NDArray[np.uint8]]:
    rows, columns = (chance.integers(0, size - CROP + 1, count) for size in picture.shape[:2])
    return [picture[row : row + CROP, column : column + CROP] for row, column in zip(rows, columns, strict=True)]


def digits_task(
    dataset: Dataset, labels: Sequence[int], *, learned: int = TRAIN_DIGITS, tested: int = TEST_DIGITS
) -> Task:
    """Return the task to tell digits of some classes apart: at most so many validation digits for training, and test.

    The shipped networks were trained on other digits of these classes. Raises TaskError for twice the same class, and
    unless there are two to ten.
    """
    check_classes(len(labels))
    if len({*labels}) < len(labels):
        raise TaskError("Choose each class once.")
    splits = ((dataset.validation, learned), (dataset.test, tested))
    parts = [_pick(digits, label, most) for label in labels for digits, most in splits]
    sizes = [len(part) for part in parts]
    pixels = np.concatenate(parts)[..., None].repeat(3, 3)
    return Task(
        tuple(dataset.classes[label] for label in labels),
        pixels,
        np.repeat(np.arange(len(labels)).repeat(2), sizes),
        tuple(f"digit {number}" for number in range(len(pixels))),
        np.repeat(np.tile([False, True], len(labels)), sizes),
        f"Digits of {dataset.name}: validation digits for training, test digits for testing. Our networks were not "
        "trained on these, but on other digits of the same classes.",
    )


def _pick(digits: Digits, label: int, most: int) -> NDArray[np.uint8]:
    return digits.pixels[torch.nonzero(digits.labels == label)[:most, 0]].cpu().numpy()
