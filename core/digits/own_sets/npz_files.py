"""NumPy files -> labelled pictures: Keras's `x_train`, `y_train`, `x_test`, `y_test`, and other names."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.digits.own_sets.labelled import LabelledPictures, label_pictures
from core.digits.own_sets.limits import MAX_UNPACKED, OwnSetError, check_count
from core.digits.own_sets.shrinking import Fit, shrink_array
from core.system.npz import npz_to_arrays
from core.system.safe_names import to_safe_name

MAX_ARRAYS = 20
CLASS_NAMES = ("classes", "class_names", "names")
LABELS = re.compile(r"^y\d*(_|$)|_y$|label|target")
ROLES = re.compile(r"x|y|images?|pictures?|pixels|labels?|targets?|data|[\W_]|\d")  # what is not training or test

Half = tuple[NDArray[Any], NDArray[Any]]


def read_npz(content: bytes, fit: Fit, most: int) -> LabelledPictures:
    """Return the pictures of an .npz file. Raises OwnSetError and ArchiveError; nothing pickled is loaded."""
    found = npz_to_arrays(content, most_files=MAX_ARRAYS, most_bytes=MAX_UNPACKED)
    arrays = {name: array for name, array in found.items() if array.ndim}  # a single number or text says nothing here
    classes = next((arrays.pop(name) for name in CLASS_NAMES if name in arrays), np.array([], str))
    halves = _pair(arrays)
    check_count(sum(len(pixels) for pixels, _ in halves.values()), most)
    shrunk = [shrink_array(pixels, fit) for pixels, _ in halves.values()]
    test = np.concatenate([np.full(len(pixels), "test" in name) for name, (pixels, _) in halves.items()])
    try:
        labels = np.concatenate([labels for _, labels in halves.values()])
    except (ValueError, TypeError):
        raise OwnSetError("The labels of training and test have different shapes or types.") from None
    return label_pictures("an NPZ file", np.concatenate(shrunk), labels, test, classes=[str(one) for one in classes])


def _pair(arrays: dict[str, NDArray[Any]]) -> dict[str, Half]:
    """Return pixels and labels of each half by the words of their names that are left. Raises OwnSetError."""
    labels = {name: array for name, array in arrays.items() if array.ndim == 1 or LABELS.search(name.lower())}
    pixels = {name: array for name, array in arrays.items() if name not in labels and array.ndim > 1}
    if len(labels) == len(pixels) == 1:
        return {name: (pixels[name], next(iter(labels.values()))) for name in pixels}
    of_half = {_half_of(name): array for name, array in labels.items()}
    named = {_half_of(name): array for name, array in pixels.items()}
    halves = {half: (array, of_half[half]) for half, array in named.items() if half in of_half}
    if not halves or len(halves) < max(len(labels), len(pixels)):
        raise OwnSetError(
            "An NPZ file needs pictures and labels, for example x_train, y_train, x_test and y_test; this one has "
            f"{', '.join(repr(to_safe_name(name)) for name in sorted(arrays)[:6]) or 'nothing'}."
        )
    for found, names in halves.values():
        if len(found) != len(names):
            raise OwnSetError(f"There are {len(found):,} pictures and {len(names):,} labels, which do not match.")
    return halves


def _half_of(name: str) -> str:
    return ROLES.sub("", name.lower())
