"""The similarity shortcut: the look-up against scikit-learn's brute force, and reading against the plain network."""

from functools import cache, partial
from statistics import median

import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH
from core.similarity.feature_vectors import LAST_STAGE, list_stages
from core.similarity.reference_vectors import ReferenceVectors, compute_references, compute_vectors
from core.similarity.shortcut import Shortcut
from core.similarity.thresholds import ThresholdResult, choose_thresholds, compare_digits, evaluate_thresholds
from core.system.checkpoint_files import CheckpointError
from core.zoo.checkpoints import load_classifier
from tests.benchmarks import Measured, NotMeasurable, mnist
from tests.benchmarks.timing import ratios, seconds, side_by_side

ROUNDS = 5
QUERIES = 1000
LOSS = 0.3  # points on validation digits
NETWORK, STAGE, FEW = "standard", "conv2", 1000  # the setting of the recorded study that costs least


def similarity_lookup_ratio() -> Measured:
    """Let both find the nearest of half of the training digits at every stage; the figure is the worst stage's."""
    seen, images = _half(), mnist.dataset().test.first(QUERIES).images()
    found: dict[str, list[float]] = {}
    for stage, vectors in compute_vectors(_network(), images, list_stages(_network())).items():
        lookup = seen.lookups[stage]
        brute = NearestNeighbors(n_neighbors=1, metric="cosine", algorithm="brute").fit(lookup.units.numpy())
        runs = side_by_side(
            {"ours": partial(lookup.nearest, vectors), "scikit-learn": partial(brute.kneighbors, vectors.numpy())},
            ROUNDS,
        )
        found[stage] = ratios(seconds(runs["ours"]), seconds(runs["scikit-learn"]))
    middle = {stage: median(one) for stage, one in found.items()}
    worst = max(middle, key=lambda stage: middle[stage])
    note = ", ".join(f"{'last vector' if stage == LAST_STAGE else stage} {one:.2f}" for stage, one in middle.items())
    return Measured(middle[worst], found[worst], f"{QUERIES:,} digits among {len(seen):,}: {note}.")


def similarity_time() -> Measured:
    """Let the network and the shortcut read the same test digits together, and each alone in the note."""
    network, dataset = _network(), mnist.dataset()
    seen = compute_references(network, dataset.train.first(FEW), [STAGE])
    thresholds = choose_thresholds(compare_digits(network, seen, dataset.validation), LOSS)
    outcome, images = (
        evaluate_thresholds(compare_digits(network, seen, dataset.test), thresholds),
        dataset.test.first(QUERIES).images(),
    )
    shortcut = Shortcut(network, seen, thresholds)
    together = side_by_side({"with": partial(shortcut.read, images), "without": partial(_read, images, BATCH)}, ROUNDS)
    few = images[:100]
    alone = side_by_side(
        {"with": lambda: [shortcut.read_one(one) for one in few], "without": partial(_read, few, 1)}, ROUNDS
    )
    each = median(ratios(seconds(alone["with"]), seconds(alone["without"])))
    figures = ratios(seconds(together["with"]), seconds(together["without"]))
    return Measured(median(figures), figures, f"{_words(outcome)} Each alone: {each:.2f}.")


@torch.no_grad()
def _read(images: Tensor, batch: int) -> list[Tensor]:
    return [_network()(part).argmax(1) for part in images.split(batch)]


def _words(outcome: ThresholdResult) -> str:
    return (
        f"{outcome.hits:.1f} % of all test digits cut short at {STAGE} among {FEW:,}, {outcome.precision:.2f} % of "
        f"them rightly, {outcome.accuracy:.2f} % right in all."
    )


@cache
def _network() -> Classifier:
    try:
        return load_classifier(NETWORK)
    except CheckpointError as error:
        raise NotMeasurable(str(error)) from None


@cache
def _half() -> ReferenceVectors:
    digits = mnist.dataset().train
    return compute_references(_network(), digits.first(len(digits) // 2))
