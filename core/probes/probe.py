"""A linear probe: multinomial logistic regression on what a network has computed up to a layer.

It shows which classes a straight line can tell apart there; the network itself is not changed. Source: Alain and Bengio
(2016), Understanding Intermediate Layers Using Linear Classifier Probes, https://arxiv.org/abs/1610.01644.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.networks.evaluation import accuracy
from core.system import interrupts

PENALTIES = (1e-2, 1e-3)  # of squared weights, one of which validation digits choose; the strongest first
STEPS = 60  # of L-BFGS for each penalty, at most


@dataclass(frozen=True, eq=False)
class Probe:
    """Weights `(F, classes)` and biases `(classes,)`."""

    weights: Tensor
    biases: Tensor

    def read(self, vectors: Tensor) -> Tensor:
        """Return the probabilities `(N, classes)` of vectors `(N, F)`."""
        return (vectors @ self.weights + self.biases).softmax(1)

    def round(self) -> "Probe":
        """Return the probe as exact as a file holds it: in 16 bits."""
        return Probe(self.weights.half().float(), self.biases.half().float())


@dataclass(frozen=True, eq=False)
class FittedProbe:
    """A probe with how it was chosen."""

    probe: Probe
    penalty: float
    accuracy: float
    """Percent of the validation digits."""


def choose_probe(
    vectors: Tensor, labels: Tensor, held_out: Tensor, held_out_labels: Tensor, classes: int
) -> FittedProbe:
    """Return the probe of vectors `(N, F)` that reads the most held-out ones, of one for each of PENALTIES."""
    found = [
        FittedProbe(probe, penalty, accuracy(held_out_labels, probe.read(held_out).argmax(1)))
        for penalty, probe in zip(PENALTIES, _fit_all(vectors, labels, classes), strict=True)
    ]
    return max(found, key=lambda one: one.accuracy)


def _fit_all(vectors: Tensor, labels: Tensor, classes: int) -> Iterator[Probe]:
    """Yield the probe of each penalty; each begins where the last one ended."""
    from scipy.optimize import minimize  # late: it takes a second

    mean = vectors.mean(0)
    scale = float((vectors - mean).square().mean().sqrt()) or 1.0  # one for all: rare pixels are not blown up
    rows = (vectors - mean) / scale
    true = torch.nn.functional.one_hot(labels, classes).to(rows)
    flat = np.zeros((rows.shape[1] + 1) * classes)
    for penalty in PENALTIES:

        def cost(flat: NDArray[np.float64], penalty: float = penalty) -> tuple[float, NDArray[np.float64]]:
            interrupts.check()
            weights, biases = _to_tensors(flat, rows, classes)
            log = (rows @ weights + biases).log_softmax(1)
            error = (log.exp() - true) / len(rows)
            gradient = torch.cat([rows.T @ error + penalty * weights, error.sum(0, keepdim=True)])
            value = -(log * true).sum() / len(rows) + penalty * weights.square().sum() / 2
            return float(value), gradient.double().cpu().numpy().ravel()

        flat = minimize(cost, flat, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
        weights, biases = _to_tensors(flat, rows, classes)
        yield Probe(weights / scale, biases - mean @ weights / scale)


def _to_tensors(flat: NDArray[np.float64], like: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    both = torch.from_numpy(flat.reshape(-1, classes)).to(like)
    return both[:-1], both[-1]
