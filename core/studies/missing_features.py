"""The study of missing features: seeds x arms x cuts; each finished seed is saved at once.

Its record is made in `missing_features_record`, its conclusions in `paired_differences`.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from core.digits.datasets import Dataset
from core.networks.architectures import ARCHITECTURES
from core.studies import finished_parts
from core.studies.arm_training import ArmTrainer
from core.studies.arms import ARMS, with_required_arms
from core.studies.workers import SINGLE_PROCESS, WorkerPool
from core.zoo.recipes import CONFIG, SEED

NETWORKS = ("published", "talk")
TRAINING_FIELDS = ("epochs", "batch", "learning_rate", "momentum", "optimizer", "precision")


@dataclass(frozen=True, kw_only=True)
class StudyConfig:
    """The settings of the study. Raises ValueError, one sentence, for impossible ones."""

    dataset: str = "MNIST"
    networks: tuple[str, ...] = NETWORKS
    arms: tuple[str, ...] = tuple(ARMS)
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
    """Since this seed began."""


def run_seed(dataset: Dataset, network: str, seed: int, arms: Sequence[str], *, epochs: int = 5) -> Iterator[ArmStep]:
    """Yield every arm of one architecture and one seed as it is finished; required controls are added."""
    trainer = ArmTrainer(dataset, ARCHITECTURES[network], seed=seed, config=replace(CONFIG, epochs=epochs))
    names, start = with_required_arms(arms), time.perf_counter()
    for number, name in enumerate(names, 1):
        yield ArmStep(network, seed, name, trainer.evaluate(name), number, len(names), time.perf_counter() - start)


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
    network: str
    seed: int
    arms: tuple[str, ...]


def run_study(
    config: StudyConfig, dataset: Dataset, out: Path, *, pool: WorkerPool = SINGLE_PROCESS
) -> Iterator[SeedStep]:
    """Run all seeds of all networks, each saved in a file beside `out`; a finished one is not run again."""
    tasks = _tasks(config)
    kept = {task: _finished_arms(config, dataset, out, task) for task in tasks}
    missing = [task for task in tasks if set(task.arms) - set(kept[task])]
    for number, task in enumerate((task for task in tasks if task not in missing), 1):
        yield SeedStep(task.network, task.seed, number, len(tasks), kept=True)
    lacking = [replace(task, arms=tuple(arm for arm in task.arms if arm not in kept[task])) for task in missing]
    finished = pool.map(partial(_run_task, config.epochs), dataset, lacking)
    for number, (task, arms) in enumerate(finished, len(tasks) - len(missing) + 1):
        _keep(config, dataset, out, task, arms)
        yield SeedStep(task.network, task.seed, number, len(tasks), kept=False)


def _tasks(config: StudyConfig) -> list[_Task]:
    """Return the tasks: first the arms that run with all seeds, then those that run only with the first ones."""
    apart = config.costly < config.seeds
    rounds = [(config.seeds, (False,)), (config.costly, (True,))] if apart else [(config.seeds, (False, True))]
    return [
        _Task(network, SEED + seed, with_required_arms(name for name in config.arms if ARMS[name].costly in costly))
        for seeds, costly in rounds
        for seed in range(seeds)
        for network in config.networks
    ]


def _run_task(epochs: int, dataset: Dataset, task: _Task) -> dict[str, dict[str, float]]:
    """Return the accuracies of the arms of one seed of one network, by arm and column."""
    steps = run_seed(dataset, task.network, task.seed, task.arms, epochs=epochs)
    return {step.arm: step.accuracies for step in steps}


def _keep(config: StudyConfig, dataset: Dataset, out: Path, task: _Task, arms: dict[str, Any]) -> None:
    """Save the new arms of a seed together with its earlier ones."""
    path, settings = _path(out, task.network, task.seed), shared_settings(config, dataset)
    arms = _finished_arms(config, dataset, out, task) | arms
    finished_parts.save_part(path, settings, network=task.network, seed=task.seed, arms=arms)


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


def _finished_arms(config: StudyConfig, dataset: Dataset, out: Path, task: _Task) -> dict[str, Any]:
    part = load_seed(config, dataset, out, task.network, task.seed)
    return dict(part["arms"]) if part else {}
