"""The verb `predict`: what every network reads in picture files."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.commands.options import add_dataset, add_device, load_dataset, load_shipped, parse_mask
from core.commands.terminal import BAD_INPUT, DONE, answer
from core.digits import drawing, pictures
from core.networks.evaluation import Network, predict


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--erase", metavar="CUT|x0,y0,x1,y1", help="a cut, or a rectangle of the 28x28 digit")
    add_dataset(parser)
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Read every file with every network; a file that cannot be read gets a sentence, and the others follow."""
    mask = parse_mask("--erase", options.erase)
    networks = dict(load_shipped(load_dataset(options)))
    found = {str(path): _read(path, mask, networks) for path in options.files}
    answer(options, {"files": found}, _lines(found))
    return BAD_INPUT if any("error" in readings for readings in found.values()) else DONE


def _read(path: Path, mask: Tensor | None, networks: Mapping[str, Network]) -> dict[str, Any]:
    try:
        digit = drawing.to_digit(pictures.read_picture(path.read_bytes()))
    except pictures.PictureError as error:
        return {"error": str(error)}
    except OSError as error:
        return {"error": f"The file cannot be opened: {error.strerror}."}
    image = torch.from_numpy(digit)[None, None]
    read = {name: predict(network, image.to(network.classifier.device), mask)[0] for name, network in networks.items()}
    return {"networks": {name: to_reading(probabilities) for name, probabilities in read.items()}}


def to_reading(probabilities: Tensor) -> dict[str, Any]:
    """Return what a network reads as JSON: label, confidence and probabilities `(classes,)`."""
    confidence, label = probabilities.max(0)
    rounded = [round(float(value), 6) for value in probabilities]
    return {"label": int(label), "confidence": round(float(confidence), 6), "probabilities": rounded}


def _lines(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    for path, readings in found.items():
        yield f"{path}: {readings.get('error', '')}"
        for name, reading in readings.get("networks", {}).items():
            yield f"  {name:24}{reading['label']}  {100 * reading['confidence']:5.1f} % sure"
