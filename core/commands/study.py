"""The verb `study` of the command line: run a study, go on with an interrupted one, or print the recorded one."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from math import isnan
from pathlib import Path
from typing import Any

from core import checkpoints, datasets, recipes
from core.datasets import Dataset
from core.files import replace
from core.studies import transfer_records
from core.studies.arms import ARMS
from core.studies.records import STUDIES, load_recorded, summarize, to_json
from core.studies.study import NETWORKS, StudyConfig, run_study
from core.studies.transferability import CHANCE, TransferConfig, TransferRow, run_transfer

Progress = Callable[[float, str], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb takes."""
    default, transfer = StudyConfig(), TransferConfig()
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("--recorded", action="store_true", help="print the recorded study, run nothing")
    parser.add_argument("--dataset", choices=(*datasets.NAMES, datasets.OFFLINE), help="MNIST, or what there is")
    parser.add_argument("--networks", default=",".join(NETWORKS), help=f"of {', '.join(NETWORKS)} and others")
    parser.add_argument("--arms", help=f"of {', '.join(ARMS)}; their controls come along")
    parser.add_argument("--seeds", type=int, default=default.seeds)
    parser.add_argument("--costly-seeds", type=int, help="fewer seeds for arms in which convolutions learn")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="and as many again for every retraining")
    parser.add_argument("--workers", type=int, default=1, help="processes; each wants a core and 2 GB of memory")
    parser.add_argument("--digits", type=int, default=transfer.digits, help="adversarial: test digits, the first ones")
    parser.add_argument("--steps", type=int, default=transfer.steps, help="adversarial: of PGD")
    out = "the finished study; its finished parts lie in a folder beside it, and the next run goes on from them"
    parser.add_argument("--out", type=Path, metavar="FILE", help=f"{out} (runs/STUDY.json)")


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Print the study as one JSON object for machines, as a table and sentences for people."""
    crossed = options.study == transfer_records.STUDY
    make, lines = (_transfer, _transfer_lines) if crossed else (_study, _lines)
    record = load_recorded(options.study, options.dataset or "MNIST") if options.recorded else make(options, progress)
    print(json.dumps(record) if options.json else "\n".join(lines(record)))


def _study(options: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    config, out = _config(options), _out(options)
    dataset = _load(config.dataset)
    for step in run_study(config, dataset, out, workers=options.workers):
        progress(step.done / step.tasks, f"{step.network}, seed {step.seed}{' (kept)' if step.kept else ''}")
        _write(summarize(config, dataset, out), out)
    return summarize(config, dataset, out)


def _transfer(options: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Let every shipped network but the laboratory's read every other's noise."""
    config, out = TransferConfig(digits=options.digits, steps=options.steps), _out(options)
    dataset = _load(options.dataset or _here())
    zoo, _ = recipes.list_zoo()
    cards = {name: card for name, card in zoo.items() if not card.recipe.get("laboratory")}
    networks = {name: checkpoints.load(name, references=dataset.train) for name in cards}
    weights = {name: card.weights_sha256 for name, card in cards.items()}
    rows: list[TransferRow] = []
    for step in run_transfer(networks, dataset, config, out, settings=weights):
        rows += step.rows
        progress(step.done / step.sources, f"{step.source}{' (kept)' if step.kept else ''}")
        _write(transfer_records.summarize(rows, dataset, config, cards), out)
    return transfer_records.summarize(rows, dataset, config, cards)


def _here() -> str:
    return "MNIST" if datasets.on_this_machine("MNIST") else datasets.OFFLINE


def _load(name: str) -> Dataset:
    dataset = datasets.load(name)
    if dataset.name == datasets.OFFLINE:
        print("These are the offline digits, not MNIST; figures on them are their own.", file=sys.stderr)
    return dataset


def _out(options: argparse.Namespace) -> Path:
    return options.out or Path("runs") / f"{options.study}.json"


def _config(options: argparse.Namespace) -> StudyConfig:
    return StudyConfig(
        dataset=options.dataset or _here(),
        networks=tuple(options.networks.split(",")),
        arms=tuple(options.arms.split(",")) if options.arms is not None else tuple(ARMS),
        seeds=options.seeds,
        costly_seeds=options.costly_seeds,
        epochs=options.epochs,
    )


def _write(record: dict[str, Any], out: Path) -> None:
    """Keep the study as far as it is, so that an interrupted one can be looked at."""
    out.parent.mkdir(parents=True, exist_ok=True)
    replace(out, to_json(record))


def _lines(record: dict[str, Any]) -> Iterator[str]:
    about = record["dataset"]
    yield f"{about['images']:,} test digits, {about['name']}; mean accuracy in percent over the seeds, and its spread"
    for network, sentences in record["conclusions"].items():
        yield f"\n{network:34}seeds" + "".join(f"{column:>14}" for column in record["columns"])
        found: dict[tuple[str, int], list[str]] = {}
        for row in record["rows"]:
            if row["network"] == network:
                spread = "" if row["std"] is None else f" ± {row['std']:.1f}"
                found.setdefault((row["title"], row["seeds"]), []).append(f"{row['mean']:.1f}{spread}".rjust(14))
        yield from (f"{title:34}{seeds:5}{''.join(cells)}" for (title, seeds), cells in found.items())
        yield from ("", *sentences)
    yield f"\n{record['command']}"


def _transfer_lines(record: dict[str, Any]) -> Iterator[str]:
    about, settings = record["dataset"], record["settings"]
    yield f"{about['images']:,} test digits, {about['name']}; accuracy in percent: noise made for, read by"
    noises = [*(("pgd", size) for size in settings["crossed"]), ("universal", settings["universal_epsilon"])]
    for noise, epsilon in noises:
        matrix = transfer_records.to_matrix(record, noise, epsilon)
        columns = "".join(f"{number:>7}" for number in range(1, len(matrix.readers) + 1))
        yield f"\n{noise + f', L-inf {epsilon:g}':28}{columns}"
        for source, cells in zip(matrix.sources, matrix.accuracies, strict=True):
            number = matrix.readers.index(source) + 1 if source != CHANCE else ""
            yield f"{number!s:>3} {source:24}" + "".join("      –" if isnan(one) else f"{one:7.1f}" for one in cells)
    yield from ("", *record["conclusions"], f"\n{record['command']}")
