"""The job "study": one seed of the study of missing features; every finished arm is a record."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from core.digits import datasets
from core.studies.missing_features import ArmStep, StudyConfig, run_seeds


def check(settings: dict[str, Any]) -> None:
    """Raise ValueError, with one sentence, for settings that are not those of a seed."""
    if set(settings) - {"dataset", "network", "seed", "arms", "epochs"} or not isinstance(settings.get("seed"), int):
        raise ValueError("A seed of a study is a dataset, a network, a whole number as seed, arms and epochs.")
    _config(settings)
    if not datasets.is_available(settings["dataset"]):
        raise ValueError(f"{settings['dataset']} is not on this machine.")


def run(settings: dict[str, Any], folder: Path, read_request: Callable[[], object]) -> Iterator[ArmStep]:
    """Yield each arm of the seed; required controls are added."""
    config = _config(settings)
    dataset = datasets.load(config.dataset)
    torch.set_num_threads(1)
    yield from run_seeds(dataset, config.networks[0], [settings["seed"]], config.arms, epochs=config.epochs)


def _config(settings: dict[str, Any]) -> StudyConfig:
    try:
        networks, arms = (settings["network"],), tuple(settings["arms"])
        return StudyConfig(dataset=settings["dataset"], networks=networks, arms=arms, epochs=settings["epochs"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"These settings of a seed cannot be read: {error}.") from None
