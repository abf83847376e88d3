"""The job "generator": the training of a GAN, which can be resumed after every epoch.

The run's folder holds `state.safetensors` to resume from, the pictures made during training (see `training_pictures`),
and, even after a failure, the checkpoint `generator`.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

from core.digits import datasets
from core.digits.datasets import Digits
from core.generation import generator_checkpoint, training_pictures
from core.generation.config import GanConfig
from core.generation.dcgan import Gan, count_operations
from core.generation.loop import GanFigures, train_gan
from core.generation.training_pictures import PictureSchedule
from core.jobs import run_folders
from core.networks.cost import MAX_DIGITS, MAX_GENERATOR_EPOCHS, check_length, check_training
from core.system.records import FieldError, to_record
from core.training.state import TrainState, load_state, save_state

STATE = "state.safetensors"
KIND = "generator"
SETS = ("MNIST", "Fashion-MNIST", "KMNIST", "QMNIST", datasets.OFFLINE)  # of ten classes
MAX_RECORDS = 40  # per epoch


@dataclass(frozen=True, kw_only=True)
class GanPlan:
    """The settings of one training."""

    config: GanConfig
    dataset: str = "MNIST"
    digits: int = MAX_DIGITS
    """The largest number of training digits; the first ones are used."""


def read_plan(settings: Any) -> GanPlan:
    """Return the plan that JSON-able settings describe. Raises ValueError."""
    if isinstance(settings, dict):
        settings = {"config": {}, **settings}
    try:
        return to_record(GanPlan, settings)
    except FieldError as error:
        raise ValueError(f"These settings of a generator cannot be read: {error}") from None


def check(settings: dict[str, Any]) -> None:
    """Raise ValueError for a training that is impossible or would take too long."""
    plan = read_plan(settings)
    if plan.dataset not in SETS:
        raise ValueError(f"A generator learns from {', '.join(SETS)}, not from {plan.dataset!r}.")
    if not datasets.is_available(plan.dataset):
        raise ValueError(f"{plan.dataset} is not on this machine.")
    if type(plan.digits) is not int or plan.digits < plan.config.batch:
        raise ValueError(f"Training needs at least one batch of {plan.config.batch} digits, not {plan.digits}.")
    check_length(plan.config.epochs, plan.digits, most=MAX_GENERATOR_EPOCHS)
    check_training(count_operations(plan.config), plan.config.epochs * plan.digits)


def run(
    settings: dict[str, Any], folder: Path, read_request: Callable[[], run_folders.JobRequest]
) -> Iterator[GanFigures]:
    """Train, continuing after the last epoch in `folder`; the generator is saved even after a failure."""
    plan, job = read_plan(settings), run_folders.load_job(folder.name)
    dataset = datasets.load(plan.dataset)
    digits = dataset.train.first(plan.digits)
    state = load_state(folder / STATE) if (folder / STATE).exists() else TrainState()
    run_folders.filter_steps(job, lambda step: step["epoch"] <= state.epoch, GanFigures)
    training_pictures.delete_after(folder, state.epoch)
    config = replace(plan.config, report_every=max(plan.config.report_every, _fewest(plan.config, digits)))
    pair, due = Gan(config), PictureSchedule(config.epochs)
    card = generator_checkpoint.new_card(
        config, dataset, title=job.title, command="python -m core jobs start SETTINGS.json"
    )
    card = replace(card, dataset={**card.dataset, "digits": len(digits)})
    try:
        with closing(train_gan(pair, digits, config, state=state)) as steps:
            for step in steps:
                yield step.figures()
                if step.batch == step.batches:
                    save_state(state, folder / STATE)
                if due.is_due(step):
                    training_pictures.save_picture(folder, training_pictures.to_training_picture(step))
    finally:
        _keep(card, pair, folder)


def _fewest(config: GanConfig, digits: Digits) -> int:
    """Return the number of batches per record that gives at most MAX_RECORDS in an epoch."""
    return ceil(len(digits) / config.batch / MAX_RECORDS)


def _keep(card: generator_checkpoint.GeneratorCard, pair: Gan, folder: Path) -> None:
    """Save the generator, if there is a record of its training."""
    moments = [training_pictures.load_picture(folder, name) for name in training_pictures.list_pictures(folder)]
    if moments:
        generator_checkpoint.save(
            generator_checkpoint.finish_card(card, [one.figures for one in moments]),
            pair,
            training_pictures.stack_samples(moments),
            folder,
        )
