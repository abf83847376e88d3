"""The path of one number through the network: forward to the next convolution, or back to the pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from core.convolution.explanations import Explanation, Place, explain_value, is_plain, lies_in, pooling_window
from core.convolution.trace import StageTrace
from core.networks.classifier import Shuffle

POOLING_STAGES = (nn.MaxPool2d, nn.AvgPool2d)


@dataclass(frozen=True, eq=False)
class PathStep:
    """One stage on the path of a number through the network."""

    stage_index: int
    """Among the traces."""
    place: Place
    explanation: Explanation


def trace_forward(traces: Sequence[StageTrace], number: int, place: Place) -> list[PathStep]:
    """Return the stages after a convolution's number (activation, pooling, ...) up to the next convolution."""
    path = []
    for at in range(number + 1, len(traces)):
        trace = traces[at]
        if not trace.spatial or isinstance(trace.stage, nn.Conv2d | Shuffle):
            break
        pools = isinstance(trace.stage, POOLING_STAGES)
        if pools and not is_plain(trace.stage):
            break
        shrink = pooling_window(trace.stage) if pools else 1
        place = (place[0], place[1] // shrink, place[2] // shrink)
        if not lies_in(place, trace.outputs):
            break  # pooling ignores a last row that does not fill its window
        path.append(PathStep(at, place, explain_value(trace, place)))
    return path


def trace_back(traces: Sequence[StageTrace], number: int, place: Place) -> list[PathStep]:
    """Return the path back from a number to the pixels that follows the largest part of each sum."""
    path = []
    for at in range(number, -1, -1):
        path.append(PathStep(at, place, explain_value(traces[at], place)))
        inside = [one for one in path[-1].explanation.sources if lies_in(one, traces[at].inputs)]
        if not inside:
            break
        place = inside[0]
    return path
