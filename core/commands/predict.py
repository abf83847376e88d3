"""The verb `predict`: what every network reads in picture files."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.commands.options import add_dataset, add_device, load_dataset, load_shipped, parse_mask
from core.commands.terminal import BAD_INPUT, DONE, answer
from core.digits import pictures
from core.digits.photographs import finding
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
    digits = {str(path): _read(path) for path in options.files}
    readable = {path: digit for path, digit in digits.items() if not isinstance(digit, str)}
    networks = dict(load_shipped(load_dataset(options))) if readable else {}
    found = {
        path: {"error": digit} if isinstance(digit, str) else {"networks": _predict(digit, mask, networks)}
        for path, digit in digits.items()
    }
    answer(options, {"files": found}, _lines(found))
    return DONE if len(readable) == len(digits) else BAD_INPUT


def _read(path: Path) -> Tensor | str:
    """Return the digit `(1, 1, 28, 28)` in a picture file, or a sentence that says why there is none."""
    try:
        return torch.from_numpy(finding.to_digit(pictures.read_picture(path.read_bytes())))[None, None]
    except pictures.PictureError as error:
        return str(error)
    except OSError as error:
        return f"The file cannot be opened: {error.strerror}."


def _predict(digit: Tensor, mask: Tensor | None, networks: Mapping[str, Network]) -> dict[str, Any]:
    return {
        name: to_reading(predict(network, digit.to(network.classifier.device), mask)[0])
        for name, network in networks.items()
    }


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
