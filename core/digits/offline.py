"""The offline digits: real ones from scikit-learn in MNIST's format. Figures on them are never shown as MNIST's."""

from core.digits.datasets import OFFLINE, Dataset, Digits, hash_digits, split_digits
from core.digits.layouts import DIGIT_CLASSES
from core.digits.offline_pixels import load_pixels


def load() -> Dataset:
    """Load the 1,797 digits inside scikit-learn as a data set."""
    digits = Digits(*load_pixels())
    train, validation, test = split_digits(digits, 1197, 200, 400)
    return Dataset(OFFLINE, "scikit-learn", DIGIT_CLASSES, train, validation, test, hash_digits(digits))
