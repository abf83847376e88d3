"""The verb `maximize`: optimise pictures for an objective, write them as a sheet, print the objective's values."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.commands.options import add_dataset, add_device, load_dataset, read_seed
from core.commands.terminal import answer, progress
from core.jobs import trained_networks
from core.maximization.compact_steps import to_compact, to_npz
from core.maximization.loop import PRESETS, MaximizationStep, maximize
from core.maximization.objective_parser import SYNTAX, NamedObjective, parse_objective
from core.maximization.parameterizations import mean_magnitude
from core.system.device import find_device
from core.system.files import write_atomically
from core.visualization.arrays import to_png
from core.visualization.labels import draw_labels
from core.visualization.maximization import draw_sheet, layout_for, to_animation
from core.zoo import checkpoints

ENDINGS = (".png", ".apng", ".npz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--objective", default="classes", help=SYNTAX)
    parser.add_argument("--network", default="assignment", metavar="NAME", help="a shipped network, or a run's")
    parser.add_argument("--preset", choices=PRESETS, default=next(iter(PRESETS)))
    parser.add_argument("--steps", type=int, help="default: the preset's")
    parser.add_argument("--seed", type=read_seed, default=0, help="of the noise it starts from")
    parser.add_argument("--starts", type=int, default=1, help="how many starts each objective has")
    add_dataset(parser)
    add_device(parser)
    out = "the sheet as a PNG; .apng: all steps as an animation; .npz: pictures and values of all steps"
    parser.add_argument("--out", type=Path, metavar="FILE", help=out)


def run(options: argparse.Namespace) -> None:
    """Optimise, write `--out`, and print the objective's value for each picture."""
    if options.out is not None and options.out.suffix not in ENDINGS:
        raise ValueError(f"--out takes a name that ends in {', '.join(ENDINGS)}.")
    checkpoint = trained_networks.find_checkpoint(options.network)
    device = find_device(options.device)
    network = checkpoints.load_classifier(checkpoint.name, checkpoint.folder).to(device)
    question = parse_objective(options.objective, network)
    changes = {"seed": options.seed, "starts": options.starts}
    changes |= {"steps": options.steps} if options.steps is not None else {}
    settings = replace(PRESETS[options.preset], **changes)
    seen = []
    fixed = mean_magnitude(load_dataset(options).train) if settings.parameterization == "phase" else None
    for step in maximize(network, question.objective, settings, magnitude=fixed):
        progress(step.step / step.steps, f"step {step.step}: {float(step.costs.mean()):.2f} on average")
        seen.append(step)
    if options.out is not None:
        _write(options.out, question, seen)
    result = {
        "network": options.network,
        "objective": options.objective,
        "preset": options.preset,
        "seed": options.seed,
        "steps": settings.steps,
        "sheet": None if options.out is None else str(options.out),
        "pictures": _to_pictures(question, seen[0], seen[-1]),
    }
    answer(options, result, map(_line, result["pictures"]))


def _write(out: Path, question: NamedObjective, seen: list[MaximizationStep]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    match out.suffix:
        case ".npz":
            write_atomically(out, to_npz(map(to_compact, seen)))
        case ".apng":
            write_atomically(out, to_animation([_draw(question, step) for step in seen]))
        case _:
            write_atomically(out, to_png(_draw(question, seen[-1])))


def _draw(question: NamedObjective, step: MaximizationStep) -> np.ndarray[Any, Any]:
    names = question.names * (len(step.images) // len(question.names))
    dead = None if step.step < step.steps else (~step.responded).tolist()
    return draw_labels(draw_sheet(step.images[:, 0].numpy(), names, layout_for(len(names)), dead=dead))


def _to_pictures(question: NamedObjective, first: MaximizationStep, last: MaximizationStep) -> list[dict[str, Any]]:
    names = question.names * (len(last.images) // len(question.names))
    return [
        {
            "name": name,
            "start": round(float(first.costs[number]), 4),
            "end": round(float(last.costs[number]), 4),
            "dead": not bool(last.responded[number]),
            "std": round(float(last.images[number].std()), 4),
        }
        | _reading(last, number)
        for number, name in enumerate(names)
    ]


def _reading(last: MaximizationStep, number: int) -> dict[str, Any]:
    if last.probabilities is None:
        return {}
    confidence, label = last.probabilities[number].max(0)
    return {"label": int(label), "confidence": round(float(confidence), 6)}


def _line(picture: dict[str, Any]) -> str:
    read = f", read as {picture['label']}, {100 * picture['confidence']:.1f} % sure" if "label" in picture else ""
    dead = "; dead: it was never activated" if picture["dead"] else ""
    return f"{picture['name']:16}{picture['start']:10.2f} ->{picture['end']:10.2f}{read}{dead}"
