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
    weights: NDArray[np.float64]
    """Of the logistic regression, `(F,)`: what each feature adds to the logit of the second class."""
    bias: float

    @property
    def features(self) -> int:
        """Return the length of the feature vectors."""
        return len(self.weights)

    def probabilities(self, vectors: Tensor) -> NDArray[np.float64]:
        """Return the probabilities `(N, 2)` of both classes for new pictures' features `(N, ...)`."""
        logits = vectors.flatten(1).double().cpu().numpy() @ self.weights + self.bias
        second = torch.from_numpy(logits).sigmoid().numpy()
        return np.stack([1 - second, second], 1)

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
    directions = spanned_directions(flat[~task.test])
    rows = flat @ directions
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
        directions @ model.coef_.ravel(),
        float(model.intercept_.item()),
    )


def spanned_directions(learned: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the directions `(F, n)` that the vectors `learned` `(n, F)` span, scaled to give these a mean length of 1.

    150 pictures span at most 150 of VGG16's 25,088 dimensions, and the weights of a logistic regression with an L2
    penalty lie in that span: the solution is the same and found hundreds of times faster. The scale only changes the
    meaning of the regularisation strengths.
    """
    _, _, directions = np.linalg.svd(learned, full_matrices=False)
    length = np.sqrt((learned**2).sum(1).mean()) or 1.0
    scaled: NDArray[np.float64] = directions.T / length
    return scaled
