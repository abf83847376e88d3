"""The recipe `generator` of the verb `train`: train the shipped generator of digits again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.commands.terminal import progress, say
from core.digits.datasets import Dataset
from core.generation import generator_checkpoint, quality, training_pictures
from core.generation.config import GanConfig
from core.generation.dcgan import Gan
from core.generation.loop import GanStep, train_gan
from core.generation.training_pictures import PictureSchedule, TrainingPicture
from core.system.checkpoint_files import GENERATOR
from core.zoo.checkpoints import load_classifier

TITLE = "Generator"


def train(dataset: Dataset, out: Path, *, epochs: int | None = None) -> dict[str, Any]:
    """Train the generator, measure it, save it with its card, and return the measurements."""
    config = GanConfig() if epochs is None else GanConfig(epochs=epochs)
    judge = load_classifier(quality.JUDGE)  # first: without it a training would end in vain
    pair = Gan(config).to(dataset.device)
    moments = list(_show(train_gan(pair, dataset.train, config), PictureSchedule(config.epochs)))
    card = generator_checkpoint.new_card(config, dataset, title=TITLE, command=f"python -m core train {GENERATOR}")
    card = generator_checkpoint.finish_card(card, [moment.figures for moment in moments])
    measured = quality.measure_generator(pair.average, judge.to(dataset.device), count=quality.COUNT)
    card = replace(card, measured=measured)
    generator_checkpoint.save(card, pair, training_pictures.stack_samples(moments), out)
    say(
        f"{GENERATOR}: {card.measured['judge']} reads {card.measured['read_as_meant']} % of "
        f"{card.measured['digits']:,} made digits as they are meant"
    )
    return card.measured


def _show(steps: Iterator[GanStep], due: PictureSchedule) -> Iterator[TrainingPicture]:
    """Show the progress, and yield the moments whose pictures are saved."""
    for step in steps:
        progress(
            step.batch / step.batches,
            f"{GENERATOR}, epoch {step.epoch}: losses {step.generator_loss:.2f} and {step.discriminator_loss:.2f}",
        )
        if due.is_due(step):
            yield training_pictures.to_training_picture(step)
