"""What the lecture's network reaches when it is trained as the page "Train" offers it, with several seeds."""

from statistics import mean

from core.studies.preset_training import LECTURE, train_preset
from tests.benchmarks import Measured, mnist

SEEDS = (42, 43, 44)


def keras_small_accuracy() -> Measured:
    accuracies = [train_preset(LECTURE, mnist.dataset(), seed=seed).accuracy for seed in SEEDS]
    return Measured(mean(accuracies), accuracies, f"Preset {LECTURE!r}, seeds {', '.join(map(str, SEEDS))}.")
