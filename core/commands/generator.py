"""The recipe `generator` of the verb `train`: make the shipped generator again, which reads no digits it makes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.checkpoints import GENERATOR
from core.commands.terminal import progress, say
from core.datasets import Dataset
from core.generation import album, keeping, measuring
from core.generation.album import Moment, Timetable
from core.generation.config import GanConfig
from core.generation.loop import GanStep, train_pair
from core.generation.networks import Pair

TITLE = "Generator"


def train(dataset: Dataset, out: Path, *, epochs: int | None = None) -> dict[str, Any]:
    """Train it, measure it, save it with its card, and return what was measured."""
    config = GanConfig() if epochs is None else GanConfig(epochs=epochs)
    pair = Pair(config)
    moments = list(_show(train_pair(pair, dataset.train, config), Timetable(config.epochs)))
    card = keeping.describe(config, dataset, title=TITLE, command=f"python -m core train {GENERATOR}")
    card = keeping.finish(card, [moment.figures for moment in moments])
    card = replace(card, measured=measuring.measure(pair.average, count=measuring.COUNT))
    keeping.save(card, pair, album.stack(moments), out)
    say(f"{GENERATOR}: {card.measured['judge']} reads {card.measured['read_as_meant']} % of "
        f"{card.measured['digits']:,} made digits as they are meant")  # fmt: skip
    return card.measured


def _show(steps: Iterator[GanStep], due: Timetable) -> Iterator[Moment]:
    """Say how far it is, and yield the moments that its growth shows."""
    for step in steps:
        progress(step.batch / step.batches, f"{GENERATOR}, epoch {step.epoch}: losses {step.generator_loss:.2f} and "
                 f"{step.discriminator_loss:.2f}")  # fmt: skip
        if due.is_due(step):
            yield album.to_moment(step)
