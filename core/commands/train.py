"""The verb `train`: train a shipped network again, by its recipe."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands import generator
from core.commands.options import accuracy_lines, add_dataset, add_device, describe_dataset, load_dataset
from core.commands.terminal import answer, progress, say
from core.digits import datasets
from core.digits.datasets import Dataset
from core.system import checkpoint_files, files
from core.training.loop import TrainStep
from core.zoo import checkpoints, recipes
from core.zoo.checkpoints import Measurement

BASIC = "basic"  # the recipes that pages need of every set


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    names = (*recipes.RECIPES, checkpoint_files.GENERATOR, BASIC, "all")
    which = f"which network; {BASIC}: {', '.join(recipes.BASIC)}; all: every one that reads digits, in order"
    parser.add_argument("recipe", choices=names, help=which)
    parser.add_argument("--epochs", type=int, help="default: those of the recipe")
    precision = "default: float32; bfloat16 is faster where the processor supports it"
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help=precision)
    parser.add_argument("--out", type=Path, help="folder for the checkpoint; default: that of the set's networks")
    add_dataset(parser)
    add_device(parser)


def run(options: argparse.Namespace) -> None:
    """Train one network or all of them; each is saved with its card as soon as it is ready."""
    dataset = load_dataset(options)
    options.out = options.out or _folder_of(dataset)
    files.check_writable(options.out)
    if options.recipe == checkpoint_files.GENERATOR:
        measured = generator.train(dataset, options.out, epochs=options.epochs)
        return answer(options, {"dataset": describe_dataset(dataset, measured["digits"]), "measured": measured})
    names = {"all": tuple(recipes.RECIPES), BASIC: recipes.BASIC}.get(options.recipe, (options.recipe,))
    tested = {name: _train(name, options, dataset) for name in names}
    result = {
        "dataset": describe_dataset(dataset, len(dataset.test)),
        "networks": {name: found.accuracy for name, found in tested.items()},
        "loss": {name: found.loss for name, found in tested.items()},
    }
    answer(options, result, accuracy_lines(result))


def _folder_of(dataset: Dataset) -> Path:
    """Return the folder of a set's networks. Raises ValueError for a set that is used only where MNIST is not here."""
    if dataset.name in datasets.MAKERS:
        raise ValueError(f"The shipped networks are trained on MNIST, not on {dataset.name}. Name a folder with --out.")
    return checkpoints.folder_of(dataset.name)


def _train(name: str, options: argparse.Namespace, dataset: Dataset) -> Measurement:
    """Train and save one network; return what it reaches on the test digits."""
    changes = {"precision": options.precision, "device": dataset.device.type}
    changes |= {"epochs": options.epochs} if options.epochs is not None else {}
    recipe = recipes.with_training(recipes.RECIPES[name], **changes)
    network = recipes.prepare_network(recipe, options.out, classes=len(dataset.classes))
    last = _report(name, recipes.train_recipe(recipe, network, dataset))
    card = recipes.write_card(name, recipe, network, dataset, last)
    checkpoints.save_network(card, network, options.out)
    found = card.find_measurement("text")
    assert found is not None
    say(f"{name}: {', '.join(f'{column} {value:.2f}' for column, value in found.accuracy.items())}")
    return found


def _report(name: str, steps: Iterator[TrainStep]) -> TrainStep | None:
    """Run the training to its end and show its progress; return its last step."""
    step = None
    for step in steps:
        progress(step.batch / step.batches, f"{name}, epoch {step.epoch}: {step.accuracy:.2f} % of the last batches")
        if step.validation_accuracy is not None:
            say(f"{name}, epoch {step.epoch}: {step.validation_accuracy:.2f} % on validation digits")
    return step
