"""The digits of a generator while it is trained, and an interpolation between two of them, as frames for the player."""

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

SNAPSHOTS = Look("Forty made digits while the generator learns", speed=0.25)


def to_frame(figures: GanFigures, samples: Tensor) -> Frame:
    """Return the frame of one moment of the training; `samples` are uint8 `(N, 28, 28)`."""
    text = (
        f"Epoch {figures.epoch}, batch {figures.batch}: the discriminator recognises {figures.found_made:.0f} % of the "
        f"made digits and {figures.found_real:.0f} % of the real digits. Losses: generator "
        f"{figures.generator_loss:.2f}, discriminator {figures.discriminator_loss:.2f}."
    )
    return Frame(draw_samples(samples.numpy().astype(np.float32) / 255), {}, text)


def draw_picture(folder: Path, name: str) -> Frame:
    """Return the frame of a run's snapshot. Raises ValueError if it is deleted or damaged."""
    moment = load_picture(folder, name)
    return to_frame(moment.figures, moment.samples)


def draw_recorded_training(made: TrainedGenerator) -> list[Frame]:
    """Return the frames that were recorded while the generator was trained."""
    figures = (GanFigures(**moment) for moment in made.card.moments)
    return [to_frame(one, samples) for one, samples in zip(figures, made.growth, strict=True)]


@dataclass(frozen=True, eq=False)
class Interpolation:
    """An interpolation between two made digits, with what a network reads in each picture."""

    made: TrainedGenerator
    reader: Classifier
    classes: tuple[int, int]
    seeds: tuple[int, int]

    @property
    def about(self) -> tuple[object, ...]:
        """What the pictures depend on."""
        return self.made.card.weights_sha256, self.classes, self.seeds

    @property
    def look(self) -> Look:
        """The appearance of the player: a curve for each of the two classes."""
        first, last = self.classes
        names = {f"read as {first}": GOAL_COLORS[0], f"read as {last}": GOAL_COLORS[1]}
        return Look(
            "Reading of the assignment network", names, unit=" %", limits=(0.0, 100.0), axis="% of the way", speed=0.5
        )

    def steps(self) -> Iterator[InterpolationStep]:
        """Yield the pictures from the first digit to the last."""
        latents = [draw_latents(1, self.made.generator.latent, seed)[0] for seed in self.seeds]
        yield from interpolate(self.made.generator, latents, self.classes)

    def frames(self) -> Sequence[Frame]:
        """Return all frames; this takes a tenth of a second."""
        steps = list(self.steps())
        images = torch.stack([step.image for step in steps])
        index = np.linspace(0, len(steps) - 1, WALK_PICTURES).round().astype(int)
        overview = images[index, 0].numpy()  # in every frame `(WALK_PICTURES, 28, 28)`
        return [
            self._frame(step, probabilities, overview)
            for step, probabilities in zip(steps, predict(self.reader, images), strict=True)
        ]

    def _frame(self, step: InterpolationStep, probabilities: Tensor, overview: NDArray[np.float32]) -> Frame:
        sure, label = probabilities.max(0)
        values = {f"read as {one}": round(100 * float(probabilities[one]), 1) for one in self.classes}
        text = f"{100 * step.share:.0f} % of the way: read as {int(label)}, {100 * float(sure):.0f} % sure."
        return Frame(draw_walk(step.image[0].numpy(), overview, step.share), values, text, at=100 * step.share)
