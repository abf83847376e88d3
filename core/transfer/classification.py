"""Logistic regression on features: how useful a network's layers are for a new task."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.networks.evaluation import accuracy, confusion
from core.transfer.tasks import Task

FOLDS = 5  # of the cross-validation that chooses the regularisation; scikit-learn's default
MAX_ITERATIONS = 2000


@dataclass(frozen=True, eq=False)
class ClassificationResult:
    """The accuracy and predictions of a trained classifier."""

    train_accuracy: float
    """In percent, on the training pictures."""
    test_accuracy: float
    """In percent, on the held-out pictures."""
    confusion: NDArray[np.int64]
    """Counts `(2, 2)` of held-out pictures: row = true class, column = predicted class."""
    tested: NDArray[np.int64]
    """Indices of the held-out pictures in the task, `(n,)`."""
    predicted: NDArray[np.int64]
    """Their predicted classes `(n,)`."""
    confidence: NDArray[np.float64]
    """The probabilities of these classes `(n,)`, from 0.5 to 1."""
    features: int
    """Length of the feature vectors."""

    def wrong(self, task: Task) -> NDArray[np.int64]:
        """Return the indices of misclassified pictures, the most confident mistakes first."""
        order = np.argsort(-self.confidence, kind="stable")
        return self.tested[order][(self.predicted != task.labels[self.tested])[order]]


def fit_logistic_regression(vectors: Tensor, task: Task) -> ClassificationResult:
    """Train a LogisticRegressionCV on features `(N, ...)` of the task's pictures; return how well it does.

    The regularisation is chosen by cross-validation on the training pictures; the held-out ones are used only once, at
    the end.
    """
    from sklearn.linear_model import LogisticRegressionCV  # a second to import, so only where needed

    flat = vectors.flatten(1).double().cpu().numpy()
    rows = to_spanned_coordinates(flat, flat[~task.test])
    labels = task.labels[~task.test]
    folds = min(FOLDS, int(np.bincount(labels).min()))
    model = LogisticRegressionCV(
        cv=folds, max_iter=MAX_ITERATIONS, scoring="accuracy", l1_ratios=(0,), use_legacy_attributes=False
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
    """Return `(N, F)` in the coordinates spanned by `learned` `(n, F)`, scaled to a mean length of 1 there.

    150 pictures span at most 150 of VGG16's 25,088 dimensions, and the weights of a logistic regression with an L2
    penalty lie in that span: the solution is the same and found hundreds of times faster. The scale only changes the
    meaning of the regularisation strengths.
    """
    _, _, directions = np.linalg.svd(learned, full_matrices=False)
    length = np.sqrt((learned**2).sum(1).mean()) or 1.0
    rotated: NDArray[np.float64] = vectors @ directions.T / length
    return rotated
