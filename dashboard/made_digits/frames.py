"""What a generator makes while it learns, and on the way from one digit to another, as frames for the player."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.generation.generator_checkpoint import TrainedGenerator
from core.generation.loop import GanFigures
from core.generation.sampling import InterpolationStep, draw_latents, interpolate
from core.generation.training_pictures import load_picture
from core.networks.classifier import Classifier
from core.networks.evaluation import predict
from core.visualization.generation import WALK_PICTURES, draw_samples, draw_walk
from core.visualization.network_colors import GOAL_COLORS
from dashboard.components.player import Frame, Look

GROWTH = Look("Forty made digits while the generator learns", speed=0.25)


def to_frame(figures: GanFigures, samples: Tensor) -> Frame:
    """Return what the player shows of one moment; `samples` are uint8 `(N, 28, 28)`."""
    text = (
        f"Epoch {figures.epoch}, batch {figures.batch}: the discriminator finds out {figures.found_made:.0f} % of the "
        f"made digits, and takes {figures.found_real:.0f} % of the real ones for real. Losses: generator "
        f"{figures.generator_loss:.2f}, discriminator {figures.discriminator_loss:.2f}."
    )
    return Frame(draw_samples(samples.numpy().astype(np.float32) / 255), {}, text)


def draw_picture(folder: Path, name: str) -> Frame:
    """Return the frame of one of a run's pictures. Raises ValueError for one that is gone or damaged."""
    moment = load_picture(folder, name)
    return to_frame(moment.figures, moment.samples)


def draw_recorded_growth(made: TrainedGenerator) -> list[Frame]:
    """Return the frames of a generator's recorded growth."""
    figures = (GanFigures(**moment) for moment in made.card.moments)
    return [to_frame(one, samples) for one, samples in zip(figures, made.growth, strict=True)]


@dataclass(frozen=True, eq=False)
class Walk:
    """A walk from one made digit to another, read by a network on the way."""

    made: TrainedGenerator
    reader: Classifier
    classes: tuple[int, int]
    seeds: tuple[int, int]

    @property
    def about(self) -> tuple[object, ...]:
        """What the walk depends on."""
        return self.made.card.weights_sha256, self.classes, self.seeds

    @property
    def look(self) -> Look:
        """How it is shown: a curve for each of its two classes."""
        first, last = self.classes
        names = {f"read as {first}": GOAL_COLORS[0], f"read as {last}": GOAL_COLORS[1]}
        return Look("What the assignment network reads", names, unit=" %", limits=(0.0, 100.0), speed=0.5)

    def steps(self) -> Iterator[InterpolationStep]:
        """Yield the pictures on the way."""
        latents = [draw_latents(1, self.made.generator.latent, seed)[0] for seed in self.seeds]
        yield from interpolate(self.made.generator, latents, self.classes)

    def stations(self) -> NDArray[np.float32]:
        """Return the pictures that are seen all the time `(STATIONS, 28, 28)`."""
        images = [step.image[0] for step in self.steps()]
        index = np.linspace(0, len(images) - 1, WALK_PICTURES).round().astype(int)
        return torch.stack([images[place] for place in index]).numpy()

    def frames(self) -> Sequence[Frame]:
        """Return all frames; a walk takes a tenth of a second."""
        steps, stations = list(self.steps()), self.stations()
        shares = predict(self.reader, torch.stack([step.image for step in steps]))
        return [self._frame(step, read, stations) for step, read in zip(steps, shares, strict=True)]

    def _frame(self, step: InterpolationStep, read: Tensor, stations: NDArray[np.float32]) -> Frame:
        sure, label = read.max(0)
        values = {f"read as {one}": round(100 * float(read[one]), 1) for one in self.classes}
        text = f"{100 * step.share:.0f} % of the way: read as {int(label)}, {100 * float(sure):.0f} % sure."
        return Frame(draw_walk(step.image[0].numpy(), stations, step.share), values, text)
