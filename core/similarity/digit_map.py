"""A map of many digits: each is a point of the plane, near the digits that resemble it.

Digits are compared by the Euclidean distance of their vectors in three spaces. Inverting all features (x -> 1 - x)
changes no distance, so a map of inverted features would be the same one; the third space says instead which features
are absent.
"""

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.inversion.absent_features import is_absent
from core.inversion.map_atlas import MapAtlas, last_maps
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH

SIZE = 2000  # digits on a map
MIN_DIGITS = 3  # two axes need as many
NEIGHBOURS = 15
FADES = 9  # pictures between the whole digit and what is left of it
MARGIN = 0.04  # of the box around a map
SHARPNESS, ROUNDS = 8, 20  # how much more a nearer neighbour counts, and how often its place is improved
MIN_EXTENT = 1e-6  # a length below counts as this one: nothing is divided by zero


class Space(StrEnum):
    """What two digits are compared by."""

    PIXELS = "pixels"
    FEATURES = "last features"
    ABSENT = "missing features"


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest points of each query, the nearest first; both `(N, K)`."""

    distances: Tensor
    indices: Tensor


@dataclass(frozen=True, eq=False)
class DigitMap:
    """The vectors `(M, F)` and labels `(M,)` of a map's digits, and their two principal components."""

    vectors: Tensor
    labels: Tensor
    center: Tensor
    """The mean vector, `(F,)`."""
    axes: Tensor
    """The directions in which the vectors vary most, `(2, F)`, each of length 1."""
    variance: float
    """The share of the vectors' variance along these axes, 0 to 1."""

    def project(self, vectors: Tensor) -> Tensor:
        """Return the positions `(N, 2)` of any vectors `(N, F)` by their principal components."""
        return (vectors - self.center) @ self.axes.T


def to_spaces(network: Classifier, atlas: MapAtlas, images: Tensor) -> dict[Space, Tensor]:
    """Return the vectors `(N, F)` of `images` `(N, 1, 28, 28)` in each space; absent features are 1, all others 0."""
    with torch.no_grad():
        maps = torch.cat([last_maps(network, part) for part in images.split(BATCH)])
        absent = is_absent(maps, atlas).flatten(1).float()
    return {Space.PIXELS: images.flatten(1), Space.FEATURES: maps.flatten(1), Space.ABSENT: absent}


def build_maps(network: Classifier, atlas: MapAtlas, digits: Digits) -> dict[Space, DigitMap]:
    """Return the map of these digits in each space. Raises ValueError for fewer than MIN_DIGITS."""
    if len(digits) < MIN_DIGITS:
        raise ValueError(f"A map needs {MIN_DIGITS} digits.")
    found = to_spaces(network, atlas, digits.images())
    return {space: _build_map(vectors, digits.labels) for space, vectors in found.items()}


def _build_map(vectors: Tensor, labels: Tensor) -> DigitMap:
    center = vectors.mean(0)
    _, lengths, axes = torch.linalg.svd(vectors - center, full_matrices=False)
    variances = lengths.square()
    variance = float(variances[:2].sum() / variances.sum().clamp(min=MIN_EXTENT))
    return DigitMap(vectors, labels, center, axes[:2], variance)


def find_neighbours(points: Tensor, queries: Tensor, count: int = NEIGHBOURS) -> Neighbours:
    """Return the `count` of `points` `(M, F)` nearest to each of `queries` `(N, F)`, or all of fewer points."""
    parts = [
        torch.cdist(part, points).topk(min(count, len(points)), largest=False, sorted=True)
        for part in queries.split(BATCH)
    ]
    return Neighbours(torch.cat([part.values for part in parts]), torch.cat([part.indices for part in parts]))


def place_among(positions: Tensor, neighbours: Neighbours) -> Tensor:
    """Return positions `(N, 2)` among those of the neighbours, of which the nearest count most.

    t-SNE itself places only the digits that it was computed with. This weighted geometric median (Weiszfeld 1937) was
    best on validation digits: a mean often falls between groups.
    """
    places = positions[neighbours.indices]
    distances = neighbours.distances.clamp(min=MIN_EXTENT)
    weights = (distances / distances[:, :1]) ** -SHARPNESS
    found = _weighted_mean(places, weights)
    for _ in range(ROUNDS):
        away = torch.linalg.vector_norm(places - found[:, None], dim=2).clamp(min=MIN_EXTENT)
        found = _weighted_mean(places, weights / away)
    return found


def _weighted_mean(places: Tensor, weights: Tensor) -> Tensor:
    return (weights[..., None] * places).sum(1) / weights.sum(1, keepdim=True)


def arrange_by_tsne(vectors: Tensor, *, seed: int = 0) -> Tensor:
    """Return the positions `(M, 2)` of vectors by t-SNE (van der Maaten and Hinton 2008); it starts from the PCA."""
    from sklearn.manifold import TSNE  # late: it takes a second

    tsne = TSNE(2, init="pca", perplexity=30, random_state=seed)
    return torch.from_numpy(tsne.fit_transform(vectors.cpu().numpy())).to(vectors)


def count_votes(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the most frequent label among each digit's neighbours `(N, K)`, and how many have it; both `(N,)`."""
    most = labels.mode(1).values
    return most, (labels == most[:, None]).sum(1)


def fade_out(image: Tensor, mask: Tensor) -> Tensor:
    """Return an image `(1, 28, 28)` from whole to erased: `(FADES, 1, 28, 28)`, or itself if `mask` keeps all."""
    if bool(mask.all()):
        return image[None]
    strength = torch.linspace(1, 0, FADES, device=image.device).view(-1, 1, 1, 1)
    return image * torch.where(mask, 1.0, strength)


def to_box(positions: Tensor, frame: Tensor) -> Tensor:
    """Return positions `(N, 2)` from 0 to 1, scaled as `frame` `(M, 2)` must be to fill that box but for a margin.

    Both axes are scaled alike; what lies outside is put on the edge.
    """
    low, high = frame.amin(0), frame.amax(0)
    scale = (1 - 2 * MARGIN) / (high - low).max().clamp(min=MIN_EXTENT)
    return (0.5 + scale * (positions - (low + high) / 2)).clamp(0, 1)
