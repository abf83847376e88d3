"""A page with nothing but a player, for the tests: `?run=` names the generator, `Hide` takes the player away."""

import time
from collections.abc import Iterator

import numpy as np
import streamlit as st

from dashboard.components.player import Frame, Look
from dashboard.widgets.playing import play

STEPS = 200
LOOK = Look("Ten pictures", {"rising": "#3B82C4", "falling": "#D55E00"}, unit=" %", axis="% of the way")


def steady(pause: float, steps: int = STEPS) -> Iterator[int]:
    for step in range(steps):
        time.sleep(pause)
        yield step


def failing() -> Iterator[int]:
    yield from steady(0.01, 12)
    raise ValueError("the thirteenth is missing")


def to_frame(step: int) -> Frame:
    """Return a sheet of ten 28x28 pictures of noise, the hardest to compress; the first pixel is the step's number."""
    picture = np.random.default_rng(step).integers(0, 256, (56, 140), np.uint8)
    picture[0, 0] = step % 256
    values = {"rising": step / 2, "falling": 100 - step / 2}
    label = (f"ten at {step}", 0, 42, 70, 14, "#ebebeb")
    return Frame(picture, values, f"step {step}", at=step / 2, labels=[label])


RUNS = {
    "fast": lambda: steady(0.002),
    "slow": lambda: steady(0.03),
    "endless": lambda: steady(0.01, 10**6),
    "failing": failing,
}
name = st.query_params.get("run", "fast")
st.button("Rerun")
if not st.toggle("Hide"):
    play(RUNS[name], to_frame, key="player", look=LOOK, total=None if name == "endless" else STEPS)
