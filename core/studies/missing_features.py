"""The study of missing features: seeds x arms x cuts; each finished seed is saved at once.

Its record is made in `missing_features_record`, its conclusions in `paired_differences`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from core.digits.datasets import Dataset
from core.networks.architectures import ARCHITECTURES
from core.studies import finished_parts
from core.studies.arm_training import ArmTrainer
from core.studies.arms import ARMS, COLUMNS, RECORDED_ARMS, with_required_arms
from core.studies.workers import SINGLE_PROCESS, WorkerPool
from core.system import interrupts
from core.zoo.recipes import CONFIG, SEED

NETWORKS = ("published", "talk")
TRAINING_FIELDS = ("epochs", "batch", "learning_rate", "momentum", "optimizer", "precision")


@dataclass(frozen=True, kw_only=True)
class StudyConfig:
    """The settings of the study. Raises ValueError, one sentence, for impossible ones."""

    dataset: str = "MNIST"
    networks: tuple[str, ...] = NETWORKS
    arms: tuple[str, ...] = tuple(RECORDED_ARMS)
    seeds: int = 10
    costly_seeds: int | None = None
    """Seeds for the arms that train convolutions; None: as many as for the others."""
    epochs: int = 5
    """For the standard network, and as many again for each arm that continues from it."""

    def __post_init__(self) -> None:
        if self.seeds < 1 or self.costly < 1:
            raise ValueError("A study needs at least one seed: ask for --seeds 1 or more.")
        if self.epochs < 1:
            raise ValueError(f"Epochs must be at least 1, not {self.epochs}.")
        for network in self.networks:
            if network not in ARCHITECTURES:
                raise ValueError(f"There is no network called {network!r} to study; there are {', '.join(NETWORKS)}.")
            if not ARCHITECTURES[network].features:
                raise ValueError(f"{network!r} has no convolutions whose features could be missing.")
        with_required_arms(self.arms)

    @property
    def costly(self) -> int:
        return self.seeds if self.costly_seeds is None else min(self.costly_seeds, self.seeds)


@dataclass(frozen=True)
class ArmStep:
    """One arm of one seed has been trained and evaluated."""

    network: str
    seed: int
    arm: str
    accuracies: dict[str, float]
    """Percent, by column."""
    done: int
    arms: int
    seconds: float
    """Since the seeds that learn together began."""


def run_seeds(
    dataset: Dataset, network: str, seeds: Sequence[int], arms: Sequence[str], *, epochs: int = 5
) -> Iterator[ArmStep]:
    """Yield every arm of one architecture, seed by seed, as it is finished; required controls are added."""
    design = replace(ARCHITECTURES[network], classes=len(dataset.classes))
    trainer = ArmTrainer(dataset, design, seeds=seeds, config=replace(CONFIG, epochs=epochs))
    names, start = with_required_arms(arms), interrupts.working_time()
    for number, name in enumerate(names, 1):
        accuracies = trainer.evaluate(name)
        seconds = interrupts.working_time() - start
        for seed, found in zip(seeds, accuracies, strict=True):
            yield ArmStep(network, seed, name, found, number, len(names), seconds)


@dataclass(frozen=True)
class SeedStep:
    """One seed of one network is finished and saved."""

    network: str
    seed: int
    done: int
    tasks: int
    kept: bool
    """Whether an earlier run had finished it."""


@dataclass(frozen=True)
class _Task:
    """Seeds of one network that learn together, and their arms."""

    network: str
    seeds: tuple[int, ...]
    arms: tuple[str, ...]


def run_study(
    config: StudyConfig, dataset: Dataset, out: Path, *, pool: WorkerPool = SINGLE_PROCESS
) -> Iterator[SeedStep]:
    """Run all seeds of all networks, each saved in a file beside `out`; a finished one is not run again.

    On a GPU the seeds of a network that lack the same arms learn side by side, as many as its memory holds.
    """
    tasks = _tasks(config)
    kept = {task: _finished_arms(config, dataset, out, task.network, task.seeds[0]) for task in tasks}
    lacking = [replace(task, arms=tuple(arm for arm in task.arms if arm not in kept[task])) for task in tasks]
    done = 0
    for task in (task for task, missing in zip(tasks, lacking, strict=True) if not missing.arms):
        done += 1
        yield SeedStep(task.network, task.seeds[0], done, len(tasks), kept=True)
    together = _group([task for task in lacking if task.arms], seeds_at_once(config, dataset))
    for task, results in pool.map(partial(_run_task, config.epochs), dataset, together):
        for seed, arms in results.items():
            _keep(config, dataset, out, task.network, seed, arms)
            done += 1
            yield SeedStep(task.network, seed, done, len(tasks), kept=False)


def _tasks(config: StudyConfig) -> list[_Task]:
    """Return a task for each seed: first the arms that run with all seeds, then those that run with the first ones."""
    apart = config.costly < config.seeds
    rounds = [(config.seeds, (False,)), (config.costly, (True,))] if apart else [(config.seeds, (False, True))]
    return [
        _Task(network, (SEED + seed,), with_required_arms(name for name in config.arms if ARMS[name].costly in costly))
        for seeds, costly in rounds
        for seed in range(seeds)
        for network in config.networks
    ]


def _group(tasks: Sequence[_Task], most: int) -> list[_Task]:
    """Return tasks of at most `most` seeds each, of one network and the same arms."""
    alike: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for task in tasks:
        alike.setdefault((task.network, task.arms), []).extend(task.seeds)
    return [
        _Task(network, tuple(seeds[first : first + most]), arms)
        for (network, arms), seeds in alike.items()
        for first in range(0, len(seeds), most)
    ]


def seeds_at_once(config: StudyConfig, dataset: Dataset) -> int:
    """Return how many seeds learn side by side: one on the CPU, on a GPU as many as half of its free memory holds.

    The features of all training and test digits take nearly all of the memory, twice for those to learn from.
    """
    if dataset.device.type != "cuda":
        return 1
    free, _ = torch.cuda.mem_get_info(dataset.device)
    features = max(math.prod(list(ARCHITECTURES[network].shapes())[-1]) for network in config.networks)
    digits = 2 * len(dataset.train) + len(COLUMNS) * len(dataset.test)
    return max(1, int(free / 2 / (4 * features * digits)))


def _run_task(epochs: int, dataset: Dataset, task: _Task) -> dict[int, dict[str, dict[str, float]]]:
    """Return the accuracies by seed, arm and column. Raises ValueError where a GPU's memory is too small."""
    found: dict[int, dict[str, dict[str, float]]] = {seed: {} for seed in task.seeds}
    try:
        for step in run_seeds(dataset, task.network, task.seeds, task.arms, epochs=epochs):
            found[step.seed][step.arm] = step.accuracies
    except torch.OutOfMemoryError:
        raise ValueError(
            f"The GPU has too little memory for {len(task.seeds)} seeds of {task.network} side by side: "
            "run fewer with --seeds, or use --device cpu."
        ) from None
    return found


def _keep(
    config: StudyConfig, dataset: Dataset, out: Path, network: str, seed: int, arms: dict[str, dict[str, float]]
) -> None:
    """Save the new arms of a seed together with its earlier ones."""
    path, settings = _path(out, network, seed), shared_settings(config, dataset)
    arms = _finished_arms(config, dataset, out, network, seed) | arms
    finished_parts.save_part(path, settings, network=network, seed=seed, arms=arms)


def _path(out: Path, network: str, seed: int) -> Path:
    return finished_parts.part_path(out, f"{network}-{seed}")


def shared_settings(config: StudyConfig, dataset: Dataset) -> dict[str, Any]:
    """Return the settings that all seeds of one table must share."""
    training = asdict(replace(CONFIG, epochs=config.epochs))
    return {
        "dataset": dataset.name,
        "sha256": dataset.sha256,
        "training": {name: training[name] for name in TRAINING_FIELDS},
    }


def load_seed(config: StudyConfig, dataset: Dataset, out: Path, network: str, seed: int) -> dict[str, Any] | None:
    """Return a finished seed of a network; None when it is missing, damaged, or of other settings."""
    part = finished_parts.load_part(_path(out, network, seed), shared_settings(config, dataset))
    return part if part and part.get("arms") else None


def _finished_arms(config: StudyConfig, dataset: Dataset, out: Path, network: str, seed: int) -> dict[str, Any]:
    part = load_seed(config, dataset, out, network, seed)
    return dict(part["arms"]) if part else {}
