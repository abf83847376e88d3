"""Remove what is printed: rulings, squares, margin lines and boxes.

A printed line is thin and straight. It runs across the whole sheet, is one of several parallel ones, or is a side of a
rectangle around something. Ink that crosses it stays.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.digits.drawing import Array
from core.digits.photographs.geometry import Corners, shrink, take
from core.digits.photographs.ink import faintest_ink

Mask = NDArray[np.uint8]

MAX_THICKNESS = 0.018  # of the sheet's long side
MIN_LENGTH = 0.15  # of the sheet's short side, for a line that is seen at all
COVERED = 0.7  # share of a line across the sheet that must be dark
END = 0.05  # share of a line at each end that must be dark too
MAX_LINES = 400
RECTANGLE = 0.9  # share of the smallest rectangle around it that a box fills; an ellipse fills 0.79
MIN_BOX = 0.08  # of the sheet's long side
MUCH_DARKER = 1.7  # ink that lies on a line is darker than the line by this factor, or joins ink on both sides


@dataclass(frozen=True)
class Line:
    """A straight line from start to end, (x, y) in pixels."""

    start: tuple[float, float]
    end: tuple[float, float]

    @property
    def angle(self) -> float:
        """The direction in degrees, from 0 to 180."""
        return float(np.degrees(np.arctan2(self.end[1] - self.start[1], self.end[0] - self.start[0])) % 180)

    def points(self, count: int) -> NDArray[np.float64]:
        """Return points (count, 2) along the line."""
        return np.linspace(self.start, self.end, count)


def remove_lines(contrast: Array) -> tuple[Array, bool]:
    """Return the contrast without printed lines, and whether there were any."""
    smooth = np.asarray(cv2.GaussianBlur(contrast, (0, 0), 0.8), np.float32)
    threshold = faintest_ink(smooth)
    dark = np.asarray(smooth > threshold, np.uint8)
    thickest = max(3, round(MAX_THICKNESS * max(contrast.shape)))
    solid = cv2.morphologyEx(dark, cv2.MORPH_OPEN, _disc(thickest))
    thin = np.where(cv2.dilate(solid, _disc(3)) > 0, 0, dark).astype(np.uint8)
    lines = _across(thin, dark) + _boxes(dark, thin)
    if not lines:
        return contrast, False
    printed, level = _printed(contrast, lines, thickest)
    ink = np.asarray(dark & (1 - printed), np.uint8)
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, _disc(_widest(printed, thickest) + 2))
    kept = (printed == 0) | (joined > 0) | (contrast > MUCH_DARKER * np.maximum(level, threshold))
    return np.where(kept, contrast, 0).astype(np.float32), True


def _disc(width: int) -> Mask:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)), np.uint8)


def _widest(printed: Mask, thickest: int) -> int:
    """Return the usual width of printed lines in pixels, from 3."""
    distance = cv2.distanceTransform(printed, cv2.DIST_L2, 3)
    return max(3, round(2 * min(float(np.percentile(distance[distance > 0], 90)), float(thickest))))


def _across(thin: Mask, dark: Mask) -> list[Line]:
    """Return lines that run across the sheet, or of which there are three that are parallel."""
    height, width = thin.shape
    shortest = MIN_LENGTH * min(height, width)
    segments = cv2.HoughLinesP(thin, 1, np.pi / 720, round(0.5 * shortest), None, shortest, 0.2 * shortest)
    if segments is None:
        return []
    near = np.asarray(cv2.dilate(dark, np.ones((3, 3), np.uint8)), np.uint8)
    found = []
    for x0, y0, x1, y1 in np.asarray(segments).reshape(-1, 4)[:MAX_LINES].tolist():
        line = _extended(Line((x0, y0), (x1, y1)), width, height)
        seen = take(near, line.points(200))
        ends = round(END * 200)
        if seen.mean() > COVERED:
            found.append((line, min(seen[:ends].mean(), seen[-ends:].mean()) > 0.4))
    return [line for line, reaches in found if reaches or _parallels(line, [other for other, _ in found]) >= 3]


def _parallels(line: Line, others: list[Line]) -> int:
    """Count the lines with about the same direction at clearly different places."""
    places: list[float] = []
    normal = np.radians(line.angle + 90)
    for other in others:
        if abs((other.angle - line.angle + 90) % 180 - 90) < 4:
            middle = other.points(3)[1]
            place = float(middle[0] * np.cos(normal) + middle[1] * np.sin(normal))
            if all(abs(place - known) > 10 for known in places):
                places.append(place)
    return len(places)


def _extended(line: Line, width: int, height: int) -> Line:
    """Return the line from one border of the sheet to the other."""
    start, end = np.array(line.start), np.array(line.end)
    along = end - start
    low, high = -np.inf, np.inf
    for axis, last in ((0, width - 1), (1, height - 1)):
        if abs(along[axis]) > 1e-9:
            cuts = sorted(((0 - start[axis]) / along[axis], (last - start[axis]) / along[axis]))
            low, high = max(low, cuts[0]), min(high, cuts[1])
    first, last_point = start + low * along, start + high * along
    return Line((float(first[0]), float(first[1])), (float(last_point[0]), float(last_point[1])))


def _boxes(dark: Mask, thin: Mask) -> list[Line]:
    """Return the sides of rectangles around something, and of rectangles beside these."""
    outlines, tree = cv2.findContours(dark, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if tree is None:
        return []
    holes = [outline for outline, (_, _, _, parent) in zip(outlines, np.asarray(tree)[0], strict=True) if parent >= 0]
    boxes = [
        corners
        for outline in holes
        if (corners := _rectangle(np.asarray(outline, np.int32), max(dark.shape))) is not None
    ]
    if not any(_encloses(dark, box) for box in boxes):
        return []
    sides = [(box[at], box[(at + 1) % 4]) for box in boxes for at in range(4)]
    return [Line((float(a[0]), float(a[1])), (float(b[0]), float(b[1]))) for a, b in sides]


def _rectangle(outline: NDArray[np.int32], side: int) -> Corners | None:
    """Return the corners (4, 2) of a hole that is a rectangle, seen from anywhere; else None."""
    area = cv2.contourArea(outline)
    if area < (MIN_BOX * side) ** 2 or area < RECTANGLE * cv2.contourArea(cv2.convexHull(outline)):
        return None
    corners = cv2.approxPolyDP(cv2.convexHull(outline), 0.04 * cv2.arcLength(outline, True), True)
    _, (width, height), _ = cv2.minAreaRect(outline)
    if len(corners) != 4 or area < RECTANGLE * width * height:
        return None
    return np.asarray(corners.reshape(4, 2), np.float32)


def _encloses(dark: Mask, box: Corners) -> bool:
    """Return whether there is ink well inside a box."""
    inside = np.zeros_like(dark)
    cv2.fillConvexPoly(inside, shrink(box, 0.9).round().astype(np.int32), 1)
    return bool(dark[inside > 0].mean() > 0.01)


def _printed(contrast: Array, lines: list[Line], thickest: int) -> tuple[Mask, Array]:
    """Return where lines are printed, and how dark the line is there."""
    printed, level = np.zeros(contrast.shape, np.uint8), np.zeros(contrast.shape, np.float32)
    for line in lines:
        path, width, dark = _follow(contrast, line, thickest)
        cv2.polylines(printed, [path], False, 1, width)
        cv2.polylines(level, [path], False, dark, width)
    return printed, level


def _follow(contrast: Array, line: Line, thickest: int) -> tuple[NDArray[np.int32], int, float]:
    """Follow a line that is slightly bent: return its path, width and darkness."""
    count = max(16, round(float(np.hypot(*(np.array(line.end) - line.start)))))
    points = line.points(count)
    along = points[-1] - points[0]
    normal = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6)
    offsets = np.arange(-thickest - 3, thickest + 4)
    places = points[:, None] + offsets[None, :, None] * normal
    around = cv2.remap(contrast, places[..., 0].astype(np.float32), places[..., 1].astype(np.float32), cv2.INTER_LINEAR)
    path, widths, levels = [], [], []
    for part in np.array_split(np.arange(count), max(1, count // 60)):
        profile = np.median(around[part], axis=0)
        near = np.exp(-((offsets / max(4, thickest / 2)) ** 2))
        peak = int((profile * near).argmax())
        over = np.flatnonzero(profile > 0.4 * profile[peak])
        run = over[np.abs(over - peak) <= thickest // 2 + 1]
        run = run if len(run) else np.array([peak])
        path.append(points[part[len(part) // 2]] + offsets[run].mean() * normal)
        widths.append(len(run))
        levels.append(float(profile[peak]))
    shift_first, shift_last = (
        path[0] - points[len(points) // (2 * len(path))],
        path[-1] - points[-1 - len(points) // (2 * len(path))],
    )
    path = [points[0] + shift_first, *path, points[-1] + shift_last]
    return np.array(path).round().astype(np.int32), round(float(np.median(widths))) + 2, float(np.median(levels))
