"""Digits whose label a reader contradicts with high confidence: perhaps the label is wrong.

Only a reader that never learned from a digit tells something about its label: a network on test digits, or one that
learned from the other parts of the set (cross-fitting; Northcutt 2021, https://arxiv.org/abs/1911.00068).
"""

import numpy as np
import torch
from numpy.typing import NDArray

from core.digits.datasets import Digits
from core.system import interrupts

FOLDS = 4
STEPS = 100  # of logistic regression, at most
FIT_SEED = 28


def cross_fit(digits: Digits, classes: int) -> NDArray[np.float32]:
    """Return probabilities (n, classes) of logistic regression that learned from the three other quarters.

    It reads 14x14 means of the pixels, which is enough and quicker, and computes on the CPU. Where the other quarters
    hold a single class, the digit's row is zeros.
    """
    from sklearn.linear_model import LogisticRegression  # late: it takes a second

    values = torch.nn.functional.avg_pool2d(digits.images(), 2).flatten(1).cpu().numpy()
    labels = digits.labels.cpu().numpy()
    folds = np.random.default_rng(FIT_SEED).permutation(len(labels)) % FOLDS
    found = np.zeros((len(labels), classes), np.float32)
    for fold in range(FOLDS):
        interrupts.check()
        held, rest = folds == fold, folds != fold
        if held.any() and len(np.unique(labels[rest])) > 1:
            fitted = LogisticRegression(C=0.1, max_iter=STEPS).fit(values[rest], labels[rest])
            found[np.ix_(held, fitted.classes_)] = fitted.predict_proba(values[held])
    return found


def find_doubtful(probabilities: NDArray[np.float32], labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the indices of at most `count` digits that are read as another class, the surest reading first.

    A row of zeros was read by nobody (see `cross_fit`).
    """
    read = probabilities.argmax(1)
    wrong = np.flatnonzero((read != labels) & probabilities.any(1))
    sure = probabilities[wrong, read[wrong]]
    return wrong[np.argsort(-sure, kind="stable")[:count]]
