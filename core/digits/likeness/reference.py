"""What MNIST's training digits are like, in a small file: quantiles of their measures, and where they lie.

The file holds no digit: a mean, principal components, and the means of groups of similar digits. Digits are compared
blurred and with the same energy, so that a pen's width counts little. `make_reference` makes it, and so does the
command `python -m core reference`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save
from scipy import ndimage

from core.digits.datasets import Dataset
from core.digits.drawing import Array
from core.digits.likeness.measures import MEASURES, measure
from core.system.files import write_atomically

FOLDER = Path(__file__).parent
NAME = "reference"
COMPONENTS, GROUPS = 40, 500
BLUR = 1.0  # pixels
MEASURED = 10_000  # training digits whose measures are taken
SHARES = (0.0, 0.001, 0.005, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.995, 0.999, 1.0)
DISTANCE = "distance"


@dataclass(frozen=True)
class Card:
    """What the reference was made of, and the quantiles at `shares` of each measure and of the distance."""

    dataset: dict[str, Any]
    command: str
    components: int
    groups: int
    shares: tuple[float, ...]
    quantiles: dict[str, tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class Reference:
    """Mean (784), components (k, 784), the groups' means (n, k) in the space of components, and the card."""

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    centres: NDArray[np.float32]
    card: Card

    def distance(self, digits: Array) -> NDArray[np.float32]:
        """Return the Euclidean distance (n), at most 2, of digits (n, 28, 28) from the nearest group's mean."""
        away = compared(digits) - self.mean
        inside = away @ self.components.T
        outside = np.maximum((away**2).sum(1) - (inside**2).sum(1), 0)
        near = ((inside[:, None] - self.centres[None]) ** 2).sum(2).min(1)
        return np.asarray(np.sqrt(outside + near), np.float32)

    def share_below(self, name: str, value: float) -> float:
        """Return the share of MNIST's training digits for which this measure, or the distance, is below the value."""
        return float(np.interp(value, self.card.quantiles[name], self.card.shares))


def make_reference(data: Dataset) -> Reference:
    """Measure a data set's training digits. Quantiles of the distance are those of its validation digits."""
    from sklearn.cluster import MiniBatchKMeans  # takes a second, and only the command needs it
    from sklearn.decomposition import PCA

    images = data.train.images()[:, 0].numpy()
    flat = compared(images)
    pca = PCA(COMPONENTS, svd_solver="randomized", random_state=0).fit(flat[:20_000])
    groups = MiniBatchKMeans(GROUPS, random_state=0, n_init=1, batch_size=4096).fit(pca.transform(flat))
    mean, components, centres = (
        np.asarray(part, np.float32) for part in (pca.mean_, pca.components_, groups.cluster_centers_)
    )
    card = Card({}, "", COMPONENTS, GROUPS, SHARES, {})
    bare = Reference(mean, components, centres, card)
    distances = bare.distance(data.validation.images()[:, 0].numpy())
    measured = [measure(image) for image in images[:MEASURED]]
    values = {name: [one[name] for one in measured] for name in MEASURES} | {DISTANCE: distances}
    quantiles = {name: tuple(round(float(q), 4) for q in np.quantile(of, SHARES)) for name, of in values.items()}
    about = {"name": data.name, "digits": len(images), "sha256": data.sha256}
    command = f'python -m core reference --dataset "{data.name}"'
    return replace(bare, card=Card(about, command, COMPONENTS, GROUPS, SHARES, quantiles))


def compared(digits: Array) -> Array:
    """Return digits (n, 28, 28) as they are compared: blurred, each a vector of length 1 (n, 784)."""
    blurred = ndimage.gaussian_filter(digits, (0, BLUR, BLUR)).reshape(len(digits), -1)
    return np.asarray(blurred / np.linalg.norm(blurred, axis=1, keepdims=True).clip(1e-6), np.float32)


def save_reference(reference: Reference, folder: Path = FOLDER) -> None:
    """Write the reference and its card, the components as float16. Raises OSError."""
    half = {"mean": reference.mean, "components": reference.components, "centres": reference.centres}
    arrays = save({name: np.ascontiguousarray(values, np.float16) for name, values in half.items()})
    card = (json.dumps(asdict(reference.card), indent=1) + "\n").encode()
    write_atomically(folder / f"{NAME}.safetensors", arrays)
    write_atomically(folder / f"{NAME}.json", card)


def load_reference(folder: Path = FOLDER) -> Reference:
    """Return the reference that `save_reference` wrote. Raises OSError."""
    arrays = load_file(folder / f"{NAME}.safetensors")
    fields: Mapping[str, Any] = json.loads((folder / f"{NAME}.json").read_text("utf-8"))
    mean, components, centres = (arrays[name].astype(np.float32) for name in ("mean", "components", "centres"))
    return Reference(mean, components, centres, Card(**fields))


@cache
def shipped() -> Reference:
    """Return the reference that ships with the project: MNIST's."""
    return load_reference()
