"""The smallest change that makes a network predict a target class: box-constrained L-BFGS (Szegedy 2013)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize
from torch import Tensor, nn

from core.adversarial.attack import Attack, AttackStep
from core.adversarial.config import AttackConfig
from core.adversarial.gradient_attacks import l2_norms

Vector = NDArray[np.float64]
MIN_WEIGHT, MAX_WEIGHT = 1e-3, 10.0  # the range of c; below, the change costs next to nothing
ROUNDS = 7  # each halves the range on a logarithmic scale: in the end the weight is known to within 8 %
TOLERANCE = 1e-4  # a round ends when an iteration gains less than this share of the cost


@dataclass(frozen=True, eq=False)
class LbfgsStep(AttackStep):
    """One iteration of L-BFGS; the last record holds the smallest change found for each digit."""

    weights: Tensor
    """`(N,)`: the current weight c of the squared change."""


def lbfgs(network: nn.Module, images: Tensor, labels: Tensor, config: AttackConfig) -> Iterator[LbfgsStep]:
    """Yield the digits, every iteration of every round, and last the smallest changes that reach the target.

    A round minimises c |r|² + loss(image + r, target) in at most `config.steps` iterations, with pixels in [0, 1] and
    changes within epsilon (1: no limit). Where the target is reached, the next round uses a larger c, elsewhere a
    smaller one. The digits of a batch share their iterations. Raises ValueError for bad input, also without a target
    or with the norm "l2".
    """
    _check(config)
    attack = Attack(network, images, labels, config)
    search = _Search(attack)
    yield search.record(0, attack.originals)
    for number in range(ROUNDS):
        pictures = attack.originals
        for iteration, pictures in enumerate(search.minimize(), 1):
            yield search.record(number * config.steps + iteration, pictures)
        search.update(pictures)
    yield search.record(search.steps, search.best)


def _check(config: AttackConfig) -> None:
    if config.target is None:
        raise ValueError("L-BFGS finds the smallest change that reaches a class: choose a target.")
    if config.norm != "linf":
        raise ValueError("L-BFGS minimises the total change already: limit its pixels instead (linf).")


class _Search:
    """Binary search for the largest weight of the change with which each digit still reaches the target."""

    def __init__(self, attack: Attack) -> None:
        self.attack, self.steps = attack, ROUNDS * attack.config.steps + 1
        originals, epsilon = attack.originals, attack.config.epsilon
        self.bounds = Bounds(_vector((originals - epsilon).clamp(min=0)), _vector((originals + epsilon).clamp(max=1)))
        shape = (len(originals), 1, 1, 1)
        self.low, self.high = (originals.new_full(shape, end) for end in (MIN_WEIGHT, MAX_WEIGHT))
        self.best, self.found = originals, attack.fooled_at_start

    @property
    def weights(self) -> Tensor:
        """Return the middle of each digit's range, on a logarithmic scale, `(N, 1, 1, 1)`."""
        return (self.low * self.high).sqrt()

    def minimize(self) -> list[Tensor]:
        """Return the images after each iteration of a round, which starts from the best so far."""
        iterates: list[Tensor] = []
        start = torch.where(self._is(self.found), self.best, self.attack.originals)
        minimize(
            self._objective,
            _vector(start),
            jac=True,
            method="L-BFGS-B",
            bounds=self.bounds,
            callback=lambda vector: iterates.append(self._pictures(vector)),
            options={"maxiter": self.attack.config.steps, "ftol": TOLERANCE},
        )
        return iterates

    def _objective(self, vector: Vector) -> tuple[float, Vector]:
        """Return the cost that a round minimises, summed over the digits, and its gradient."""
        pictures = self._pictures(vector)
        reading, change = self.attack.evaluate(pictures), pictures - self.attack.originals
        cost = (self.weights * change.square()).sum() + reading.losses.sum()
        return float(cost), _vector(reading.gradient + 2 * self.weights * change)

    def update(self, pictures: Tensor) -> None:
        """Keep the smaller changes of a finished round, and halve each digit's range."""
        reached = self._is(self.attack.is_adversarial(self.attack.evaluate(pictures, gradient=False)))
        found = self._is(self.found)
        smaller = l2_norms(pictures - self.attack.originals) < l2_norms(self.best - self.attack.originals)
        better = ~found | (reached & smaller)  # until something reaches the target, keep the last attempt
        self.low, self.high = self.weights.where(reached, self.low), self.high.where(reached, self.weights)
        self.best, self.found = pictures.where(better, self.best), (found | reached).flatten()

    def record(self, step: int, pictures: Tensor) -> LbfgsStep:
        """Return the record of an iteration."""
        plain = self.attack.record(step, self.steps, pictures, self.attack.evaluate(pictures, gradient=False))
        return LbfgsStep(**vars(plain), weights=self.weights.flatten().cpu())

    def _pictures(self, vector: Vector) -> Tensor:
        originals = self.attack.originals
        return torch.tensor(vector, dtype=torch.float32, device=originals.device).clamp(0, 1).view_as(originals)

    def _is(self, which: Tensor) -> Tensor:
        return which.view(-1, 1, 1, 1)


def _vector(pictures: Tensor) -> Vector:
    return pictures.flatten().double().cpu().numpy()
