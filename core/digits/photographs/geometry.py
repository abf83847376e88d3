"""Corners and points (n, 2), as (x, y) in pixels of a picture."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Corners = NDArray[np.float32]
Level = TypeVar("Level", np.uint8, np.float32)


def rectangle(left: float, top: float, right: float, bottom: float) -> Corners:
    """Return the corners of a rectangle, clockwise from the top left."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def shrink(corners: Corners, share: float) -> Corners:
    """Return the corners moved to their middle, so that the sides have this share of their length."""
    middle = corners.mean(axis=0)
    return np.asarray(middle + (corners - middle) * share, np.float32)


def project(points: Corners, source: Corners, target: Corners) -> Corners:
    """Return points (n, 2) moved as a perspective moves four corners to four others."""
    change = cv2.getPerspectiveTransform(source, target)
    return np.asarray(cv2.perspectiveTransform(points[None], change)[0], np.float32)


def take(picture: NDArray[Level], points: NDArray[np.floating]) -> NDArray[Level]:
    """Return the pixels (n) or (n, channels) nearest to the points; a point outside has the border's."""
    columns = points[:, 0].round().astype(int).clip(0, picture.shape[1] - 1)
    rows = points[:, 1].round().astype(int).clip(0, picture.shape[0] - 1)
    return picture[rows, columns]
