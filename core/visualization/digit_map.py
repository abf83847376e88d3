"""A map of digits: colours of classes, and the way of one digit over the map."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.visualization.palette import (
    BLUE,
    BROWN,
    GRAY,
    GREEN,
    OLIVE,
    ORANGE,
    PINK,
    PURPLE,
    SKY_BLUE,
    VERMILION,
)
from core.visualization.rendering import render

# Digits that lie beside one another, such as 4 and 9, have colours that differ most; names on the map say the rest.
CLASS_COLORS = (GRAY, BLUE, BROWN, GREEN, VERMILION, ORANGE, OLIVE, PURPLE, PINK, SKY_BLUE)
SIDE = 1000  # of the drawing
CLEAR = 70  # units between a name and a digit's way, which would hide it

Name = tuple[str, int, int]
"""A word on the map, and where its middle stands."""

Positions = NDArray[np.floating]  # `(N, 2)` from 0 to 1, (0, 0) at the lower left


def color_of_class(label: int) -> str:
    """Return the colour of a class; after ten classes colours repeat."""
    return CLASS_COLORS[label % len(CLASS_COLORS)]


def to_places(positions: Positions) -> list[list[int]]:
    """Return positions as places in a drawing of SIDE units, downwards from its upper left."""
    found: list[list[int]] = np.rint(SIDE * (positions * (1, -1) + (0, 1))).astype(int).tolist()
    return found


def draw_path(path: Positions, neighbours: Positions, names: Sequence[Name], description: str) -> str:
    """Return the way of a digit from whole to erased, or one point, rings around its neighbours, and names, as SVG."""
    way = to_places(path)
    clear = [keep_clear(name, way) for name in names]
    return render("map_path.html", path=way, neighbours=to_places(neighbours), names=clear, description=description)


def keep_clear(name: Name, way: Sequence[Sequence[int]]) -> Name:
    """Return the name above those places of a way that it would lie on, or below them where the map ends."""
    word, x, y = name
    near = [down for across, down in way if max(abs(across - x), abs(down - y)) < CLEAR]
    if not near:
        return name
    return word, x, min(near) - CLEAR if min(near) > 2 * CLEAR else max(near) + CLEAR


def class_centers(positions: Positions, labels: NDArray[np.integer], classes: Sequence[str]) -> list[Name]:
    """Return the name of each class that has digits, and the middle (median) of its digits."""
    found = []
    for label in np.unique(labels).tolist():
        ((x, y),) = to_places(np.median(positions[labels == label], 0)[None])
        found.append((classes[label], x, y))
    return found
