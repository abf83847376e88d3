"""The command line: `python -m core VERB`, each verb with --help, --json for machines, one sentence for bad input."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.commands import attack, generator, jobs, maximize, study
from core.commands.terminal import progress, say
from core.digits import datasets, downloads, drawing, pictures
from core.networks import evaluation
from core.pmnist import masks
from core.system import files
from core.training.loop import TrainStep
from core.zoo import checkpoints, recipes

DONE, BAD_INPUT, INTERRUPTED = 0, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return 0 when done, 2 for bad input, 130 when interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or DONE)
    except (ValueError, OSError) as error:
        say(files.describe_error(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        say("Interrupted; what was finished is kept.")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="Negative Space from the command line.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    data = _verb(verbs, "data", run_data, "fetch a data set, or describe the one that is here")
    data.add_argument("name", nargs="?", default="MNIST", choices=datasets.DATASETS)
    teach = _verb(verbs, "train", run_train, "make a shipped network again")
    networks = (*recipes.RECIPES, checkpoints.GENERATOR, "all")
    teach.add_argument("recipe", choices=networks, help="which network; all: every one that reads digits, in order")
    teach.add_argument("--epochs", type=int, help="fewer or more than the recipe says (for a trial)")
    teach.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        default="float32",
        help="bfloat16: faster where the processor has it",
    )
    teach.add_argument("--out", type=Path, default=checkpoints.SHIPPED, help="folder for the checkpoint")
    table = _verb(verbs, "evaluate", run_evaluate, "accuracy on whole digits and on every cut")
    table.add_argument("names", nargs="*", metavar="NAME")
    table.add_argument("--all", action="store_true", help="every shipped network")
    table.add_argument("--images", type=int, help="only the first N test digits")
    look = _verb(verbs, "predict", run_predict, "what every network reads in picture files")
    look.add_argument("files", nargs="+", type=Path, metavar="FILE")
    look.add_argument("--erase", metavar="CUT|x0,y0,x1,y1", help="a cut, or a rectangle of the 28x28 digit")
    write = _verb(verbs, "pmnist", run_pmnist, "write the 40,000 partial test digits")
    write.add_argument("--out", type=Path, default=Path("pmnist"))
    attack.add_arguments(_verb(verbs, "attack", run_attack, "noise that makes a network misread digits"))
    maximize.add_arguments(_verb(verbs, "maximize", maximize.run, "pictures that fire a neuron most"))
    study.add_arguments(_verb(verbs, "study", run_study, "many seeds: what reproduces and what does not"))
    jobs.add_arguments(_verb(verbs, "jobs", jobs.run_jobs, "list, start, stop or resume trainings"))
    for verb in (table, write):
        verb.add_argument(
            "--variant", choices=("text", "code"), default="text", help="cuts of the talk, or of its code"
        )
    for verb in (teach, table, look, write):
        verb.add_argument("--dataset", choices=datasets.DATASETS, help="MNIST, or what there is")
    return parser


def _verb(verbs: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text.capitalize() + ".")
    verb.add_argument("--json", action="store_true", help="one JSON object on stdout, everything else on stderr")
    verb.set_defaults(run=run)
    return verb


def run_data(options: argparse.Namespace) -> None:
    """Fetch a set unless it is here, then say what it holds."""
    if not datasets.is_available(options.name):
        for step in downloads.download(options.name):
            progress(step.share, f"{step.file} ({step.done_files + 1} of {step.files})")
    answer(options, datasets.load(options.name).describe())


def run_train(options: argparse.Namespace) -> None:
    """Make one network or all of them, each saved with its card as soon as it is ready."""
    files.check_writable(options.out)
    dataset = _dataset(options)
    if options.recipe == checkpoints.GENERATOR:
        measured = generator.train(dataset, options.out, epochs=options.epochs)
        return answer(options, {"dataset": _describe(dataset, measured["digits"]), "measured": measured})
    names = list(recipes.RECIPES) if options.recipe == "all" else [options.recipe]
    changes = {"precision": options.precision} | ({"epochs": options.epochs} if options.epochs is not None else {})
    cards = {}
    for name in names:
        recipe = recipes.with_training(recipes.RECIPES[name], **changes)
        network = recipes.prepare_network(recipe, options.out)
        last = _watch(name, recipes.train_recipe(recipe, network, dataset))
        cards[name] = recipes.write_card(name, recipe, network, dataset, last)
        checkpoints.save_network(cards[name], network, options.out)
        say(f"{name}: {_row(cards[name].accuracies())}")
    table = {name: card.accuracies() for name, card in cards.items()}
    answer(options, {"dataset": _describe(dataset, len(dataset.test)), "networks": table})


def _watch(name: str, steps: Iterator[TrainStep]) -> TrainStep | None:
    step = None
    for step in steps:
        progress(step.batch / step.batches, f"{name}, epoch {step.epoch}: {step.accuracy:.2f} % while learning")
        if step.validation_accuracy is not None:
            say(f"{name}, epoch {step.epoch}: {step.validation_accuracy:.2f} % on validation digits")
    return step


def run_evaluate(options: argparse.Namespace) -> None:
    """Print the PMNIST table of the named networks."""
    if not (options.all or options.names):
        raise ValueError("Name the networks to evaluate, or give --all.")
    dataset = _dataset(options)
    if options.images is not None and not 0 < options.images <= len(dataset.test):
        raise ValueError(f"--images must be between 1 and {len(dataset.test)}.")
    digits = dataset.test.first(options.images or len(dataset.test))
    named = ((name, checkpoints.load_network(name, references=dataset.train)) for name in options.names)
    networks = dict(_usable(dataset) if options.all else named)
    table: dict[str, dict[str, float]] = {name: {} for name in networks}
    for step in evaluation.pmnist_table(networks, digits, variant=options.variant):
        table[step.network][step.column] = round(step.accuracy, 2)
        progress(step.done / step.cells, f"{step.column}, {step.network}")
    answer(options, {"dataset": _describe(dataset, len(digits)), "networks": table})


def run_predict(options: argparse.Namespace) -> int:
    """Read picture files with every network; a file that cannot be read gets a sentence and the others go on."""
    mask = _mask(options.erase)
    dataset = _dataset(options)
    networks = dict(_usable(dataset))
    results = {str(path): _read(path, mask, networks) for path in options.files}
    answer(options, {"files": results})
    return BAD_INPUT if any("error" in result for result in results.values()) else DONE


def _usable(dataset: datasets.Dataset) -> Iterator[tuple[str, evaluation.Network]]:
    """Yield every network that can be used; say in a sentence which cannot."""
    cards, problems = recipes.list_zoo()
    for problem in problems:
        say(problem)
    for name in cards:
        try:
            yield name, checkpoints.load_network(name, references=dataset.train)
        except checkpoints.CheckpointError as error:
            say(str(error))


def _read(path: Path, mask: Tensor | None, networks: dict[str, evaluation.Network]) -> dict[str, Any]:
    try:
        digit = drawing.to_digit(pictures.read_picture(path.read_bytes()))
    except pictures.PictureError as error:
        return {"error": str(error)}
    except OSError as error:
        return {"error": f"The file cannot be opened: {error.strerror}."}
    image = torch.from_numpy(digit)[None, None]
    readings = {name: evaluation.predict(network, image, mask)[0] for name, network in networks.items()}
    return {"networks": {name: _reading(probabilities) for name, probabilities in readings.items()}}


def _reading(probabilities: Tensor) -> dict[str, Any]:
    confidence, label = probabilities.max(0)
    rounded = [round(float(value), 6) for value in probabilities]
    return {"label": int(label), "confidence": round(float(confidence), 6), "probabilities": rounded}


def _mask(text: str | None) -> Tensor | None:
    if text is None or text in masks.CUTS:
        return None if text is None else masks.cut_mask(text)
    corners = text.split(",")
    if len(corners) != 4 or not all(corner.strip().isdigit() for corner in corners):
        raise ValueError(f"--erase takes a cut ({', '.join(masks.CUTS)}) or x0,y0,x1,y1, not {text!r}.")
    return masks.rectangle(*(int(corner) for corner in corners))


def run_pmnist(options: argparse.Namespace) -> None:
    """Write PMNIST from the test digits."""
    dataset = _dataset(options)
    for step in masks.write_pmnist(dataset.test, options.out, variant=options.variant):
        progress(step.done / step.files, step.path.name)
    answer(options, {"dataset": _describe(dataset, len(dataset.test)), "folder": str(options.out)})


def run_attack(options: argparse.Namespace) -> None:
    """Attack one digit, or make the noise that fits all of them."""
    attack.run(options, _dataset(options), _mask(options.region))


def run_study(options: argparse.Namespace) -> None:
    """Run a study, or print the recorded one."""
    study.run(options, progress)


def _dataset(options: argparse.Namespace) -> datasets.Dataset:
    dataset = datasets.load(options.dataset) if options.dataset else datasets.load_or_offline()
    if dataset.name in datasets.MAKERS:
        say(f"These are the {dataset.name}, not MNIST; figures on them are their own.")
    return dataset


def _describe(dataset: datasets.Dataset, images: int) -> dict[str, object]:
    return {"name": dataset.name, "source": dataset.source, "images": images}


def answer(options: argparse.Namespace, result: dict[str, Any]) -> None:
    """Print the result: one JSON object for machines, a table for people."""
    if options.json:
        print(json.dumps(result))
    elif "networks" in result:
        print(f"{result['dataset']['images']:,} test digits, {result['dataset']['name']}; accuracy in percent")
        print(f"{'':24}" + "".join(f"{column:>8}" for column in evaluation.COLUMNS))
        for name, accuracies in result["networks"].items():
            print(f"{name:24}{_row(accuracies)}")
    elif "files" in result:
        for path, reading in result["files"].items():
            print(f"{path}: {reading.get('error', '')}")
            for name, read in reading.get("networks", {}).items():
                print(f"  {name:24}{read['label']}  {100 * read['confidence']:5.1f} % sure")
    else:
        print(json.dumps(result, indent=2))


def _row(accuracies: dict[str, float]) -> str:
    return "".join(f"{accuracies[column]:8.2f}" for column in evaluation.COLUMNS)


if __name__ == "__main__":
    raise SystemExit(main())
