"""How long thirty people wait who draw at once; `make load` looks at more of it."""

import asyncio
from functools import cache
from statistics import median

import numpy as np

from core.digits import datasets
from tests.benchmarks import Measured, NotMeasurable
from tests.browser import serve
from tests.many_visitors import Unusable, Visit, draw_for, visit, warm_up
from tests.visitor import STROKE_LIMIT

VISITORS = 30
STROKES = 10  # of each visitor: twenty seconds in all


def room_p95() -> Measured:
    taken = _room().taken
    return Measured(float(np.percentile(taken, 95)), taken, _note(_room()))


def room_median() -> Measured:
    return Measured(median(_room().taken), _room().taken, _note(_room()))


@cache
def _room() -> Visit:
    if not datasets.is_available("MNIST"):
        raise NotMeasurable("MNIST is not on this machine, and the networks would read other digits.")
    drawings = draw_for(VISITORS, STROKES)
    try:
        with serve() as address:
            asyncio.run(warm_up(address))
            return asyncio.run(visit(address, drawings))
    except Unusable as reason:
        raise NotMeasurable(str(reason)) from None


def _note(room: Visit) -> str:
    return (
        f"{len(room.taken)} strokes in {room.seconds:.0f} s, {room.lost} lost (no new readings in "
        f"{STROKE_LIMIT:.0f} s), {room.errors} errors. Server: {room.cpu / len(room.taken):.3f} CPU seconds a stroke, "
        f"of one core {room.cpu / room.seconds:.0%}; {room.before:.0f} MB before, {room.during:.0f} MB during, "
        f"{room.memory:.1f} MB a visitor. The visitors took {room.client / room.seconds:.0%}."
    )
