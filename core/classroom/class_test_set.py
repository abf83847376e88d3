"""The drawings of a class as its own test set: what networks read in them, which ones they misread, and files."""

import io
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from core.classroom.collected_drawings import CollectedDrawing
from core.classroom.quiz_scores import Score
from core.digits.datasets import Digits
from core.networks.evaluation import Network, predict_labels
from core.pmnist.partial_set import to_idx
from core.system.npz import arrays_to_npz

IDX_NAMES = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"  # as MNIST's own test files are called
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the date of all files in a zip: the same drawings make the same file

Readings = Mapping[str, Mapping[str, int]]
"""The class that each network reads in each drawing: by the network's name and the drawing's id."""


@dataclass(frozen=True)
class Misread:
    """A drawing that some networks read as another digit than was meant."""

    drawing: CollectedDrawing
    wrong: int
    networks: int
    """How many have read it."""
    commonest: int
    """The wrong class that most of them read."""


def to_digits(drawings: Sequence[CollectedDrawing]) -> Digits:
    """Return the drawings as a test set; at least one is needed."""
    pixels = torch.from_numpy(np.stack([one.pixels for one in drawings]))
    return Digits(pixels, torch.tensor([one.label for one in drawings]))


def read_drawings(network: Network, drawings: Sequence[CollectedDrawing]) -> dict[str, int]:
    """Return the class that the network reads in each drawing, by id."""
    if not drawings:
        return {}
    labels = predict_labels(network, to_digits(drawings).to(network.classifier.device))
    return dict(zip((one.id for one in drawings), labels.tolist(), strict=True))


def score_networks(drawings: Sequence[CollectedDrawing], readings: Readings) -> dict[str, Score]:
    """Return how many drawings each network reads as they were meant, of those that it has read."""
    scores = {}
    for name, read in readings.items():
        known = [one for one in drawings if one.id in read]
        scores[name] = Score(sum(read[one.id] == one.label for one in known), len(known))
    return scores


def find_misread(drawings: Sequence[CollectedDrawing], readings: Readings, *, most: int = 12) -> list[Misread]:
    """Return the `most` drawings that the largest share of networks misread, the worst first."""
    found = []
    for drawing in drawings:
        said = [read[drawing.id] for read in readings.values() if drawing.id in read]
        wrong = Counter(label for label in said if label != drawing.label)
        if wrong:
            found.append(Misread(drawing, wrong.total(), len(said), wrong.most_common(1)[0][0]))
    return sorted(found, key=lambda one: -one.wrong / one.networks)[:most]


def to_idx_zip(drawings: Sequence[CollectedDrawing]) -> bytes:
    """Return a zip of two IDX files with the names of MNIST's test set, which `read_idx` and torchvision read."""
    digits = to_digits(drawings)
    values = (digits.pixels, digits.labels.to(torch.uint8))
    return _to_zip({f"MNIST/raw/{name}": to_idx(one) for name, one in zip(IDX_NAMES, values, strict=True)})


def to_npz(drawings: Sequence[CollectedDrawing]) -> bytes:
    """Return a NumPy file with `x_test` uint8 `(N, 28, 28)` and `y_test` uint8 `(N,)`, as Keras names MNIST's."""
    digits = to_digits(drawings)
    return arrays_to_npz({"x_test": digits.pixels.numpy(), "y_test": digits.labels.numpy().astype(np.uint8)})


def to_png_zip(drawings: Sequence[CollectedDrawing]) -> bytes:
    """Return a zip of PNGs with a folder for each digit: "7/drawing-003.png" is the third drawing, a 7."""
    pictures = {f"{one.label}/drawing-{at:03d}.png": _to_png(one.pixels) for at, one in enumerate(drawings, 1)}
    return _to_zip(pictures)


def _to_png(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return stream.getvalue()


def _to_zip(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
