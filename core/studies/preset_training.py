"""Presets of the page Train, trained with several seeds: test accuracy and test loss of each, beside the sources'."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from core.digits.datasets import Dataset
from core.jobs.training_job import prepare_network, read_plan, split_digits
from core.networks.evaluation import accuracy, cross_entropy, predict
from core.studies.finished_parts import PartStep, run_parts
from core.studies.recorded import Record, to_command, to_record
from core.studies.workers import SINGLE_PROCESS, WorkerPool
from core.system.number_format import format_spread
from core.training.loop import train
from core.training.presets import PRESETS
from core.zoo.recipes import SEED

STUDY = "presets"
LECTURE = "Keras: small, Adam"


@dataclass(frozen=True, kw_only=True)
class PresetStudy:
    """The settings of the study. Raises ValueError, one sentence, for impossible ones."""

    presets: tuple[str, ...] = (LECTURE,)
    seeds: int = 3
    epochs: int | None = None
    """None: those of each preset."""

    def __post_init__(self) -> None:
        if self.seeds < 1 or (self.epochs is not None and self.epochs < 1):
            raise ValueError("This study needs at least one seed and one epoch.")
        for name in self.presets:
            if name not in PRESETS:
                raise ValueError(f"There is no preset called {name!r}; there are {', '.join(PRESETS)}.")


@dataclass(frozen=True)
class PresetRow:
    """One preset trained with one seed to its last epoch."""

    preset: str
    seed: int
    accuracy: float
    """Percent of all test digits."""
    loss: float
    """Mean cross-entropy of all test digits."""


def run_presets(
    dataset: Dataset, config: PresetStudy, out: Path, *, pool: WorkerPool = SINGLE_PROCESS
) -> Iterator[PartStep[tuple[int, int], PresetRow]]:
    """Yield the row of every preset and seed once it is saved, in a file beside `out`; a finished one is kept."""
    tasks = [(at, SEED + seed) for at in range(len(config.presets)) for seed in range(config.seeds)]
    trained = {name: PRESETS[name].to_settings() for name in config.presets}
    same = {"presets": trained, "epochs": config.epochs, "sha256": dataset.sha256}
    yield from run_parts(partial(_measure, config), tasks, PresetRow, same, dataset=dataset, out=out, pool=pool)


def _measure(config: PresetStudy, dataset: Dataset, task: tuple[int, int]) -> list[PresetRow]:
    return [train_preset(config.presets[task[0]], dataset, seed=task[1], epochs=config.epochs)]


def train_preset(name: str, dataset: Dataset, *, seed: int, epochs: int | None = None) -> PresetRow:
    """Train a preset as the job does, to the last epoch, and read all test digits once."""
    plan = read_plan(PRESETS[name].to_settings())
    config = replace(plan.config, seed=seed, epochs=epochs or plan.config.epochs, device=dataset.device.type)
    digits, held_out = split_digits(dataset, plan)
    network = prepare_network(replace(plan, seed=seed), classes=len(dataset.classes))
    for _ in train(network, digits, held_out, config):
        pass
    labels, read = dataset.test.labels, predict(network.to(dataset.device), dataset.test.images())
    return PresetRow(name, seed, accuracy(labels, read.argmax(1)), round(cross_entropy(labels, read), 4))


def summarize(rows: Sequence[PresetRow], dataset: Dataset, config: PresetStudy) -> Record:
    """Return the record of the finished trainings."""
    names = " ".join(f'"{name}"' for name in config.presets)
    record = to_record(
        STUDY,
        dataset,
        [asdict(row) for row in rows],
        seeds=config.seeds,
        command=to_command(STUDY, dataset.name, seeds=config.seeds, epochs=config.epochs, presets=names),
    )
    return {**record, "conclusions": list(conclude(record["rows"]))}


def conclude(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each preset: mean and spread of its accuracy and its loss."""
    for name in dict.fromkeys(row["preset"] for row in rows):
        found = [row for row in rows if row["preset"] == name]
        figures = {part: [float(row[part]) for row in found] for part in ("accuracy", "loss")}
        yield (
            f"{name}: {format_spread(figures['accuracy'], 2)} % of the test digits, test loss "
            f"{format_spread(figures['loss'], 4)} ({len(found)} seed{'s' * (len(found) != 1)})."
        )
