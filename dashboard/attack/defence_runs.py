"""The same digit attacked harder and harder on two networks, as the player shows it. It runs in a thread."""

from __future__ import annotations

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
from core.visualization.adversarial import draw_comparison
from dashboard.attack.digit_runs import BREATH
from dashboard.components.player import Frame
from dashboard.widgets.readings import WHOLE

STEPS = 20  # of PGD for each size
SIZES = 26  # frames: sizes from nothing to the largest
KINDS = {"linf": ("any pixel (L∞)", 0.5), "l2": ("all together (L2)", 7.5), "erase": ("rubbed out from the left", 1.0)}


@dataclass(frozen=True)
class AskedSweep:
    """What the comparison depends on."""

    kind: str
    names: tuple[str, str]
    label: int
    pixels: bytes


@dataclass(frozen=True, eq=False)
class SweepStep:
    """One size: the digit as it was changed for each network, `(1, 1, 28, 28)`."""

    size: float
    images: Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class Sweep:
    """Two networks, one digit, and changes from none to large."""

    asked: AskedSweep
    networks: Mapping[str, Classifier]
    titles: Mapping[str, str]
    classes: Sequence[str]

    @property
    def digit(self) -> Tensor:
        return torch.from_numpy(np.frombuffer(self.asked.pixels, np.float32).reshape(1, 1, 28, 28).copy())

    def steps(self) -> Iterator[SweepStep]:
        """Yield ever larger changes; noise is made anew for each network and each size."""
        for size in np.linspace(0, KINDS[self.asked.kind][1], SIZES):
            yield SweepStep(float(size), {name: self._change(name, float(size)) for name in self.asked.names})
            time.sleep(BREATH)

    def _change(self, name: str, size: float) -> Tensor:
        if self.asked.kind == "erase":
            return erase(self.digit, growing_mask("from the left", size))
        config = AttackConfig(norm="l2" if self.asked.kind == "l2" else "linf", epsilon=size, steps=STEPS)
        return make_adversarial(self.networks[name], self.digit, torch.tensor([self.asked.label]), config)

    def to_frame(self, step: SweepStep) -> Frame:
        """Return what the player shows of one size."""
        pictures = {name: image[0, 0].numpy() for name, image in step.images.items()}
        reads = {name: predict_digit({name: self.networks[name]}, pictures[name], WHOLE)[name] for name in pictures}
        words = [self._words(shares) for shares in reads.values()]
        picture = draw_comparison(list(pictures.values()), self.digit[0, 0].numpy(), words)
        values = {self.titles[name]: round(100 * float(shares[self.asked.label]), 1) for name, shares in reads.items()}
        said = [f"{self.titles[name]}: {text}" for name, text in zip(reads, words, strict=True)]
        size = f"{100 * step.size:.0f} % rubbed out" if self.asked.kind == "erase" else f"Epsilon {step.size:.2f}"
        return Frame(picture, values, f"{size}. {'; '.join(said)}.")

    def _words(self, shares: NDArray[np.float32]) -> str:
        return f"read {self.classes[int(shares.argmax())]}, {100 * float(shares.max()):.0f} %"
