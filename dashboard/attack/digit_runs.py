"""An attack on one digit, as the player shows it. Everything here runs in a thread, so it must not call Streamlit."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import torch

from core.adversarial import methods
from core.adversarial.attack import AttackStep
from core.adversarial.config import AttackConfig
from core.adversarial.sticker import StickerStep
from core.networks.classifier import Classifier
from core.networks.evaluation import predict_digit
from core.system.number_format import format_both_scales
from core.visualization.adversarial import draw_attack
from dashboard.components.player import Frame
from dashboard.server.scene import Digit, Mask
from dashboard.widgets.playing import AHEAD
from dashboard.widgets.readings import WHOLE

PAUSE = 0.01  # seconds between two steps: the interpreter is free for other threads, which answer strokes
MAX_FRAMES = 80  # the player keeps 86 of this size; of an attack with more steps, every second or third is shown
OPEN_END = ("lbfgs", "cw", "jsma")  # methods that take several rounds or stop when they succeed
Step = TypeVar("Step")


@dataclass(frozen=True)
class AttackInputs:
    """Everything an attack depends on; equal inputs give equal attacks."""

    method: str
    names: tuple[str, ...]
    """The networks that are read at every step, the attacked one first."""
    config: AttackConfig
    label: int
    pixels: bytes
    """The attacked digit, float32 `(28, 28)`."""
    region: bytes
    """For a sticker the mask, bool `(28, 28)`, False where it goes; empty for all other methods."""

    @property
    def digit(self) -> Digit:
        return np.frombuffer(self.pixels, np.float32).reshape(28, 28).copy()

    @property
    def mask(self) -> Mask | None:
        return np.frombuffer(self.region, np.bool_).reshape(28, 28).copy() if self.region else None

    @property
    def plotted_class(self) -> int:
        """The class whose probability is plotted: the target class, or the label without one."""
        return self.label if self.config.target is None else self.config.target

    @property
    def frame_count(self) -> int | None:
        """Frames of the attack, with the start; None if that is not known before."""
        steps = 1 if self.method == "fgsm" else self.config.steps
        return None if self.method in OPEN_END else len(list(every_nth(range(steps + 1), stride(steps))))


@dataclass(eq=False)
class AttackRun:
    """One attack in progress: its inputs, the networks that are read at every step, and the results so far."""

    inputs: AttackInputs
    networks: Mapping[str, Classifier]
    titles: Mapping[str, str]
    colors: Mapping[str, str]
    classes: Sequence[str]
    misread: str = ""
    """A sentence about a digit that is misread before an attack without a target: it cannot be fooled. Else empty."""
    first: AttackStep | None = None
    last: AttackStep | None = None
    fooled: AttackStep | None = None
    """The first step at which the attacked network was fooled."""
    readings: dict[str, Any] = field(default_factory=dict)
    """Each network's probabilities `(classes,)` for the last step's picture."""

    def steps(self) -> Iterator[AttackStep]:
        """Yield the attack's steps, with a pause after each. Raises ValueError if the attack is impossible."""
        self.first = self.last = self.fooled = None
        steps = start_attack(self.inputs, self.networks[self.inputs.names[0]])
        first = next(steps)
        for step in every_nth(self._watch(chain([first], steps)), stride(first.steps)):
            yield step
            time.sleep(PAUSE if step.step >= AHEAD else 0)  # the page waits for the first frames

    def _watch(self, steps: Iterable[AttackStep]) -> Iterator[AttackStep]:
        """Yield the steps, and remember the first at which the attacked network was fooled."""
        for step in steps:
            if self.fooled is None and bool(step.fooled):
                self.fooled = step
            yield step

    def to_frame(self, step: AttackStep) -> Frame:
        """Return the player's frame of a step."""
        image = step.images[0, 0].numpy()
        self.readings = predict_digit(self.networks, image, WHOLE)
        self.first, self.last = self.first or step, step
        attacked, plotted = self.inputs.names[0], self.inputs.plotted_class
        drawn = draw_attack(
            image,
            step.originals[0, 0].numpy(),
            self.readings[attacked],
            self.classes,
            color=self.colors[attacked],
            target=plotted,
            magnify=self._magnification(step),
            mask=self.inputs.mask,
        )
        values = {self.titles[name]: round(100 * float(self.readings[name][plotted]), 1) for name in self.inputs.names}
        return Frame(drawn.picture, values, self._describe(step), at=step.step, labels=drawn.labels)

    def _magnification(self, step: AttackStep) -> float:
        """Return the factor by which the drawn change is magnified; with an L∞ limit the same at every step."""
        config, largest = self.inputs.config, float(step.perturbation.abs().max())
        if config.norm == "linf" and 0 < config.epsilon < 1:
            return 1 / config.epsilon
        return 1 / largest if largest > 1e-3 else 1.0

    def _describe(self, step: AttackStep) -> str:
        answers = [
            f"{self.titles[name]} {self.classes[int(shares.argmax())]} ({100 * float(shares.max()):.0f} %)"
            for name, shares in self.readings.items()
        ]
        when = f"Step {step.step}" if step.step else "Before the attack"
        change, length = float(step.perturbation.abs().max()), float(step.perturbation.norm())
        largest, total = format_both_scales(change), format_both_scales(length)
        pixels = f"{int(step.changed_pixels)} pixels changed (L0)"
        text = f"{when}: {', '.join(answers)}\n{pixels}, largest change {largest}, total change (L2) {total}"
        if isinstance(step, StickerStep):
            text += f"; it fools in {100 * float(step.fooled_share):.0f} % of shifted, turned and scaled views"
        return text


def start_attack(inputs: AttackInputs, network: Classifier) -> Iterator[AttackStep]:
    """Return the attack's generator. Raises ValueError if the attack is impossible, some only at the first step."""
    image, label = torch.from_numpy(inputs.digit)[None, None], torch.tensor([inputs.label])
    region = torch.from_numpy(WHOLE if inputs.mask is None else inputs.mask)
    return methods.start_attack(inputs.method, network, image, label, inputs.config, region)


def stride(steps: int) -> int:
    """Return of how many steps one becomes a frame."""
    return steps // MAX_FRAMES + 1


def every_nth(steps: Iterable[Step], n: int) -> Iterator[Step]:
    """Yield every nth step, beginning with the first, and always the last."""
    skipped: list[Step] = []
    for number, step in enumerate(steps):
        if number % n == 0:
            skipped = []
            yield step
        else:
            skipped = [step]
    yield from skipped
