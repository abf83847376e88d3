"""One digit attacked with growing strength on two networks, as the player shows it. It runs in a thread."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.adversarial.config import AttackConfig
from core.adversarial.gradient_attacks import make_adversarial
from core.networks.classifier import Classifier
from core.networks.evaluation import predict_digit
from core.pmnist.masks import erase, growing_mask
from core.system.number_format import format_both_scales
from core.visualization.adversarial import draw_comparison
from dashboard.attack.digit_runs import PAUSE
from dashboard.components.player import Frame
from dashboard.widgets.readings import WHOLE

STEPS = 20  # PGD steps for each strength
FRAMES = 26  # strengths from 0 to the largest
KINDS = {"linf": ("each pixel (L∞)", 0.5), "l2": ("total change (L2)", 7.5), "erase": ("erasing from the left", 1.0)}
"""The kinds of change: label, largest strength (epsilon, or the erased share)."""


@dataclass(frozen=True)
class SweepInputs:
    """Everything a sweep depends on."""

    kind: str
    names: tuple[str, str]
    label: int
    pixels: bytes
    """The digit, float32 `(28, 28)`."""


@dataclass(frozen=True, eq=False)
class SweepStep:
    """One strength: the changed digit of each network, `(1, 1, 28, 28)`."""

    strength: float
    images: Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class Sweep:
    """One digit and two networks, with a change that grows from none to the largest."""

    inputs: SweepInputs
    networks: Mapping[str, Classifier]
    titles: Mapping[str, str]
    classes: Sequence[str]

    @property
    def digit(self) -> Tensor:
        return torch.from_numpy(np.frombuffer(self.inputs.pixels, np.float32).reshape(1, 1, 28, 28).copy())

    def steps(self) -> Iterator[SweepStep]:
        """Yield growing changes; each network and each strength gets an attack of its own."""
        for strength in np.linspace(0, KINDS[self.inputs.kind][1], FRAMES).tolist():
            yield SweepStep(strength, {name: self._change(name, strength) for name in self.inputs.names})
            time.sleep(PAUSE)

    def _change(self, name: str, strength: float) -> Tensor:
        if self.inputs.kind == "erase":
            return erase(self.digit, growing_mask("from the left", strength))
        config = AttackConfig(norm="l2" if self.inputs.kind == "l2" else "linf", epsilon=strength, steps=STEPS)
        return make_adversarial(self.networks[name], self.digit, torch.tensor([self.inputs.label]), config)

    def to_frame(self, step: SweepStep) -> Frame:
        """Return the player's frame of one strength."""
        pictures = {name: image[0, 0].numpy() for name, image in step.images.items()}
        shares = {name: predict_digit({name: self.networks[name]}, one, WHOLE)[name] for name, one in pictures.items()}
        answers = [self._describe(one) for one in shares.values()]
        drawn = draw_comparison(list(pictures.values()), self.digit[0, 0].numpy(), answers)
        values = {self.titles[name]: round(100 * float(one[self.inputs.label]), 1) for name, one in shares.items()}
        texts = [f"{self.titles[name]}: {answer}" for name, answer in zip(shares, answers, strict=True)]
        erased = self.inputs.kind == "erase"
        strength = f"{100 * step.strength:.0f} % erased" if erased else f"Epsilon {format_both_scales(step.strength)}"
        at = 100 * step.strength if erased else step.strength
        return Frame(drawn.picture, values, f"{strength}. {'; '.join(texts)}.", at=at, labels=drawn.labels)

    def _describe(self, shares: NDArray[np.float32]) -> str:
        return f"read {self.classes[int(shares.argmax())]}, {100 * float(shares.max()):.0f} %"
