"""A task: pictures of two to ten classes, split into training and held-out pictures."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SIDE = 224  # pixels of a photograph, as VGG16 was trained with
MAX_CLASSES = 10
MAX_PICTURES, MAX_ALL_PICTURES = 100, 300  # of a class, as many as the lecture has; and of all classes together
FEWEST_PICTURES = 4  # of a class: three for training, one for testing
HELD_OUT = 0.25  # 50 of the lecture's 200


class TaskError(ValueError):
    """No task can be made of these pictures; the message is one sentence for their owner."""


@dataclass(frozen=True, eq=False)
class Task:
    """Pictures of two to ten classes. Shared: never write to them."""

    classes: tuple[str, ...]
    pixels: NDArray[np.uint8]
    """`(N, side, side, 3)`; grey pictures have three equal channels."""
    labels: NDArray[np.int64]
    """`(N,)`, indices of `classes`."""
    names: tuple[str, ...]
    test: NDArray[np.bool_]
    """`(N,)`: which are held out."""
    about: str
    """What the pictures are and how they were split, in a sentence or two."""
    notes: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Return a hash of the whole task."""
        content = self.pixels.tobytes() + self.labels.tobytes() + self.test.tobytes()
        return hashlib.sha256("/".join(self.classes).encode() + content).hexdigest()


def most_pictures(classes: int) -> int:
    """Return how many of your own pictures each of so many classes may have."""
    return min(MAX_PICTURES, MAX_ALL_PICTURES // classes)


def check_classes(count: int) -> None:
    """Raise TaskError if a task cannot have so many classes."""
    if not 2 <= count <= MAX_CLASSES:
        raise TaskError(f"Choose two to {MAX_CLASSES} classes, not {count}.")


def make_task(
    classes: Sequence[str], pictures: Sequence[NDArray[np.uint8]], names: Sequence[Sequence[str]], *, seed: int = 0
) -> Task:
    """Return two to ten classes of pictures `(N, side, side, 3)` as a task, a quarter of each held out at random.

    Duplicates are removed: a picture in both training and test would make the test useless. Raises TaskError for
    another number of classes, for two of one name, and if a class has too few pictures.
    """
    check_classes(len(classes))
    titles = tuple(name.strip() or f"class {number}" for number, name in enumerate(classes, 1))
    if same := next((title for title in titles if titles.count(title) > 1), None):
        raise TaskError(f"Two classes are called {same!r}; give them different names.")
    kept = _without_doubles(pictures)
    for name, class_pictures, places in zip(titles, pictures, kept, strict=True):
        if not len(class_pictures):
            raise TaskError(f"There is no picture of {name!r} yet.")
        if len(places) < FEWEST_PICTURES:
            raise TaskError(
                f"There {_are(len(places), 'different picture')} of {name!r}; at least {FEWEST_PICTURES} are needed: "
                "three for training and one for testing."
            )
    labels = np.repeat(np.arange(len(titles)), [len(places) for places in kept])
    doubles = sum(map(len, pictures)) - len(labels)
    return Task(
        titles,
        np.concatenate([class_pictures[places] for class_pictures, places in zip(pictures, kept, strict=True)]),
        labels,
        tuple(names[label][place] for label, places in enumerate(kept) for place in places),
        _hold_out(labels, seed),
        "Your own pictures, each resized to 224 × 224 pixels; a quarter of each class, chosen at random, is held out.",
        (f"{_were(doubles, 'picture')} there twice and counted once.",) if doubles else (),
    )


def _hold_out(labels: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Return which pictures are held out: the same share of each class (stratified)."""
    from sklearn.model_selection import train_test_split  # a second to import, so only where needed

    _, tested = train_test_split(np.arange(len(labels)), test_size=HELD_OUT, stratify=labels, random_state=seed)
    held_out = np.zeros(len(labels), np.bool_)
    held_out[tested] = True
    return held_out


def _without_doubles(pictures: Sequence[NDArray[np.uint8]]) -> list[list[int]]:
    """Return for each class the indices of the pictures that did not occur before, in any class."""
    met: set[bytes] = set()
    kept: list[list[int]] = [[] for _ in pictures]
    for class_pictures, places in zip(pictures, kept, strict=True):
        for place, picture in enumerate(class_pictures):
            digest = hashlib.sha256(picture.tobytes()).digest()
            if digest not in met:
                met.add(digest)
                places.append(place)
    return kept


def _are(count: int, noun: str) -> str:
    return f"is only 1 {noun}" if count == 1 else f"are only {count} {noun}s"


def _were(count: int, noun: str) -> str:
    return f"1 {noun} was" if count == 1 else f"{count} {noun}s were"
