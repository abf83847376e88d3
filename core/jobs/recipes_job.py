"""A job that makes the networks of a data set by their recipes, for all visitors: what `core train basic` does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.digits import datasets
from core.digits.datasets import Dataset
from core.jobs import run_folders, training_job
from core.networks.cost import check_length, check_size, check_training
from core.system import files
from core.system.records import FieldError, to_record
from core.training.loop import TrainStep
from core.zoo import checkpoints, recipes
from core.zoo.recipes import BASIC, RECIPES

KIND = "recipes"


@dataclass(frozen=True, kw_only=True)
class RecipesPlan:
    """The settings of one job."""

    dataset: str


@dataclass(frozen=True)
class RecipeStep:
    """A record of the training of one of the networks."""

    network: str
    step: TrainStep


def find_missing(dataset: str) -> tuple[str, ...]:
    """Return the basic recipes by which no network was made yet on a set; none for a set that is made by code."""
    if dataset not in datasets.STORED_DATASETS:
        return ()
    folder = checkpoints.folder_of(dataset)
    return tuple(name for name in BASIC if not (folder / f"{name}.json").is_file())


def read_plan(settings: Any) -> RecipesPlan:
    """Return the plan that JSON-able settings describe. Raises ValueError."""
    try:
        return to_record(RecipesPlan, settings)
    except FieldError as error:
        raise ValueError(f"These settings of recipes cannot be read: {error}") from None


def check(settings: dict[str, Any]) -> None:
    """Raise ValueError, a sentence, for a set that is not here, has its networks or would take too long."""
    name = read_plan(settings).dataset
    if not find_missing(name):
        raise ValueError(f"The networks of {name} are there already, or are not made here.")
    if not datasets.is_available(name):
        raise ValueError(f"{name} is not on this machine.")
    digits, epochs = datasets.count_training_digits(name), sum(_epochs_of(recipe) for recipe in BASIC)
    check_length(epochs, digits)
    architecture = RECIPES["standard"].design(len(datasets.classes_of(name) or ()))
    check_training(check_size(architecture).operations, epochs * digits)
    files.check_writable(checkpoints.folder_of(name))


def _epochs_of(recipe: str) -> int:
    config = RECIPES[recipe].config
    return 0 if config is None else config.epochs


def run(
    settings: dict[str, Any], folder: Path, read_request: Callable[[], run_folders.JobRequest]
) -> Iterator[RecipeStep]:
    """Make the networks that are missing; each is saved with its card as soon as it is ready."""
    dataset = training_job.load_digits(read_plan(settings).dataset)
    for name in find_missing(dataset.name):
        yield from _make(name, dataset, checkpoints.folder_of(dataset.name))


def _make(name: str, dataset: Dataset, folder: Path) -> Iterator[RecipeStep]:
    recipe, step = RECIPES[name], None
    network = recipes.prepare_network(recipe, folder, classes=len(dataset.classes))
    for step in recipes.train_recipe(recipe, network, dataset):
        yield RecipeStep(name, step)
    checkpoints.save_network(recipes.write_card(name, recipe, network, dataset, step), network, folder)
