"""Whether what a network has learned from digits helps with other digits: all pairs of classes, a few pictures each."""

from itertools import combinations
from statistics import mean

from core.transfer.backbones import LAST_MAPS, PIXELS, RANDOM_LAYERS, compute_features, own_backbone
from core.transfer.classification import fit_classifier
from core.transfer.example_tasks import digits_task
from core.zoo.checkpoints import load_classifier
from tests.benchmarks import Measured, mnist

LEARNED = 10  # pictures of each class


def transfer_pairs() -> Measured:
    """Count the pairs that the learned maps tell apart better than the same layers drawn at random do."""
    digits, backbone = mnist.dataset(), own_backbone("standard", load_classifier("standard"))
    read: dict[str, list[float]] = {layer: [] for layer in (LAST_MAPS, RANDOM_LAYERS, PIXELS)}
    for pair in combinations(range(10), 2):
        task = digits_task(digits, pair, learned=LEARNED)
        for layer, accuracies in read.items():
            accuracies.append(fit_classifier(compute_features(backbone, task.pixels, layer), task).test_accuracy)
    better = sum(learned > drawn for learned, drawn in zip(read[LAST_MAPS], read[RANDOM_LAYERS], strict=True))
    pixels = sum(learned > drawn for learned, drawn in zip(read[LAST_MAPS], read[PIXELS], strict=True))
    means = ", ".join(f"{layer} {mean(accuracies):.1f} %" for layer, accuracies in read.items())
    return Measured(better, [better], f"Better than the pixels: {pixels}. On average: {means}.")
