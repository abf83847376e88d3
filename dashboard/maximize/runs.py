"""Optimisations as the player shows them, of one network or several on one sheet, and their downloads."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
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
from core.visualization.labels import Labelled, draw_labels
from core.visualization.maximization import Layout, draw_sheet, to_animation
from dashboard.components.player import Frame, Look
from dashboard.server import data_sets
from dashboard.server.scene import Digit
from dashboard.widgets import playing
from dashboard.widgets.cached import load_recorded
from dashboard.widgets.playing import MAX_BYTES, Run

RECORDED = Path(__file__).with_name("recorded_runs")
Steps = tuple[MaximizationStep, ...]
"""The same step of every network and its settings."""
Describe = Callable[[Steps], tuple[Sequence[str], dict[str, float], str]]
"""Returns the caption of each picture, the newest points of the curves, and the line of text."""


@dataclass(frozen=True, eq=False)
class Maximization:
    """An objective that is maximised for one network or several, and how the images are shown."""

    networks: dict[str, Classifier]
    objective: Objective
    config: MaximizationConfig
    layout: Layout
    describe: Describe
    magnitude: Tensor | None = None
    """The Fourier magnitude that stays fixed where phases are optimised."""
    start: Digit | None = None
    others: tuple[MaximizationConfig, ...] = ()
    """Further settings that every network is run with, of as many steps and starts."""
    hatch: bool = True
    """Whether the last frame hatches pictures whose objective never had a gradient."""

    @property
    def about(self) -> tuple[Any, ...]:
        """Everything the images depend on."""
        start = b"" if self.start is None else self.start.tobytes()
        return (*self.networks, repr(self.objective), self.config, *self.others, start)

    @property
    def picture_count(self) -> int:
        """Pictures on the sheet."""
        return len(self.networks) * (1 + len(self.others)) * self.objective.count * self.config.starts

    @property
    def stride(self) -> int:
        """Steps from one frame to the next: more than 1 for large sheets, so that a whole run fits in MAX_BYTES."""
        side = 28 * self.layout.factor + 20
        rows = -(-self.picture_count // self.layout.columns)
        return 1 + (self.config.steps + 1) * side * side * rows * self.layout.columns // MAX_BYTES

    @property
    def frame_count(self) -> int:
        return -(-self.config.steps // self.stride) + 1

    def steps(self) -> Iterator[Steps]:
        """Yield the steps that become frames, of all networks at once; always the start and the last one."""
        start = None if self.start is None else torch.from_numpy(self.start)
        runs = [
            maximize(network, self.objective, config, start=start, magnitude=self.magnitude)
            for network in self.networks.values()
            for config in (self.config, *self.others)
        ]
        for number, steps in enumerate(zip(*runs, strict=True)):
            if number % self.stride == 0 or number == self.config.steps:
                yield steps

    def to_frame(self, steps: Steps) -> Frame:
        """Return the player's frame of one step."""
        names, values, text = self.describe(steps)
        ended = steps[0].step == steps[0].steps
        dead = (~responded(steps)).tolist() if ended and self.hatch else None
        sheet = draw_sheet(pictures_of(steps), names, self.layout, shares=self._shares(steps), dead=dead)
        return Frame(sheet.picture, values, text, at=steps[0].step, labels=sheet.labels)

    def _shares(self, steps: Steps) -> Sequence[float] | None:
        if any(step.probabilities is None for step in steps):
            return None
        answers = [step.probabilities for step in steps if step.probabilities is not None]
        return [float(share) for share in torch.cat(answers).amax(1)]


def pictures_of(steps: Steps) -> NDArray[np.float32]:
    """Return the pictures of all networks `(N, 28, 28)`, network by network."""
    return np.concatenate([step.images[:, 0].numpy() for step in steps])


def costs_of(steps: Steps) -> Tensor:
    """Return the objective of every picture `(N,)`."""
    return torch.cat([step.costs for step in steps])


def responded(steps: Steps) -> Tensor:
    """Return for every picture whether its objective has had a gradient so far, bool `(N,)`."""
    return torch.cat([step.responded for step in steps])


@dataclass(eq=False)
class Recording:
    """The steps of a visitor's last run, for downloads; the run's thread fills it."""

    steps: list[list[CompactStep]] = field(default_factory=list)

    def record(self, steps: Iterator[Steps]) -> Iterator[Steps]:
        """Yield the steps and keep them; an older run that has not ended keeps its own list."""
        self.steps = recorded = []
        for step in steps:
            recorded.append([to_compact(one) for one in step])
            yield step


def play(maximization: Maximization, *, key: str, look: Look, start: str) -> Recording | None:
    """Show the start button and the player; return the recorded steps when the run has ended, before that None.

    A click on the button reruns only this fragment, so that the first picture appears at once.
    """
    recording: Recording | None = st.fragment(_play)(maximization, key, look, start)
    return recording


def recorded_path(key: str) -> Path:
    """Return the file of the recorded run that the player with this key shows at first."""
    return RECORDED / f"{key.replace(' ', '-')}.webp"


def _shows_digits() -> bool:
    """Return whether the chosen set is the one that pages use at first: recorded runs grow digits."""
    return data_sets.current_name() == data_sets.default_name()


def _play(maximization: Maximization, key: str, look: Look, start: str) -> Recording | None:
    recording: Recording = st.session_state.setdefault(f"{key}/recording", Recording())
    playing.play(
        lambda: recording.record(maximization.steps()),
        maximization.to_frame,
        key=key,
        look=look,
        total=maximization.frame_count,
        about=maximization.about,
        start=start,
        recorded=load_recorded(recorded_path(key)) if _shows_digits() else None,
        conclude=lambda frames: frames[-1].text,
    )
    run: Run[Steps] | None = st.session_state.get(f"{key}/run")
    if run is None or not run.finished or not run.frames or not recording.steps:
        return None
    _show_downloads(run, recording, key)
    return recording


def _draw(frame: Frame) -> NDArray[np.uint8]:
    """Return the picture of a frame with its labels, for a file."""
    return draw_labels(Labelled(frame.picture, tuple(frame.labels)))


def _show_downloads(run: Run[Steps], recording: Recording, key: str) -> None:
    name = key.replace(" ", "-")
    frames = run.frames
    with st.container(horizontal=True):
        st.download_button(
            "The sheet (PNG)",
            lambda: to_png(enlarge(_draw(frames[-1]), 2)),
            f"{name}.png",
            "image/png",
            key=f"{key}/png",
            on_click="ignore",
        )
        st.download_button(
            "All steps (animated PNG)",
            lambda: to_animation([_draw(frame) for frame in frames]),
            f"{name}-steps.png",
            "image/png",
            key=f"{key}/apng",
            on_click="ignore",
        )
        st.download_button(
            "Pictures and goals (npz)",
            lambda: to_npz(map(_join, recording.steps)),
            f"{name}.npz",
            "application/octet-stream",
            key=f"{key}/npz",
            on_click="ignore",
        )


def _join(steps: list[CompactStep]) -> CompactStep:
    parts = [(one.images, one.costs, one.dead) for one in steps]
    return CompactStep(*(np.concatenate(part) for part in zip(*parts, strict=True)))
