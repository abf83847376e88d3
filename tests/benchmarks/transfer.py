"""Whether what a network has learned from digits helps with other digits: all pairs of classes, a few pictures each."""

from __future__ import annotations

from itertools import combinations
from statistics import mean

from core.transfer import MAPS, classify, features, own_backbone, two_digits
from core.transfer.backbones import AT_RANDOM, PIXELS
from core.zoo.checkpoints import load_classifier
from tests.benchmarks import Measured, mnist

LEARNED = 10  # pictures of each class


def transfer_pairs() -> Measured:
    """Count the pairs that the learned maps tell apart better than the same layers drawn at random do."""
    digits, backbone = mnist.dataset(), own_backbone("standard", load_classifier("standard"))
    read: dict[str, list[float]] = {layer: [] for layer in (MAPS, AT_RANDOM, PIXELS)}
    for pair in combinations(range(10), 2):
        task = two_digits(digits, pair, learned=LEARNED)
        for layer, accuracies in read.items():
            accuracies.append(classify(features(backbone, task.pixels, layer), task).test_accuracy)
    better = sum(learned > drawn for learned, drawn in zip(read[MAPS], read[AT_RANDOM], strict=True))
    pixels = sum(learned > drawn for learned, drawn in zip(read[MAPS], read[PIXELS], strict=True))
    means = ", ".join(f"{layer} {mean(accuracies):.1f} %" for layer, accuracies in read.items())
    return Measured(better, [better], f"Better than the pixels: {pixels}. On average: {means}.")
