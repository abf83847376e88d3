"""Find the sheet of paper in a photograph and straighten it.

A sheet is a quadrilateral whose colour differs from the ground along each of its sides. The photograph may show only a
part of it: then some sides are the photograph's own, and the ground must be far darker or of another colour, since the
edge of a shadow looks alike.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from core.digits.photographs.geometry import Corners, rectangle, shrink, take

Pixels = NDArray[np.uint8]

SEARCH_SIDE = 320  # pixels: enough for four corners
MIN_AREA, MAX_AREA = 0.15, 0.98  # shares of the photograph
MIN_DIFFERENCE = 9.0  # between sheet and ground, in CIELAB
SHADOW = 0.15  # a shadow leaves at least this share of the light
OTHER_COLOUR = 14.0  # of the ground, where it is no shadow: CIELAB without lightness
MIN_OVERLAP = 0.9  # of a sheet with its four straight sides; a round stroke has less
INSET = 0.015  # share of the sheet's side that is cut off, since its edge is ragged


def find_sheet(pixels: Pixels) -> Corners | None:
    """Return the corners (4, 2) of the sheet in an RGB photograph (H, W, 3), clockwise from the top left; or None."""
    scale = SEARCH_SIDE / max(pixels.shape[:2])
    size = (max(8, round(pixels.shape[1] * scale)), max(8, round(pixels.shape[0] * scale)))
    small = cv2.medianBlur(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), 5)
    lab = np.asarray(cv2.cvtColor(small.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB), np.float32)
    found = [corners for corners in _quadrilaterals(lab) if _is_sheet(lab, corners)]
    if not found:
        return None
    stretch = np.array([pixels.shape[1] / size[0], pixels.shape[0] / size[1]], np.float32)
    whole = [corners for corners in found if not any(_own_sides(lab, corners))]  # shadows end there, too
    return np.asarray(max(whole or found, key=_area) * stretch, np.float32)


def straighten(pixels: Pixels, corners: Corners) -> tuple[Pixels, Corners]:
    """Return the sheet inside four corners as a rectangle, without its ragged edge, and the corners of what is left."""
    inner = shrink(corners, 1 - 2 * INSET)
    sides = np.linalg.norm(inner - np.roll(inner, -1, axis=0), axis=1)
    width, height = max(8, round(float(sides[[0, 2]].mean()))), max(8, round(float(sides[[1, 3]].mean())))
    change = cv2.getPerspectiveTransform(inner, rectangle(0, 0, width, height))
    straight = cv2.warpPerspective(pixels, change, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(straight, np.uint8), inner


def _area(corners: Corners) -> float:
    return float(cv2.contourArea(corners))


def _quadrilaterals(lab: NDArray[np.float32]) -> Iterator[Corners]:
    """Yield the outlines of regions of one colour, or within edges, that have four corners and the size of a sheet."""
    total = lab.shape[0] * lab.shape[1]
    for mask in _regions(lab):
        for outline in cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]:
            hull = np.asarray(cv2.convexHull(outline), np.int32)
            filled = cv2.contourArea(outline)
            if not MIN_AREA * total < filled or filled < 0.85 * cv2.contourArea(hull):
                continue
            for tolerance in (0.02, 0.04, 0.06):
                corners = cv2.approxPolyDP(hull, tolerance * cv2.arcLength(hull, True), True)
                if len(corners) == 4:
                    fitted = _fitted(
                        corners.reshape(4, 2).astype(np.float32), np.asarray(outline, np.int32).reshape(-1, 2)
                    )
                    if _overlap(fitted, hull) > MIN_OVERLAP:
                        yield _clockwise(fitted)
                    break


def _overlap(corners: Corners, hull: NDArray[np.int32]) -> float:
    """Return the area that the quadrilateral and the hull share, as a share of what they cover together."""
    shared = cv2.intersectConvexConvex(cv2.convexHull(corners), hull.astype(np.float32))[0]
    return shared / (_area(corners) + cv2.contourArea(hull) - shared)


def _fitted(corners: Corners, outline: NDArray[np.int32]) -> Corners:
    """Return the corners where straight lines through the outline's sides meet."""
    lines = []
    for start, end in _sides(corners):
        along = (end - start) / max(float(np.linalg.norm(end - start)), 1.0)
        off = outline - start
        place, away = off @ along, np.abs(off @ np.array([-along[1], along[0]]))
        length = float(np.linalg.norm(end - start))
        side = outline[(place > 0.1 * length) & (place < 0.9 * length) & (away < 0.06 * length + 3)]
        if len(side) < 5:
            return corners
        lines.append(cv2.fitLine(side.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel())
    met = [point for at in range(4) if (point := _meeting(lines[at - 1], lines[at])) is not None]
    moved = np.stack(met) if len(met) == 4 else corners
    return np.asarray(moved if np.abs(moved - corners).max() < 0.1 * SEARCH_SIDE else corners, np.float32)


def _meeting(one: NDArray[np.float32], two: NDArray[np.float32]) -> Corners | None:
    """Return the point where two lines (direction, point) meet; None if they are parallel."""
    matrix = np.array([[one[0], -two[0]], [one[1], -two[1]]])
    if abs(np.linalg.det(matrix)) < 1e-3:
        return None
    return np.asarray(one[2:] + np.linalg.solve(matrix, two[2:] - one[2:])[0] * one[:2], np.float32)


def _regions(lab: NDArray[np.float32]) -> Iterator[Pixels]:
    """Yield masks (H, W): lighter or darker, redder or greener, yellower or bluer regions; and what edges enclose."""
    levels = [_to_bytes(lab[..., channel], span) for channel, span in ((0, (0, 100)), (1, (-60, 60)), (2, (-60, 60)))]
    for level in levels:
        if np.ptp(level) > 8:
            mask = cv2.threshold(level, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
            yield from (np.asarray(mask, np.uint8), np.asarray(255 - mask, np.uint8))
    for threshold in (20, 60):
        edges = np.maximum.reduce([cv2.Canny(level, threshold, 2 * threshold) for level in levels])
        yield np.asarray(cv2.dilate(edges, np.ones((3, 3), np.uint8)), np.uint8)


def _to_bytes(values: NDArray[np.float32], span: tuple[float, float]) -> Pixels:
    return np.asarray(((values - span[0]) / (span[1] - span[0]) * 255).clip(0, 255), np.uint8)


def _clockwise(corners: Corners) -> Corners:
    """Order corners clockwise from the top left."""
    middle = corners.mean(axis=0)
    around = corners[np.argsort(np.arctan2(*(corners - middle).T[::-1]))]
    return np.asarray(np.roll(around, -int(around.sum(axis=1).argmin()), axis=0), np.float32)


def _is_sheet(lab: NDArray[np.float32], corners: Corners) -> bool:
    """Return whether the colour changes along every side that is not the photograph's own, and something is inside."""
    own, pairs, step = _own_sides(lab, corners), [], 0.022 * SEARCH_SIDE
    for start, end in _sides(corners):
        along = (end - start) / max(float(np.linalg.norm(end - start)), 1.0)
        inward = np.array([-along[1], along[0]], np.float32)
        pairs.append((_colour(lab, start, end, step * inward), _colour(lab, start, end, -step * inward)))
    visible = [pair for pair, is_own in zip(pairs, own, strict=True) if not is_own]
    if not visible or not all(_differ(inside, outside, cut_off=any(own)) for inside, outside in visible):
        return False
    return _holds_a_drawing(lab, corners, np.stack([inside for inside, _ in pairs]))


def _sides(corners: Corners) -> Iterator[tuple[Corners, Corners]]:
    """Yield the two ends of each side."""
    yield from zip(corners, np.roll(corners, -1, axis=0), strict=True)


def _own_sides(lab: NDArray[np.float32], corners: Corners) -> list[bool]:
    """Return for each side whether it is the photograph's own: the sheet goes on beyond it."""
    margin, ends = 0.015 * SEARCH_SIDE, np.array([lab.shape[1] - 1, lab.shape[0] - 1], np.float32)
    return [
        bool(((start < margin) & (end < margin) | (start > ends - margin) & (end > ends - margin)).any())
        for start, end in _sides(corners)
    ]


def _colour(lab: NDArray[np.float32], start: Corners, end: Corners, shift: Corners) -> NDArray[np.float32]:
    """Return the median colour beside a side."""
    shares = np.linspace(0.1, 0.9, 41, dtype=np.float32)[:, None]
    points = start + shares * (end - start) + shift
    return np.asarray(np.median(take(lab, points), axis=0), np.float32)


def _differ(inside: NDArray[np.float32], outside: NDArray[np.float32], cut_off: bool) -> bool:
    difference = inside - outside
    if not cut_off:
        return bool(np.linalg.norm(difference) > MIN_DIFFERENCE)
    light = ((16 + np.array([inside[0], outside[0]])) / 116) ** 3
    return bool(np.linalg.norm(difference[1:]) > OTHER_COLOUR or light[1] < SHADOW * light[0])


def _holds_a_drawing(lab: NDArray[np.float32], corners: Corners, colours: NDArray[np.float32]) -> bool:
    """Return whether most of the inside has the colour of the rim, and a part of it has not."""
    if _area(corners) > MAX_AREA * lab.shape[0] * lab.shape[1]:
        return False
    mask = np.zeros(lab.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, shrink(corners, 0.92).round().astype(np.int32), 1)
    inside = lab[mask > 0]
    away = np.linalg.norm(inside[:, None] - colours[None], axis=2).min(axis=1)
    return bool(0.002 < (away > 15).mean() < 0.5)
