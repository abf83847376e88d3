"""Climbs as runs of the player: one or several networks on one sheet, their curves, and what can be taken home."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.maximization.compact_steps import CompactStep, to_compact, to_npz
from core.maximization.loop import MaximizationConfig, MaximizationStep, maximize
from core.maximization.objectives import Objective
from core.networks.classifier import Classifier
from core.visualization.arrays import enlarge, to_png
from core.visualization.maximization import Layout, draw_sheet, to_animation
from dashboard.components.player import Frame, Look
from dashboard.server.scene import Digit
from dashboard.widgets import playing
from dashboard.widgets.playing import MOST_BYTES, Run

Steps = tuple[MaximizationStep, ...]
"""The same step of every network."""
Describe = Callable[[Steps], tuple[list[str], dict[str, float], str]]
"""What stands under each picture, the newest points of the curves, and the line of text."""


@dataclass(frozen=True, eq=False)
class Climb:
    """What is climbed, on what, and how it is shown."""

    networks: dict[str, Classifier]
    objective: Objective
    config: MaximizationConfig
    layout: Layout
    describe: Describe
    start: Digit | None = None
    hatch: bool = True
    """Whether a picture whose goal nothing has woken is hatched at the end."""

    @property
    def about(self) -> tuple[Any, ...]:
        """What a run depends on."""
        start = b"" if self.start is None else self.start.tobytes()
        return (*self.networks, repr(self.objective), self.config, start)

    @property
    def count(self) -> int:
        """Pictures on the sheet."""
        return len(self.networks) * self.objective.count * self.config.starts

    @property
    def every(self) -> int:
        """Which steps become frames: of large sheets not all, so that a whole run can be kept."""
        side = 28 * self.layout.factor + 20
        rows = -(-self.count // self.layout.columns)
        return 1 + (self.config.steps + 1) * side * side * rows * self.layout.columns // MOST_BYTES

    @property
    def frames(self) -> int:
        """How many frames there will be."""
        return -(-self.config.steps // self.every) + 1

    def steps(self) -> Iterator[Steps]:
        """Yield the start, the steps that become frames, and the last one, of all networks at once."""
        start = None if self.start is None else torch.from_numpy(self.start)
        climbs = [maximize(one, self.objective, self.config, start=start) for one in self.networks.values()]
        for number, steps in enumerate(zip(*climbs, strict=True)):
            if number % self.every == 0 or number == self.config.steps:
                yield steps

    def to_frame(self, steps: Steps) -> Frame:
        """Return what the player shows of one step."""
        names, values, text = self.describe(steps)
        ended = steps[0].step == steps[0].steps
        dead = (~awake_of(steps)).tolist() if ended and self.hatch else None
        sheet = draw_sheet(pictures_of(steps), names, self.layout, shares=self._shares(steps), dead=dead)
        return Frame(sheet, values, text)

    def _shares(self, steps: Steps) -> Sequence[float] | None:
        if any(step.probabilities is None for step in steps):
            return None
        answers = [step.probabilities for step in steps if step.probabilities is not None]
        return [float(share) for share in torch.cat(answers).amax(1)]


def pictures_of(steps: Steps) -> NDArray[np.float32]:
    """Return the pictures of all networks `(N, 28, 28)`, one network's after the other's."""
    return np.concatenate([step.images[:, 0].numpy() for step in steps])


def costs_of(steps: Steps) -> Tensor:
    """Return how far all pictures have come."""
    return torch.cat([step.costs for step in steps])


def awake_of(steps: Steps) -> Tensor:
    """Return which pictures' goals have had a gradient by now."""
    return torch.cat([step.responded for step in steps])


@dataclass(eq=False)
class Trace:
    """What one visitor's last run has left, beside its frames; filled by the run's thread."""

    kept: list[list[CompactStep]] = field(default_factory=list)

    def follow(self, steps: Iterator[Steps]) -> Iterator[Steps]:
        """Pass the steps on and keep them; an older run goes on writing into its own list."""
        self.kept = kept = []
        for step in steps:
            kept.append([to_compact(one) for one in step])
            yield step


def play(climb: Climb, *, key: str, look: Look, start: str) -> Trace | None:
    """Show the start button and the player; return what is kept once the run is over.

    A click on the button runs only this again, not the page, so that the first picture is there at once.
    """
    found: Trace | None = st.fragment(_play)(climb, key, look, start)
    return found


def _play(climb: Climb, key: str, look: Look, start: str) -> Trace | None:
    trace: Trace = st.session_state.setdefault(f"{key}/trace", Trace())
    playing.play(
        lambda: trace.follow(climb.steps()),
        climb.to_frame,
        key=key,
        look=look,
        total=climb.frames,
        about=climb.about,
        start=start,
    )
    run: Run[Steps] | None = st.session_state.get(f"{key}/run")
    if run is None or not run.finished or not run.frames or not trace.kept:
        return None
    _show_downloads(run, trace, key)
    return trace


def _show_downloads(run: Run[Steps], trace: Trace, key: str) -> None:
    name = key.replace(" ", "-")
    frames = run.frames
    with st.container(horizontal=True):
        st.download_button(
            "The sheet (PNG)",
            lambda: to_png(enlarge(frames[-1].picture, 2)),
            f"{name}.png",
            "image/png",
            key=f"{key}/png",
            on_click="ignore",
        )
        st.download_button(
            "The climb (animated PNG)",
            lambda: to_animation([frame.picture for frame in frames]),
            f"{name}-climb.png",
            "image/png",
            key=f"{key}/apng",
            on_click="ignore",
        )
        st.download_button(
            "Pictures and goals (npz)",
            lambda: to_npz(map(_join, trace.kept)),
            f"{name}.npz",
            "application/octet-stream",
            key=f"{key}/npz",
            on_click="ignore",
        )


def _join(kept: list[CompactStep]) -> CompactStep:
    parts = [(one.images, one.costs, one.dead) for one in kept]
    return CompactStep(*(np.concatenate(part) for part in zip(*parts, strict=True)))
