"""Options that several verbs share, and what they stand for."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor

from core.commands import tables
from core.commands.terminal import say
from core.digits import datasets
from core.digits.datasets import Dataset
from core.jobs import onnx_files
from core.networks.evaluation import COLUMNS, Network
from core.onnx.description import MAX_BYTES
from core.pmnist import masks
from core.system import checkpoint_files
from core.system.device import DEVICE_VARIABLE, DEVICES, find_device
from core.training.config import MAX_SEED, check_seed
from core.zoo import checkpoints, recipes
from core.zoo.fit import check_fit, fits


def add_dataset(parser: argparse.ArgumentParser) -> None:
    """Add `--dataset`, see `load_dataset`."""
    parser.add_argument("--dataset", choices=datasets.list_names(), help="default: MNIST, else the offline digits")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add `--device`, for `find_device`."""
    text = f"where to compute; default: {DEVICE_VARIABLE}, else auto: CUDA if it is there, else the CPU"
    parser.add_argument("--device", choices=("auto", *DEVICES), help=text)


def add_variant(parser: argparse.ArgumentParser) -> None:
    """Add `--variant` of the cuts."""
    text = "the cuts as the talk describes them, or as its code makes them; default: text"
    parser.add_argument("--variant", choices=("text", "code"), default="text", help=text)


def read_seed(text: str) -> int:
    """Return a seed, as a type of argparse's options. Raises ArgumentTypeError."""
    try:
        check_seed(seed := int(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"a seed is a whole number from 0 to {MAX_SEED:,}") from None
    return seed


def load_dataset(options: argparse.Namespace) -> Dataset:
    """Return the chosen data set on the chosen device; say so when it is not stored but made here.

    Raises DatasetError, and ValueError for a device that this machine does not have.
    """
    device = find_device(options.device)
    return choose_dataset(options.dataset).to(device)


def choose_dataset(name: str | None) -> Dataset:
    """Return the named set, else MNIST or the offline digits; say so when it is not stored but made here.

    Say also when NEGATIVE_SPACE_DATA names a folder that does not hold the set. Raises DatasetError.
    """
    dataset = datasets.load(name) if name else datasets.load_or_offline()
    if problem := datasets.describe_named_folder(name or "MNIST"):
        say(problem)
    if dataset.name in datasets.MAKERS:
        say(f"These are the {dataset.name}, not MNIST; their results are not comparable with MNIST's.")
    return dataset


def describe_dataset(dataset: Dataset, images: int) -> dict[str, object]:
    """Return what a result says about its data set."""
    return {"name": dataset.name, "source": dataset.source, "images": images}


def parse_mask(option: str, text: str | None) -> Tensor | None:
    """Return the mask, bool `(28, 28)`, of a cut's name or a rectangle "x0,y0,x1,y1". Raises ValueError."""
    if text is None:
        return None
    if text in masks.CUTS:
        return masks.cut_mask(text)
    corners = text.split(",")
    if len(corners) != 4 or not all(re.fullmatch(r"\s*[0-9]{1,4}\s*", corner) for corner in corners):
        raise ValueError(f"{option} takes a cut ({', '.join(masks.CUTS)}) or x0,y0,x1,y1, not {text!r}.")
    return masks.rectangle(*(int(corner) for corner in corners))


def load_network(name: str, dataset: Dataset) -> Network:
    """Return a shipped network, or the one in an ONNX file.

    Raises CheckpointError, also for one whose classes are not those of the set, and OnnxError for an unusable file.
    """
    if name.endswith(".onnx"):
        return _load_onnx(Path(name), dataset)
    folder = checkpoints.find_folder(name, dataset.name)
    check_fit(checkpoints.load_card(name, folder), dataset)
    return checkpoints.load_network(name, references=dataset.train, folder=folder)


def _load_onnx(path: Path, dataset: Dataset) -> Network:
    """Return the network in an ONNX file; say which pixels it gets. Raises ValueError, one sentence."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
    _, network, choice = onnx_files.read_onnx(content, path.name, dataset.to("cpu"))
    say(f"{path.name} gets pixels {choice.name!r}: {choice.accuracies[choice.name]:.1f} % of {choice.digits} digits.")
    return network.to(dataset.device)


def load_shipped(dataset: Dataset) -> Iterator[tuple[str, Network]]:
    """Yield every shipped network by name; say in a sentence which cannot be loaded.

    Raises ValueError if no network has the classes of the set.
    """
    cards, problems = recipes.list_zoo(checkpoint_files.SHIPPED, checkpoints.folder_of(dataset.name))
    for problem in problems:
        say(problem)
    fitting = [name for name, card in cards.items() if fits(card, dataset)]
    if cards and not fitting:
        raise ValueError(f"No shipped network has the classes of {dataset.name}: choose another data set.")
    for name in fitting:
        try:
            folder = checkpoints.find_folder(name, dataset.name)
            yield name, checkpoints.load_network(name, references=dataset.train, folder=folder)
        except checkpoint_files.CheckpointError as error:
            say(str(error))


def accuracy_lines(result: dict[str, Any]) -> Iterator[str]:
    """Yield the table of a result's networks: accuracy in percent for each cut, and the loss on whole digits."""
    about, losses = result["dataset"], result["loss"]
    yield f"{about['images']:,} test digits, {about['name']}; accuracy in percent, loss (cross-entropy) of whole digits"
    rows = [
        (name, *(f"{found[column]:.2f}" for column in COLUMNS), _format_loss(losses[name]))
        for name, found in result["networks"].items()
    ]
    yield from tables.to_lines(("", *COLUMNS, "loss"), rows)


def _format_loss(loss: float | None) -> str:
    return "–" if loss is None else f"{loss:.4f}"
