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

Positions = NDArray[np.floating]  # `(N, 2)` from 0 to 1, (0, 0) at the lower left


def color_of_class(label: int) -> str:
    """Return the colour of a class; after ten classes colours repeat."""
    return CLASS_COLORS[label % len(CLASS_COLORS)]


def to_places(positions: Positions) -> list[list[int]]:
    """Return positions as places in a drawing of SIDE units, downwards from its upper left."""
    found: list[list[int]] = np.rint(SIDE * (positions * (1, -1) + (0, 1))).astype(int).tolist()
    return found


def draw_path(path: Positions, neighbours: Positions, description: str) -> str:
    """Return the way of a digit from whole to erased, or one point, and rings around its neighbours, as SVG."""
    return render("map_path.html", path=to_places(path), neighbours=to_places(neighbours), description=description)


def class_centers(
    positions: Positions, labels: NDArray[np.integer], classes: Sequence[str]
) -> list[tuple[str, int, int]]:
    """Return the name of each class that has digits, and the middle (median) of its digits."""
    found = []
    for label in np.unique(labels).tolist():
        ((x, y),) = to_places(np.median(positions[labels == label], 0)[None])
        found.append((classes[label], x, y))
    return found
