"""Logistic regression or a small dense network on features: how useful a network's layers are for a new task."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.networks.evaluation import accuracy, confusion
from core.transfer.tasks import Task

FOLDS = 5  # of the cross-validation that chooses the regularisation; scikit-learn's default
MAX_ITERATIONS = 2000
REGRESSION, DENSE = "logistic regression", "small dense network"
CLASSIFIERS = (REGRESSION, DENSE)
HIDDEN = 32  # units of the dense network's only hidden layer
PENALTIES = (0.001, 0.01, 0.1, 1.0)  # of its weights (L2), one of which cross-validation chooses


@dataclass(frozen=True, eq=False)
class DenseLayer:
    """One layer of a dense network."""

    weights: NDArray[np.float64]
    """`(inputs, outputs)`."""
    biases: NDArray[np.float64]
    """`(outputs,)`."""


@dataclass(frozen=True, eq=False)
class ClassificationResult:
    """The accuracy and predictions of a trained classifier."""

    train_accuracy: float
    """In percent, on the training pictures."""
    test_accuracy: float
    """In percent, on the held-out pictures."""
    confusion: NDArray[np.int64]
    """Counts `(classes, classes)` of held-out pictures: row = true class, column = predicted class."""
    tested: NDArray[np.int64]
    """Indices of the held-out pictures in the task, `(n,)`."""
    predicted: NDArray[np.int64]
    """Their predicted classes `(n,)`."""
    confidence: NDArray[np.float64]
    """The probabilities of these classes `(n,)`, from 1 / classes to 1."""
    layers: tuple[DenseLayer, ...]
    """From the features to the logits of all classes, a ReLU between two; a logistic regression has only one."""

    @property
    def features(self) -> int:
        """Return the length of the feature vectors."""
        return len(self.layers[0].weights)

    def probabilities(self, vectors: Tensor) -> NDArray[np.float64]:
        """Return the probabilities `(N, classes)` for new pictures' features `(N, ...)`."""
        return classify(self.layers, vectors.flatten(1).double().cpu().numpy())

    def wrong(self, task: Task) -> NDArray[np.int64]:
        """Return the indices of misclassified pictures, the most confident mistakes first."""
        order = np.argsort(-self.confidence, kind="stable")
        return self.tested[order][(self.predicted != task.labels[self.tested])[order]]


def fit_classifier(vectors: Tensor, task: Task, classifier: str = REGRESSION) -> ClassificationResult:
    """Train one of CLASSIFIERS on features `(N, ...)` of the task's pictures; return how well it does.

    The regularisation is chosen by cross-validation on the training pictures; the held-out ones are used only once, at
    the end.
    """
    flat = vectors.flatten(1).double().cpu().numpy()
    directions = spanned_directions(flat[~task.test])
    rows = flat @ directions
    labels = task.labels[~task.test]
    folds = min(FOLDS, int(np.bincount(labels).min()))
    fit = _fit_regression if classifier == REGRESSION else _fit_dense
    first, *others = _with_all_logits(fit(rows[~task.test], labels, folds))
    layers = (DenseLayer(directions @ first.weights, first.biases), *others)
    shares = classify(layers, flat)
    predicted, certainty = shares.argmax(1), shares.max(1)
    true, read = (torch.from_numpy(values) for values in (task.labels, predicted))
    held_out = torch.from_numpy(task.test)
    return ClassificationResult(
        accuracy(true[~held_out], read[~held_out]),
        accuracy(true[held_out], read[held_out]),
        confusion(true[held_out], read[held_out], len(task.classes)).numpy(),
        np.flatnonzero(task.test),
        predicted[task.test],
        certainty[task.test],
        layers,
    )


def classify(layers: Sequence[DenseLayer], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities `(N, classes)` for feature vectors `(N, F)`."""
    values = vectors
    for number, layer in enumerate(layers):
        values = (np.maximum(values, 0) if number else values) @ layer.weights + layer.biases
    return torch.from_numpy(values).softmax(1).numpy()


def _with_all_logits(layers: list[DenseLayer]) -> list[DenseLayer]:
    """Return the layers with a logit for each class: for two classes scikit-learn gives only that of the second."""
    *others, last = layers
    if len(last.biases) > 1:
        return layers
    return [*others, DenseLayer(np.pad(last.weights, ((0, 0), (1, 0))), np.pad(last.biases, (1, 0)))]


def _fit_regression(rows: NDArray[np.float64], labels: NDArray[np.int64], folds: int) -> list[DenseLayer]:
    from sklearn.linear_model import LogisticRegressionCV  # a second to import, so only where needed

    model = LogisticRegressionCV(
        cv=folds, max_iter=MAX_ITERATIONS, scoring="accuracy", l1_ratios=(0,), use_legacy_attributes=False
    )
    model.fit(rows, labels)
    return [DenseLayer(model.coef_.T, model.intercept_)]


def _fit_dense(rows: NDArray[np.float64], labels: NDArray[np.int64], folds: int) -> list[DenseLayer]:
    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier((HIDDEN,), solver="lbfgs", max_iter=MAX_ITERATIONS, random_state=0)
    model = GridSearchCV(network, {"alpha": PENALTIES}, cv=folds).fit(rows, labels).best_estimator_
    return [DenseLayer(weights, biases) for weights, biases in zip(model.coefs_, model.intercepts_, strict=True)]


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
