"""Features made by hand beside learned ones: the same classifiers on both, read on whole and on partial digits."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.digits.datasets import Dataset, Digits
from core.networks.classifier import Classifier
from core.networks.evaluation import COLUMNS, WHOLE
from core.pmnist.masks import cut_masks, erase
from core.studies.finished_parts import PartStep, run_parts
from core.studies.recorded import Record, to_command, to_record
from core.studies.workers import SINGLE_PROCESS, WorkerPool
from core.system.number_format import format_spread
from core.transfer.backbones import HAND_MADE, LAST_MAPS, PIXELS, RANDOM_LAYERS, layer_features, randomized_copy
from core.transfer.classification import CLASSIFIERS, HIDDEN, REGRESSION
from core.zoo import checkpoints
from core.zoo.recipes import SEED

STUDY = "handmade-features"
NETWORK = "standard"  # whose layers give the learned features
FEATURES = (LAST_MAPS, HAND_MADE, PIXELS, RANDOM_LAYERS)
STRENGTHS = (1.0, 10.0, 100.0)  # 1 / L2 penalty of the logistic regression, as scikit-learn's C
PENALTIES = (0.01, 0.1, 1.0)  # L2 of the dense network, as scikit-learn's alpha
BATCH = 250


@dataclass(frozen=True, kw_only=True)
class FeatureStudy:
    """The settings of the study. Raises ValueError, one sentence, for impossible ones."""

    learned: int = 2000
    """Training digits of each classifier."""
    validated: int = 2000
    """Validation digits on which the penalty is chosen."""
    seeds: int = 3
    """Each has other training digits and another start of the dense network."""

    def __post_init__(self) -> None:
        if min(self.learned, self.validated) < 100 or self.seeds < 1:
            raise ValueError("This study needs at least 100 training digits, 100 validation digits and one seed.")


@dataclass(frozen=True)
class FeatureRow:
    """One classifier on one kind of features, with one seed."""

    features: str
    classifier: str
    seed: int
    size: int
    """Features of one digit."""
    accuracy: dict[str, float]
    """Percent of the test digits, whole and for each cut."""


def run_features(
    dataset: Dataset, config: FeatureStudy, out: Path, *, pool: WorkerPool = SINGLE_PROCESS
) -> Iterator[PartStep[tuple[int, int], FeatureRow]]:
    """Yield both classifiers' rows of every kind of features and seed once they are saved; finished ones are kept."""
    tasks = [(at, SEED + seed) for seed in range(config.seeds) for at in range(len(FEATURES))]
    weights = checkpoints.load_card(NETWORK).weights_sha256
    same = {"learned": config.learned, "validated": config.validated, "weights": weights, "sha256": dataset.sha256}
    yield from run_parts(partial(_measure, config), tasks, FeatureRow, same, dataset=dataset, out=out, pool=pool)


def _measure(config: FeatureStudy, dataset: Dataset, task: tuple[int, int]) -> list[FeatureRow]:
    network = checkpoints.load_classifier(NETWORK).to(dataset.device)
    return measure_features(network, dataset, FEATURES[task[0]], task[1], config)


def measure_features(
    network: Classifier, dataset: Dataset, features: str, seed: int, config: FeatureStudy
) -> list[FeatureRow]:
    """Return what each of CLASSIFIERS reads with these features, a row for each classifier."""
    network = randomized_copy(network, seed=seed) if features == RANDOM_LAYERS else network
    learned, validated = dataset.train.draw(config.learned, seed), dataset.validation.first(config.validated)
    rows = _vectors(network, learned.images(), features)
    length = float(np.sqrt((rows**2).sum(1).mean())) or 1.0
    held_out = _vectors(network, validated.images(), features) / length
    models = {
        name: _fit(name, rows / length, _labels(learned), held_out, _labels(validated), seed) for name in CLASSIFIERS
    }
    read: dict[str, dict[str, float]] = {name: {} for name in CLASSIFIERS}
    for column in COLUMNS:
        images = erase(dataset.test.images(), cut_masks(column, len(dataset.test)))
        vectors = _vectors(network, images, features) / length
        for name, model in models.items():
            read[name][column] = round(100 * float(model.score(vectors, _labels(dataset.test))), 2)
    return [FeatureRow(features, name, seed, rows.shape[1], read[name]) for name in CLASSIFIERS]


def _vectors(network: Classifier, images: Tensor, features: str) -> NDArray[np.float32]:
    parts = [layer_features(network, batch, features).flatten(1).cpu() for batch in images.split(BATCH)]
    return torch.cat(parts).numpy()


def _labels(digits: Digits) -> NDArray[np.int64]:
    return digits.labels.cpu().numpy()


def _fit(
    classifier: str,
    rows: NDArray[np.float32],
    labels: NDArray[np.int64],
    held_out: NDArray[np.float32],
    true: NDArray[np.int64],
    seed: int,
) -> Any:
    """Return the classifier whose penalty reads the most validation digits correctly."""
    with warnings.catch_warnings(action="ignore"):  # that a fit ends after so many iterations
        fitted = [model.fit(rows, labels) for model in _candidates(classifier, seed)]
    return max(fitted, key=lambda model: model.score(held_out, true))


def _candidates(classifier: str, seed: int) -> list[Any]:
    from sklearn.linear_model import LogisticRegression  # a second to import, so only where needed
    from sklearn.neural_network import MLPClassifier

    if classifier == REGRESSION:
        return [LogisticRegression(C=strength, max_iter=500) for strength in STRENGTHS]
    settings = {"solver": "lbfgs", "max_iter": 200, "random_state": seed}
    return [MLPClassifier((HIDDEN,), alpha=penalty, **settings) for penalty in PENALTIES]


def summarize(rows: Sequence[FeatureRow], dataset: Dataset, config: FeatureStudy) -> Record:
    """Return the record of the finished parts."""
    command = to_command(STUDY, dataset.name, learned=config.learned, seeds=config.seeds)
    settings = asdict(config)
    record = to_record(
        STUDY, dataset, [asdict(row) for row in rows], seeds=config.seeds, command=command, settings=settings
    )
    return {**record, "conclusions": list(conclude(record))}


def find_values(record: Record, features: str, classifier: str, column: str) -> list[float]:
    """Return the accuracies in percent of all seeds."""
    found = [row for row in record["rows"] if (row["features"], row["classifier"]) == (features, classifier)]
    return [float(row["accuracy"][column]) for row in found]


def conclude(record: Record) -> Iterator[str]:
    """Yield a sentence for each classifier, and what the comparison does not say."""
    for classifier in CLASSIFIERS:
        found = {
            features: [find_values(record, features, classifier, column) for column in (WHOLE, "HCUT")]
            for features in (LAST_MAPS, HAND_MADE, PIXELS)
        }
        if all(values for both in found.values() for values in both):
            learned, made, pixels = ([format_spread(values) for values in both] for both in found.values())
            yield (
                f"A {classifier} reads {made[0]} % of whole digits from hand-made features, {learned[0]} % from "
                f"learned ones and {pixels[0]} % from the pixels; without the top half {made[1]}, {learned[1]} and "
                f"{pixels[1]} %."
            )
    if record["rows"]:
        yield (
            f"Each classifier has {record['settings']['learned']:,} training digits; the learned features have seen "
            "50,000."
        )
