"""Universal noise as the player shows it, and as people take it home. It runs in a thread: no Streamlit here."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.adversarial.universal import UniversalConfig, UniversalStep, add_noise, nine_examples, universal_noise
from core.digits.datasets import Dataset, Digits
from core.networks.classifier import Classifier
from core.system.npz import arrays_to_npz
from core.visualization.adversarial import draw_noises, draw_universal
from core.visualization.arrays import to_png
from core.visualization.maximization import to_animation
from dashboard.components.player import Frame

BREATH = 0.02  # seconds between two steps: a step is long, and others want the interpreter meanwhile
NICENESS = 15
WATCHED = 60  # validation digits that are read after every step: all classes, and no longer to wait for than to learn
LARGE = 4  # pixels of the sheet that is taken home for one of a noise
SHARE, RIGHT, AVERAGE = "read as its class", "still read right", "all noises: read as theirs"
COST, VALIDATION = "cost on training digits", "cost on validation digits"


@dataclass(frozen=True)
class AskedNoise:
    """What universal noise depends on."""

    network: str
    data: str
    config: UniversalConfig


@dataclass(eq=False)
class Growth:
    """The noises of all classes while they grow; every record is kept, to be redrawn and taken home."""

    asked: AskedNoise
    title: str
    network: Classifier
    data: Dataset
    turn: AbstractContextManager[bool]
    """A lock under which steps are taken: of all visitors' noises one grows at a time."""
    chosen: int = 0
    """The class whose noise is laid over the nine digits."""
    records: list[UniversalStep] = field(default_factory=list)
    measured: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    """By network: percent of test digits read as each noise's class, and percent still read right."""

    def __post_init__(self) -> None:
        self.examples: Digits = nine_examples(self.data.test)
        self.classes: Sequence[str] = self.data.classes

    @property
    def limit(self) -> float:
        """The strength of noise that is drawn in full colour: the same at every step."""
        config = self.asked.config
        if config.norm is None:
            return 0.5
        return max(0.02, config.epsilon if config.norm == "linf" else config.epsilon / 8)

    def steps(self) -> Iterator[UniversalStep]:
        """Yield the records as they come. Raises ValueError with a sentence."""
        _give_way()
        self.records, self.measured = [], {}
        watched = self.data.validation.first(WATCHED)
        steps = universal_noise(self.network, self.data.train, watched, self.examples, self.asked.config)
        while (step := self._next(steps)) is not None:
            self.records.append(step)
            yield step
            time.sleep(BREATH)

    def _next(self, steps: Iterator[UniversalStep]) -> UniversalStep | None:
        with self.turn:
            return next(steps, None)

    def again(self) -> Iterator[UniversalStep]:
        """Yield what has been recorded: with another noise chosen the frames are drawn anew."""
        yield from list(self.records)

    def to_frame(self, step: UniversalStep) -> Frame:
        """Return what the player shows of a step."""
        at, noises = self.chosen, step.noises[:, 0].numpy()
        noisy = add_noise(self.examples.images(), step.noises[at : at + 1])[0, :, 0].numpy()
        readings, labels = step.readings[:, at].tolist(), self.examples.labels.tolist()
        picture = draw_universal(noises, noisy, readings, labels, self.classes, limit=self.limit, chosen=at)
        values = {
            SHARE: float(step.shares[at]),
            RIGHT: float(step.accuracies[at]),
            AVERAGE: float(step.shares.mean()),
            COST: float(step.costs[at]),
            VALIDATION: float(step.validation_costs[at]),
        }
        return Frame(picture, values, self._words(step))

    def _words(self, step: UniversalStep) -> str:
        name, at = self.classes[self.chosen], self.chosen
        when = f"Step {step.step} of {step.steps}" if step.step else "Before there is any noise"
        return (
            f"{when}. Noise to {name}: {step.shares[at]:.0f} % of validation digits read as {name}, "
            f"{step.accuracies[at]:.0f} % still right; cost {step.costs[at]:.2f} on training digits, "
            f"{step.validation_costs[at]:.2f} on validation digits.\n"
            f"All {len(self.classes)} noises: on average {step.shares.mean():.0f} % read as the noise's class."
        )


def _give_way() -> None:
    """Let this thread compute only while no other of the process wants to: strokes come first."""
    # Elsewhere a thread has no priority of its own, and the main thread's would be inherited by whatever it starts.
    if sys.platform == "linux" and threading.current_thread() is not threading.main_thread():
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def noisy_examples(growth: Growth) -> NDArray[np.float32]:
    """Return the nine digits with each of the last noises `(classes, 9, 28, 28)`."""
    images: NDArray[np.float32] = add_noise(growth.examples.images(), growth.records[-1].noises)[:, :, 0].numpy()
    return images


def to_sheet(growth: Growth, step: UniversalStep) -> NDArray[np.uint8]:
    """Return a step's noises on one sheet."""
    return draw_noises(step.noises[:, 0].numpy(), growth.classes, limit=growth.limit, factor=LARGE)


def sheet_png(growth: Growth) -> bytes:
    """Return the last noises as a PNG file."""
    return to_png(to_sheet(growth, growth.records[-1]))


def animated_png(growth: Growth) -> bytes:
    """Return all steps' noises as an animated PNG file."""
    return to_animation([to_sheet(growth, step) for step in growth.records])


def to_npz(growth: Growth) -> bytes:
    """Return every step's noises and what they did as a NumPy file; percents are of the watched validation digits."""
    stacked = {
        name: np.stack([getattr(step, name).numpy() for step in growth.records])
        for name in ("noises", "costs", "validation_costs", "shares", "accuracies", "readings")
    }
    stacked |= {"examples": growth.examples.images().numpy(), "labels": growth.examples.labels.numpy()}
    return arrays_to_npz(stacked)
