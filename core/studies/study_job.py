"""The job "study": one seed of the study of missing features; every finished arm is a record."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.digits import datasets
from core.studies.missing_features import ArmStep, StudyConfig, run_seeds
from core.system.records import FieldError, to_record
from core.training.config import check_seed

MAX_EPOCHS = 60  # for each arm


@dataclass(frozen=True, kw_only=True)
class SeedPlan:
    """One seed of the study."""

    dataset: str
    network: str
    seed: int
    arms: tuple[str, ...]
    epochs: int

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if self.epochs > MAX_EPOCHS:
            raise ValueError(f"An arm of a study has at most {MAX_EPOCHS} epochs, not {self.epochs:,}.")
        StudyConfig(dataset=self.dataset, networks=(self.network,), arms=self.arms, epochs=self.epochs)


def read_plan(settings: Any) -> SeedPlan:
    """Return the seed that JSON-able settings describe. Raises ValueError."""
    try:
        return to_record(SeedPlan, settings)
    except FieldError as error:
        expected = "A seed of a study is a dataset, a network, a whole number as seed, arms and epochs"
        raise ValueError(f"{expected}: {error}") from None


def check(settings: Any) -> None:
    """Raise ValueError, with one sentence, for settings that are not those of a seed."""
    plan = read_plan(settings)
    if not datasets.is_available(plan.dataset):
        raise ValueError(f"{plan.dataset} is not on this machine.")


def run(settings: dict[str, Any], folder: Path, read_request: Callable[[], object]) -> Iterator[ArmStep]:
    """Yield each arm of the seed; required controls are added."""
    plan = read_plan(settings)
    dataset = datasets.load(plan.dataset)
    torch.set_num_threads(1)
    yield from run_seeds(dataset, plan.network, [plan.seed], plan.arms, epochs=plan.epochs)
