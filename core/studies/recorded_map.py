"""The recorded map of digits: `python -m core.studies.recorded_map` records it again.

Where t-SNE puts MNIST's validation digits, and how many test digits, whole and partial, then have their own class
around them.
"""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.digits import datasets
from core.digits.datasets import Dataset, Digits
from core.inversion.functions import features_hash
from core.inversion.map_atlas import SURVEYED, MapAtlas, build_atlas
from core.networks.classifier import Classifier
from core.networks.evaluation import COLUMNS, accuracy
from core.pmnist.masks import cut_masks, erase
from core.similarity.digit_map import (
    SIZE,
    DigitMap,
    Space,
    arrange_by_tsne,
    build_maps,
    count_votes,
    find_neighbours,
    place_among,
    to_box,
    to_spaces,
)
from core.studies.recorded import RECORDED, Record, to_json, to_record
from core.system.archives import FAULTS
from core.system.npz import arrays_to_npz
from core.zoo import checkpoints

NETWORK, DATASET, STUDY = "standard", "MNIST", "digit-map"
COMMAND = "python -m core.studies.recorded_map"
Layouts = Mapping[Space, Tensor]


def record(dataset: Dataset, network: Classifier) -> tuple[Record, Layouts]:
    """Return the record, and the positions `(M, 2)` by t-SNE in each space."""
    atlas = build_atlas(network, dataset.train.first(SURVEYED))
    maps = build_maps(network, atlas, dataset.validation.first(SIZE))
    boxes = {space: arrange_by_tsne(one.vectors) for space, one in maps.items()}
    layouts = {space: to_box(box, box).half().float() for space, box in boxes.items()}  # as they are written
    rows = list(measure_map(network, atlas, maps, layouts, dataset.test))
    features = features_hash(network)
    return to_record(STUDY, dataset, rows, seeds=1, command=COMMAND, network=NETWORK, features=features), layouts


def measure_map(
    network: Classifier, atlas: MapAtlas, maps: Mapping[Space, DigitMap], layouts: Layouts, digits: Digits
) -> Iterator[Record]:
    """Yield for each cut and space the percentage of digits whose neighbours have their class more than any other.

    Neighbours are the digits of the map: those nearest in the space, and those nearest to where the digit is placed.
    """
    for column in COLUMNS:
        images = erase(digits.images(), cut_masks(column, len(digits)))
        for space, vectors in to_spaces(network, atlas, images).items():
            one, found = maps[space], find_neighbours(maps[space].vectors, vectors)
            placed = {
                "pca": (one.project(one.vectors), one.project(vectors)),
                "tsne": (layouts[space], place_among(layouts[space], found)),
            }
            near = {"space": found} | {name: find_neighbours(*where) for name, where in placed.items()}
            shares = {
                name: round(accuracy(digits.labels, count_votes(one.labels[of.indices])[0]), 2)
                for name, of in near.items()
            }
            yield {"cut": column, "compared by": str(space), **shares}


def write(found: Record, layouts: Layouts, folder: Path = RECORDED) -> None:
    """Write the record and the positions as two files."""
    (folder / f"{STUDY}.json").write_bytes(to_json(found))
    positions = {space.name: one.cpu().numpy().astype(np.float16) for space, one in layouts.items()}
    (folder / f"{STUDY}.npz").write_bytes(arrays_to_npz(positions))


def read_layouts(found: Record, dataset: Dataset, network: Classifier, folder: Path = RECORDED) -> dict[Space, Tensor]:
    """Return the recorded positions of a set's digits in those spaces that are this network's; {} for another set.

    Raises ValueError or OSError for a file that cannot be read.
    """
    if found["dataset"]["sha256"] != dataset.sha256:
        return {}
    spaces = Space if found["features"] == features_hash(network) else (Space.PIXELS,)
    content = io.BytesIO((folder / f"{STUDY}.npz").read_bytes())
    try:
        with np.load(content) as arrays:
            return {space: torch.from_numpy(arrays[space.name].astype(np.float32)) for space in spaces}
    except (*FAULTS, KeyError) as error:
        raise ValueError("The recorded map cannot be read.") from error


if __name__ == "__main__":
    write(*record(datasets.load(DATASET), checkpoints.load_classifier(NETWORK)))
