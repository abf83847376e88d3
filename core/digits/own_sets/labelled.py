"""Pictures with the names of their classes, as read from files: what all formats become."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.digits.own_sets.limits import MAX_CLASS_NAME, MAX_CLASSES, MIN_CLASSES, OwnSetError, check_count
from core.digits.own_sets.shrinking import Pixels
from core.system.safe_names import to_safe_name


@dataclass(frozen=True, eq=False)
class LabelledPictures:
    """All pictures of one's own files, not split."""

    kind: str
    """What the files were: "a ZIP of folders", ..."""
    pixels: Pixels
    """`(n, 28, 28)`, as in the files: not inverted."""
    labels: NDArray[np.int64]
    """`(n,)`, indices of `classes`."""
    classes: tuple[str, ...]
    test: NDArray[np.bool_]
    """`(n,)`: those that the files themselves hold out for the test."""
    notes: tuple[str, ...] = ()
    """A sentence for each kind of omission."""

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """`(n,)`: as `test`; none of files that are only a test set, which are split as others are."""
        return self.test & ~self.test.all()

    def count(self) -> list[int]:
        """Return the number of pictures of each class."""
        return np.bincount(self.labels, minlength=len(self.classes)).tolist()

    def count_copies(self) -> int:
        """Return how many pictures are equal to another one: between training and test they would flatter."""
        return len(self.pixels) - len(np.unique(self.pixels.reshape(len(self.pixels), -1), axis=0))


def label_pictures(
    kind: str,
    pixels: Pixels,
    names: Sequence[Any] | NDArray[Any],
    test: NDArray[np.bool_] | None = None,
    *,
    classes: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> LabelledPictures:
    """Return pictures (n, 28, 28) with their labels: names, numbers, or one-hot rows. Raises OwnSetError.

    `classes`: the names of the numbers 0, 1, ..., if the files say them.
    """
    check_count(len(pixels))
    numbers = np.asarray(names)
    if len(numbers) != len(pixels):
        raise OwnSetError(f"There are {len(pixels):,} pictures and {len(numbers):,} labels, which do not match.")
    found, labels = np.unique(flatten_labels(numbers), return_inverse=True)
    if not MIN_CLASSES <= len(found) <= MAX_CLASSES:
        raise OwnSetError(f"A set has {MIN_CLASSES} to {MAX_CLASSES} classes, and these files have {len(found):,}.")
    named = _name(found, classes)
    order = np.argsort([_sort_key(name) for name in named]) if found.dtype.kind in "US" else np.arange(len(found))
    place = np.argsort(order)
    test = np.zeros(len(pixels), np.bool_) if test is None else test
    return LabelledPictures(kind, pixels, place[labels], tuple(named[at] for at in order), test, tuple(notes))


def flatten_labels(labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels as (n,): whole numbers or texts. Raises OwnSetError."""
    if labels.ndim == 2 and labels.shape[1] > 1:
        if labels.dtype.kind not in "buif" or not (labels.sum(1) == 1).all() or labels.max() != 1:
            raise OwnSetError("Each row of one-hot labels must hold a single 1 and otherwise zeros.")
        labels = labels.argmax(1)
    labels = labels.reshape(len(labels)) if labels.size == len(labels) else labels
    if labels.ndim != 1 or labels.dtype.kind not in "buifUS":
        raise OwnSetError("The labels must be one number or one name for each picture, or one-hot rows.")
    if labels.dtype.kind == "f":
        if not (np.abs(labels) < 1e9).all() or (labels != np.rint(labels)).any():  # also nan
            raise OwnSetError("The labels must be whole numbers or names.")
        labels = labels.astype(np.int64)
    return labels.astype(np.str_) if labels.dtype.kind == "S" else labels


def _name(found: NDArray[Any], classes: Sequence[str]) -> list[str]:
    """Return a name that is safe to show for each label that occurs; they stay different."""
    names = [to_safe_name(text, MAX_CLASS_NAME) for text in to_texts(found, classes)]
    if not all(names) or len(set(names)) < len(names):
        raise OwnSetError(
            f"Each class needs a name of its own, of letters and digits: at most {MAX_CLASS_NAME} characters count."
        )
    return names


def to_texts(labels: NDArray[Any], classes: Sequence[str]) -> list[str]:
    """Return the text of each label `(n,)`: a name of `classes` where all labels are their numbers."""
    if labels.dtype.kind not in "bui":
        return [str(one) for one in labels]
    numbers = [int(one) for one in labels]
    known = 0 <= min(numbers) and max(numbers) < len(classes)
    return [classes[one] if known else str(one) for one in numbers]


def _sort_key(name: str) -> str:
    """Return a key that sorts 2 before 10."""
    return re.sub(r"\d+", lambda found: found[0].rjust(MAX_CLASS_NAME, "0"), name.casefold())
