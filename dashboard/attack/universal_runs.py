"""Universal noise, as the player shows it and as files. It runs in a thread, so it must not call Streamlit."""

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
from core.visualization.labels import draw_labels
from core.visualization.maximization import to_animation
from dashboard.components.player import Frame
from dashboard.server import budget

PAUSE = 0.02  # seconds between two steps: a step is long, and other threads need the interpreter
VALIDATED = 60  # validation digits read after every step: all classes, and no slower than the step itself
ENLARGED = 4  # pixels of a downloaded sheet for each pixel of a noise
SHARE, RIGHT, AVERAGE = "read as the noise's class", "still read correctly", "all noises: read as their class"
COST, VALIDATION = "loss on training digits", "loss on validation digits"


@dataclass(frozen=True)
class NoiseInputs:
    """Everything universal noise depends on."""

    network: str
    data: str
    config: UniversalConfig


@dataclass(eq=False)
class NoiseRun:
    """The noises of all classes while they are optimised; every step is kept, to be redrawn and downloaded."""

    inputs: NoiseInputs
    title: str
    network: Classifier
    data: Dataset
    lock: AbstractContextManager[bool]
    """Held during each step: only one visitor's noise is computed at a time."""
    shown_class: int = 0
    """The class whose noise is added to the nine digits."""
    records: list[UniversalStep] = field(default_factory=list)
    recorded: bool = False
    """Whether the records come from a file."""
    measured: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    """By network and for each noise: percent of test digits read as its class, and percent still read correctly."""

    def __post_init__(self) -> None:
        self.examples: Digits = nine_examples(self.data.test)
        self.classes: Sequence[str] = self.data.classes

    @property
    def limit(self) -> float:
        """The strength of noise that is drawn in full colour, the same at every step."""
        config = self.inputs.config
        if config.norm is None:
            return 0.5
        return max(0.02, config.epsilon if config.norm == "linf" else config.epsilon / 8)

    def steps(self) -> Iterator[UniversalStep]:
        """Yield and keep every step. Raises ValueError with a sentence."""
        budget.give_way()
        self.records, self.measured, self.recorded = [], {}, False
        validation = self.data.validation.first(VALIDATED)
        steps = universal_noise(self.network, self.data.train, validation, self.examples, self.inputs.config)
        while (step := self._next(steps)) is not None:
            self.records.append(step)
            yield step
            time.sleep(PAUSE)

    def _next(self, steps: Iterator[UniversalStep]) -> UniversalStep | None:
        with self.lock:
            return next(steps, None)

    def replay(self) -> Iterator[UniversalStep]:
        """Yield the kept steps, to draw their frames again with another noise on the nine digits."""
        yield from list(self.records)

    def to_frame(self, step: UniversalStep) -> Frame:
        """Return the player's frame of a step."""
        shown, noises = self.shown_class, step.noises[:, 0].numpy()
        noisy = add_noise(self.examples.images(), step.noises[shown : shown + 1])[0, :, 0].numpy()
        readings, labels = step.readings[:, shown].tolist(), self.examples.labels.tolist()
        drawn = draw_universal(noises, noisy, readings, labels, self.classes, limit=self.limit, chosen=shown)
        values = {
            SHARE: float(step.shares[shown]),
            RIGHT: float(step.accuracies[shown]),
            AVERAGE: float(step.shares.mean()),
            COST: float(step.costs[shown]),
            VALIDATION: float(step.validation_costs[shown]),
        }
        return Frame(drawn.picture, values, self._describe(step), at=step.step, labels=drawn.labels)

    def _describe(self, step: UniversalStep) -> str:
        at = self.shown_class
        name = self.classes[at]
        when = f"Step {step.step} of {step.steps}" if step.step else "Without noise"
        return (
            f"{when}. Noise to {name}: {step.shares[at]:.0f} % of validation digits read as {name}, "
            f"{step.accuracies[at]:.0f} % still correct; loss {step.costs[at]:.2f} on training digits, "
            f"{step.validation_costs[at]:.2f} on validation digits.\n"
            f"All {len(self.classes)} noises: on average {step.shares.mean():.0f} % read as the noise's class."
        )


def noisy_examples(run: NoiseRun) -> NDArray[np.float32]:
    """Return the nine digits with each noise of the last step added, `(classes, 9, 28, 28)`."""
    images: NDArray[np.float32] = add_noise(run.examples.images(), run.records[-1].noises)[:, :, 0].numpy()
    return images


def to_sheet(run: NoiseRun, step: UniversalStep) -> NDArray[np.uint8]:
    """Return a sheet of a step's noises."""
    return draw_labels(draw_noises(step.noises[:, 0].numpy(), run.classes, limit=run.limit, factor=ENLARGED))


def sheet_png(run: NoiseRun) -> bytes:
    """Return a PNG file of the last step's noises."""
    return to_png(to_sheet(run, run.records[-1]))


def animated_png(run: NoiseRun) -> bytes:
    """Return an animated PNG file of all steps' noises."""
    return to_animation([to_sheet(run, step) for step in run.records])


def to_npz(run: NoiseRun) -> bytes:
    """Return a NumPy file of every step's noises and results; percents are of the validation digits."""
    stacked = {
        name: np.stack([getattr(step, name).numpy() for step in run.records])
        for name in ("noises", "costs", "validation_costs", "shares", "accuracies", "readings")
    }
    stacked |= {"examples": run.examples.images().numpy(), "labels": run.examples.labels.numpy()}
    return arrays_to_npz(stacked)
