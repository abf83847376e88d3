"""The verb `probes`: train the linear probes of shipped networks again, and measure where cut digits are lost."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.commands import tables
from core.commands.options import add_dataset, add_device, load_dataset
from core.commands.terminal import answer, progress
from core.digits.datasets import Dataset, Digits
from core.digits.training_set import describe_training
from core.networks.classifier import Classifier
from core.networks.evaluation import WHOLE
from core.pmnist.masks import CUTS
from core.pmnist.partial_set import erase_pixels
from core.probes import probe_checkpoint
from core.probes.learning import ProbeStep, to_probes, train_probes
from core.probes.measuring import measure_probes
from core.probes.probe_checkpoint import FOLDER, NETWORKS, ProbeCard
from core.system.device import describe_environment
from core.zoo import checkpoints
from core.zoo.fit import check_fit

LEARNED = 10_000  # training digits, whole, and again with each cut


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", default=list(NETWORKS), help=f"default: {', '.join(NETWORKS)}"
    )
    parser.add_argument("--images", type=int, metavar="N", help="only the first N test digits")
    parser.add_argument("--out", type=Path, help="the folder of the probes and their cards; default: the set's own")
    add_dataset(parser)
    add_device(parser)


def run(options: argparse.Namespace) -> None:
    """Train, measure and save the probes of each network; print accuracies, and where digits are lost."""
    dataset = load_dataset(options)
    if options.images is not None and not 0 < options.images <= len(dataset.test):
        raise ValueError(f"--images must be between 1 and {len(dataset.test)}.")
    test = dataset.test.first(options.images or len(dataset.test))
    out = options.out or checkpoints.folder_of(dataset.name) / FOLDER.name
    measured = {name: _make(name, dataset, test, out) for name in options.names}
    answer(options, {"dataset": dataset.describe(), "networks": measured}, _lines(measured))


def _make(name: str, dataset: Dataset, test: Digits, out: Path) -> list[dict[str, Any]]:
    """Train and save the probes of one network; return its rows. Raises CheckpointError."""
    network_card = checkpoints.load_card(name)
    check_fit(network_card, dataset)
    network = checkpoints.load_classifier(name).to(dataset.device)
    steps = _train(name, network, dataset)
    probes = {place: probe.round() for place, probe in to_probes(steps).items()}
    relearned = {cut: to_probes(_train(name, network, dataset, cut)) for cut in CUTS}
    card = ProbeCard(
        name=name,
        network_sha256=network_card.weights_sha256,
        dataset=describe_training(dataset, len(dataset.train.first(LEARNED))),
        penalties={step.place: step.fitted.penalty for step in steps},
        validation={step.place: round(step.fitted.accuracy, 2) for step in steps},
        measured=[asdict(row) for row in measure_probes(network, probes, test, relearned)],
        command=_to_command(name, dataset, test),
        versions=describe_environment(dataset.device),
    )
    probe_checkpoint.save(card, probes, out)
    return card.measured


def _to_command(name: str, dataset: Dataset, test: Digits) -> str:
    """Return the command that makes this card again."""
    chosen = "" if dataset.name == "MNIST" else f' --dataset "{dataset.name}"'
    return f"python -m core probes {name}{chosen}" + (f" --images {len(test)}" if len(test) < len(dataset.test) else "")


def _train(name: str, network: Classifier, dataset: Dataset, cut: str = "") -> list[ProbeStep]:
    """Train the probes of a network on whole training digits, or on ones with this cut."""
    learned, validation = dataset.train.first(LEARNED), dataset.validation
    if cut:
        learned, validation = (Digits(erase_pixels(one.pixels, cut), one.labels) for one in (learned, validation))
    steps = []
    for step in train_probes(network, learned, validation, len(dataset.classes)):
        progress(step.done / step.places, f"{name}, {cut or WHOLE}, {step.place}: {step.fitted.accuracy:.1f} %")
        steps.append(step)
    return steps


def _lines(measured: Mapping[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Yield for each network the accuracy by place, that of probes that learned the cut, and where digits are lost."""
    for name, rows in measured.items():
        yield f"{name}: accuracy in percent of the probe after each layer, (learned from such digits), [lost there, %]"
        places = list(rows[0]["accuracy"])
        yield from tables.to_lines(("", *places), [(row["column"], *_cells(row, places)) for row in rows])


def _cells(row: Mapping[str, Any], places: Sequence[str]) -> Iterator[str]:
    for place in places:
        again = f" ({row['relearned'][place]:.1f})" if place in row["relearned"] else ""
        lost = f" [{100 * row['lost'][place] / row['misread']:.1f}]" if row["misread"] else ""
        yield f"{row['accuracy'][place]:.1f}{again}{lost}"
