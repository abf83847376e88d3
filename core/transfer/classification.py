"""A logistic regression on features: how much of a new task the layers of an old network already hold (X5, X6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.networks.evaluation import accuracy, confusion
from core.transfer.tasks import Task

FOLDS = 5  # of the cross-validation that chooses the strength of the regularisation; scikit-learn's own number
MOST_ITERATIONS = 2000


@dataclass(frozen=True, eq=False)
class ClassificationResult:
    """What was learned, in figures."""

    train_accuracy: float
    """Percent of the pictures that were learned from."""
    test_accuracy: float
    """Percent of the pictures held out."""
    confusion: NDArray[np.int64]
    """Counts `(2, 2)` of the pictures held out: row = true class, column = predicted (X6)."""
    tested: NDArray[np.int64]
    """Which pictures of the task were held out, `(n,)`."""
    predicted: NDArray[np.int64]
    """Their predicted classes `(n,)`."""
    confidence: NDArray[np.float64]
    """Of each of these predictions, `(n,)`, from 0.5 to 1."""
    features: int
    """Length of the vectors that were learned from."""

    def wrong(self, task: Task) -> NDArray[np.int64]:
        """Return which pictures were taken for the other class, the surest mistakes first."""
        order = np.argsort(-self.confidence, kind="stable")
        return self.tested[order][(self.predicted != task.labels[self.tested])[order]]


def fit_logistic_regression(vectors: Tensor, task: Task) -> ClassificationResult:
    """Learn the task from features `(N, ...)` of its pictures by LogisticRegressionCV (X5).

    The strength of the regularisation is chosen by cross-validation among the pictures to learn from; the pictures held
    out are read once, at the end.
    """
    from sklearn.linear_model import LogisticRegressionCV  # a second to import, so only where needed

    flat = vectors.flatten(1).double().numpy()
    rows = to_spanned_coordinates(flat, flat[~task.test])
    labels = task.labels[~task.test]
    folds = min(FOLDS, int(np.bincount(labels).min()))
    model = LogisticRegressionCV(
        cv=folds, max_iter=MOST_ITERATIONS, scoring="accuracy", l1_ratios=(0,), use_legacy_attributes=False
    )
    model.fit(rows[~task.test], labels)
    predicted, certainty = model.predict(rows), model.predict_proba(rows).max(1)
    true, read = (torch.from_numpy(values) for values in (task.labels, predicted))
    held_out = torch.from_numpy(task.test)
    return ClassificationResult(
        accuracy(true[~held_out], read[~held_out]),
        accuracy(true[held_out], read[held_out]),
        confusion(true[held_out], read[held_out], 2).numpy(),
        np.flatnonzero(task.test),
        predicted[task.test],
        certainty[task.test],
        flat.shape[1],
    )


def to_spanned_coordinates(vectors: NDArray[np.float64], learned: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `(N, F)` in the coordinates that `learned` `(n, F)` span, and of length 1 on average there.

    150 pictures span at most 150 of VGG16's 25,088 dimensions, and the weights of a logistic regression with an L2
    penalty lie among them: it finds the same answer there, hundreds of times faster. The length only decides what the
    strengths that are tried mean.
    """
    _, _, directions = np.linalg.svd(learned, full_matrices=False)
    length = np.sqrt((learned**2).sum(1).mean()) or 1.0
    rotated: NDArray[np.float64] = vectors @ directions.T / length
    return rotated
