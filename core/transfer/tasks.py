"""Two classes of pictures as a task: what there is to learn from, and what is held out to be tested on (X5)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SIDE = 224  # pixels of a photograph (D7), which is what VGG16 learned from
MOST_PICTURES = 100  # of a class, as many as the seed has (D7)
FEWEST_PICTURES = 4  # of a class: three to learn from, one to be tested on
HELD_OUT = 0.25  # share that is tested on: 50 of the seed's 200 (X6)


class TaskError(ValueError):
    """Pictures that no task can be made of; the message is one sentence for the person who brought them."""


@dataclass(frozen=True, eq=False)
class Task:
    """Pictures of two classes. Shared: never write to them."""

    classes: tuple[str, str]
    pixels: NDArray[np.uint8]
    """`(N, side, side, 3)`; grey pictures three times the same."""
    labels: NDArray[np.int64]
    """`(N,)`, 0 or 1."""
    names: tuple[str, ...]
    test: NDArray[np.bool_]
    """`(N,)`: which are tested on and never learned from."""
    about: str
    """What these pictures are, and how they were split, in a sentence or two."""
    notes: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Return what tells this task from any other."""
        content = self.pixels.tobytes() + self.labels.tobytes() + self.test.tobytes()
        return hashlib.sha256("/".join(self.classes).encode() + content).hexdigest()


def make_task(
    classes: tuple[str, str], piles: Sequence[NDArray[np.uint8]], names: Sequence[Sequence[str]], *, seed: int = 0
) -> Task:
    """Return two piles of pictures `(N, side, side, 3)` as a task, a quarter of each class held out at random.

    A picture that is there twice counts once: learned from and tested on, it would be no test. Raises TaskError when
    a class has too few.
    """
    title = [name.strip() or f"class {number}" for number, name in enumerate(classes, 1)]
    if title[0] == title[1]:
        raise TaskError(f"Both classes are called {title[0]!r}; give each a name of its own.")
    kept = _without_doubles(piles)
    for name, pile, places in zip(title, piles, kept, strict=True):
        if not len(pile):
            raise TaskError(f"There is no picture of {name!r} yet.")
        if len(places) < FEWEST_PICTURES:
            raise TaskError(
                f"There {_are(len(places), 'different picture')} of {name!r}, and it takes at least {FEWEST_PICTURES}: "
                "three to learn from and one to be tested on."
            )
    labels = np.repeat([0, 1], [len(places) for places in kept])
    doubles = sum(map(len, piles)) - len(labels)
    return Task(
        (title[0], title[1]),
        np.concatenate([pile[places] for pile, places in zip(piles, kept, strict=True)]),
        labels,
        tuple(names[label][place] for label, places in enumerate(kept) for place in places),
        _hold_out(labels, seed),
        "Your own pictures, each squeezed to 224 × 224 pixels; a quarter of each class, chosen at random, is held out.",
        (f"{_were(doubles, 'picture')} there twice and counted once.",) if doubles else (),
    )


def _hold_out(labels: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Return which pictures are tested on: the same share of each class (stratified)."""
    from sklearn.model_selection import train_test_split  # a second to import, so only where needed

    _, tested = train_test_split(np.arange(len(labels)), test_size=HELD_OUT, stratify=labels, random_state=seed)
    held_out = np.zeros(len(labels), np.bool_)
    held_out[tested] = True
    return held_out


def _without_doubles(piles: Sequence[NDArray[np.uint8]]) -> list[list[int]]:
    """Return the places of all pictures that have not been met before, in either class."""
    met: set[bytes] = set()
    kept: list[list[int]] = [[] for _ in piles]
    for pile, places in zip(piles, kept, strict=True):
        for place, picture in enumerate(pile):
            digest = hashlib.sha256(picture.tobytes()).digest()
            if digest not in met:
                met.add(digest)
                places.append(place)
    return kept


def _are(count: int, noun: str) -> str:
    return f"is only 1 {noun}" if count == 1 else f"are only {count} {noun}s"


def _were(count: int, noun: str) -> str:
    return f"1 {noun} was" if count == 1 else f"{count} {noun}s were"
