"""The path of one number through the network: forward to the next convolution, or back to the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from core.convolution.explanations import Explanation, Place, explain_value, pooling_window
from core.convolution.trace import StageTrace
from core.networks.classifier import Shuffle

POOLING_STAGES = (nn.MaxPool2d, nn.AvgPool2d)


@dataclass(frozen=True, eq=False)
class PathStep:
    """A place on the way of one number through the network."""

    stage_index: int
    """Of the station."""
    place: Place
    explanation: Explanation


def trace_forward(stations: Sequence[StageTrace], number: int, place: Place) -> list[PathStep]:
    """Return what becomes of a convolution's number: its pooling, activation and so on, before the next convolution."""
    stops = []
    for at in range(number + 1, len(stations)):
        station = stations[at]
        if not station.spatial or isinstance(station.stage, nn.Conv2d | Shuffle):
            break
        shrink = pooling_window(station.stage) if isinstance(station.stage, POOLING_STAGES) else 1
        place = (place[0], place[1] // shrink, place[2] // shrink)
        if place[1] >= station.outputs.shape[1] or place[2] >= station.outputs.shape[2]:
            break  # a pooling leaves out a last row that does not fill its window
        stops.append(PathStep(at, place, explain_value(station, place)))
    return stops


def trace_back(stations: Sequence[StageTrace], number: int, place: Place) -> list[PathStep]:
    """Return the weightiest way back from a number to the pixels: at each stage the largest part of the sum."""
    stops = []
    for at in range(number, -1, -1):
        stops.append(PathStep(at, place, explain_value(stations[at], place)))
        inside = [one for one in stops[-1].explanation.sources if _lies_in(one, stations[at].inputs)]
        if not inside:
            break
        place = inside[0]
    return stops


def _lies_in(place: Place, values: Tensor) -> bool:
    shape = (*values.shape, 1, 1)[:3]
    return all(0 <= at < size for at, size in zip(place, shape, strict=True))
