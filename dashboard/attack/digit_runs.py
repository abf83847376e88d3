"""An attack on one digit as the player shows it. All of this runs in a thread: no Streamlit here."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from core.adversarial.attack import AttackStep
from core.adversarial.config import AttackConfig
from core.adversarial.gradient_attacks import fgsm, pgd
from core.adversarial.lbfgs import lbfgs
from core.adversarial.sticker import StickerStep, sticker
from core.networks.classifier import Classifier
from core.networks.evaluation import predict_digit
from core.visualization.adversarial import draw_attack
from dashboard.components.player import Frame
from dashboard.server.scene import Digit, Mask
from dashboard.widgets.playing import AHEAD
from dashboard.widgets.readings import WHOLE

BREATH = 0.01  # seconds between two steps in which others have the interpreter: a thread beside it is answering strokes
EVERY = 3  # of the records of L-BFGS, which may be 281, one is played
Step = TypeVar("Step")


@dataclass(frozen=True)
class Asked:
    """All that an attack depends on; two of them are equal when they would give the same."""

    method: str
    names: tuple[str, ...]
    """The networks that are read at every step, the attacked one first."""
    config: AttackConfig
    label: int
    pixels: bytes
    """Of the digit that is attacked, float32 `(28, 28)`."""
    region: bytes
    """Where a sticker goes: the mask, bool `(28, 28)`, False there; nothing for all other methods."""

    @property
    def digit(self) -> Digit:
        return np.frombuffer(self.pixels, np.float32).reshape(28, 28).copy()

    @property
    def mask(self) -> Mask | None:
        return np.frombuffer(self.region, np.bool_).reshape(28, 28).copy() if self.region else None

    @property
    def goal(self) -> int:
        """The class whose probability is followed: the target, or the right one."""
        return self.label if self.config.target is None else self.config.target


@dataclass(eq=False)
class Take:
    """One attack under way: what was asked, by whom it is read, and how far it has come."""

    asked: Asked
    networks: Mapping[str, Classifier]
    titles: Mapping[str, str]
    colors: Mapping[str, str]
    classes: Sequence[str]
    misread: str = ""
    """What is to be said of a digit that is misread before anything is added."""
    first: AttackStep | None = None
    last: AttackStep | None = None
    fooled_at: int | None = None
    """The step at which the attacked network was first fooled."""
    readings: dict[str, Any] = field(default_factory=dict)
    """What each network makes of the last step's picture, `(classes,)`."""

    def steps(self) -> Iterator[AttackStep]:
        """Yield the attack's steps, with a breath between them. Raises ValueError with a sentence."""
        self.first = self.last = self.fooled_at = None
        steps = start(self.asked, self.networks[self.asked.names[0]])
        for step in thin(steps, EVERY) if self.asked.method == "lbfgs" else steps:
            yield step
            time.sleep(BREATH if step.step >= AHEAD else 0)  # the first frames are waited for

    def to_frame(self, step: AttackStep) -> Frame:
        """Return what the player shows of a step."""
        image = step.images[0, 0].numpy()
        self.readings = predict_digit(self.networks, image, WHOLE)
        self.first, self.last = self.first or step, step
        if self.fooled_at is None and bool(step.fooled):
            self.fooled_at = step.step
        attacked, goal = self.asked.names[0], self.asked.goal
        picture = draw_attack(
            image,
            step.originals[0, 0].numpy(),
            self.readings[attacked],
            self.classes,
            color=self.colors[attacked],
            target=goal,
            magnify=self._magnify(step),
            mask=self.asked.mask,
        )
        values = {self.titles[name]: round(100 * float(self.readings[name][goal]), 1) for name in self.asked.names}
        return Frame(picture, values, self._words(step))

    def _magnify(self, step: AttackStep) -> float:
        """Return how often the change is to be magnified: the same at every step where epsilon tells."""
        config, largest = self.asked.config, float(step.perturbation.abs().max())
        if config.norm == "linf" and 0 < config.epsilon < 1:
            return 1 / config.epsilon
        return 1 / largest if largest > 1e-3 else 1.0

    def _words(self, step: AttackStep) -> str:
        reads = [
            f"{self.titles[name]} {self.classes[int(shares.argmax())]} ({100 * float(shares.max()):.0f} %)"
            for name, shares in self.readings.items()
        ]
        when = f"Step {step.step}" if step.step else "Before anything is added"
        change, length = float(step.perturbation.abs().max()), float(step.perturbation.norm())
        words = f"{when}: {', '.join(reads)}\nlargest change {change:.3f}, length {length:.2f}"
        if isinstance(step, StickerStep):
            words += f"; seen from elsewhere it fools {100 * float(step.fooled_share):.0f} %"
        return words


def start(asked: Asked, network: Classifier) -> Iterator[AttackStep]:
    """Return the attack's generator; its first record says whether it can be made. Raises ValueError there."""
    image, label = torch.from_numpy(asked.digit)[None, None], torch.tensor([asked.label])
    match asked.method:
        case "fgsm":
            return fgsm(network, image, label, asked.config)
        case "pgd":
            return pgd(network, image, label, asked.config)
        case "lbfgs":
            return lbfgs(network, image, label, asked.config)
    region: Tensor = torch.from_numpy(asked.mask if asked.mask is not None else WHOLE)
    return sticker(network, image, label, asked.config, mask=region)


def thin(steps: Iterable[Step], every: int) -> Iterator[Step]:
    """Yield every so many-th step, and the last one in any case."""
    waiting: list[Step] = []
    for number, step in enumerate(steps):
        waiting = [step]
        if number % every == 0:
            yield waiting.pop()
    yield from waiting
