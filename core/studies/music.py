"""Do feature maps find music of the same kind better than plain spectral means? Many splits by piece."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.music.library import (
    ARCHITECTURE,
    HELD_OUT,
    LEARNED,
    SEED,
    TRAINING,
    Music,
    average_by_piece,
    maps_of_pieces,
    train_network,
)
from core.networks.evaluation import accuracy, predict_labels
from core.similarity.lookup import Lookup
from core.studies.paired_differences import paired_difference
from core.studies.recorded import Record
from core.system.device import describe_environment

STUDY = "music"
NEAREST = 5
SEEDS = 10
MAPS, ROWS, PIXELS, CHANCE = "feature maps", "spectral means", "pixels", "chance"


@dataclass(frozen=True)
class MusicRow:
    """One split and one network."""

    seed: int
    accuracy: float
    """Percent of the held-out pieces' pictures whose kind the network names."""
    precision: dict[str, float]
    """By kind of vector: percent of the five nearest learned pieces that are of the held-out piece's kind."""
    by_kind: dict[str, float]
    """The same for the feature maps, by the kind of the held-out piece."""


def run_music(music: Music, seeds: int = SEEDS) -> Iterator[MusicRow]:
    """Yield the row of each seed. Raises ValueError for fewer than one."""
    if seeds < 1:
        raise ValueError("This study needs at least one seed.")
    for seed in range(SEED, SEED + seeds):
        yield measure_seed(music, seed)


def measure_seed(music: Music, seed: int) -> MusicRow:
    """Split the pieces, train a network, and compare all kinds of vectors on the same held-out pieces."""
    uses, network = train_network(music, seed)
    images = Digits(music.pixels, music.owners).images()
    rows = torch.cat([images[:, 0].mean(2), images[:, 0].std(2)], 1)  # a row is a mel band or a pitch class
    plain = {ROWS: rows, PIXELS: images.flatten(1)}
    vectors = {MAPS: maps_of_pieces(music, network)}
    vectors |= {name: average_by_piece(one, music.owners) for name, one in plain.items()}
    hits = {name: find_same_kind(one, music.labels, uses) for name, one in vectors.items()}
    asked = music.labels[uses == HELD_OUT]
    chance = torch.bincount(music.labels[uses == LEARNED]).double() / int((uses == LEARNED).sum())
    precision = {name: float(one.mean()) for name, one in hits.items()} | {CHANCE: float(chance[asked].mean())}
    by_kind = {kind: float(hits[MAPS][asked == label].mean()) for label, kind in enumerate(music.kinds)}
    held_out = music.digits(torch.nonzero(uses == HELD_OUT).flatten())
    right = accuracy(held_out.labels, predict_labels(network, held_out))
    return MusicRow(seed, round(right, 1), *(_percent(table) for table in (precision, by_kind)))


def _percent(shares: dict[str, float]) -> dict[str, float]:
    return {name: round(100 * share, 1) for name, share in shares.items()}


def find_same_kind(vectors: Tensor, labels: Tensor, uses: Tensor) -> Tensor:
    """Return for each held-out piece the share of its five nearest learned pieces that are of its kind."""
    lookup, known = Lookup(vectors[uses == LEARNED]), labels[uses == LEARNED]
    shares = [
        (known[lookup.neighbours(vector, NEAREST).indices] == label).double().mean()
        for vector, label in zip(vectors[uses == HELD_OUT], labels[uses == HELD_OUT], strict=True)
    ]
    return torch.stack(shares)


def summarize(rows: list[MusicRow], music: Music) -> Record:
    """Return the record of the finished seeds, with the conclusions."""
    counts = {kind: sum(piece.kind == kind for piece in music.pieces) for kind in music.kinds}
    described = describe_environment(torch.device("cpu"))
    record: Record = {
        "study": STUDY,
        "command": f"python -m core music study --seeds {len(rows)}",
        "pieces": counts,
        "pictures": len(music.pixels),
        "architecture": ARCHITECTURE.name,
        "training": asdict(TRAINING),
        "rows": [asdict(row) for row in rows],
        "versions": {name: described[name] for name in ("torch", "device")},
    }
    return {**record, "conclusions": list(conclude(record))}


def conclude(record: Record) -> Iterator[str]:
    """Yield the conclusions, a sentence each."""
    rows: list[dict[str, Any]] = record["rows"]
    found = {name: [float(row["precision"][name]) for row in rows] for name in rows[0]["precision"]}
    gain = paired_difference(found[MAPS], found[ROWS])
    yield (
        f"Of the five pieces that the feature maps find nearest, {mean(found[MAPS]):.0f} % are of the same kind of "
        f"music; with spectral means {mean(found[ROWS]):.0f} %, with pixels {mean(found[PIXELS]):.0f} %, by chance "
        f"{mean(found[CHANCE]):.0f} %."
    )
    yield (
        f"Feature maps against spectral means: {gain} points, mean over {len(rows)} splits by piece, with Student's "
        "95 % interval. The splits share pieces, so the interval is somewhat too narrow."
    )
    kinds = {kind: mean(float(row["by_kind"][kind]) for row in rows) for kind in rows[0]["by_kind"]}
    yield "By kind: " + ", ".join(f"{kind} {share:.0f} %" for kind, share in kinds.items()) + "."
    right = mean(float(row["accuracy"]) for row in rows)
    yield f"The network names the kind of {right:.0f} % of the held-out pictures of seven seconds."
