"""The smallest total change that misleads a network: the L2 attack of Carlini & Wagner (2017)."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from core.adversarial.attack import Attack, AttackStep, LossAndGradient, log_odds_against, logits_and_gradient
from core.adversarial.config import DEFAULTS, AttackConfig
from core.networks.evaluation import lead

ROUNDS = 6  # of the search for c
GROWTH = 10.0  # of c after a round that failed, until one succeeds
LEARNING_RATE = 0.2  # of Adam, if the config has no step size
INSIDE = 0.999999  # pixels at the end of their range start this share of the way to it: tanh never reaches it


@dataclass(frozen=True, eq=False)
class CarliniWagnerStep(AttackStep):
    """One step of Adam; the last record holds the smallest change found for each digit."""

    weights: Tensor
    """`(N,)`: the current weight c of misreading the digit."""


def carlini_wagner(
    network: nn.Module, images: Tensor, labels: Tensor, config: AttackConfig = DEFAULTS["cw"]
) -> Iterator[CarliniWagnerStep]:
    """Yield the digits, every step of Adam of every round, and last the smallest changes that succeed.

    A round minimises |r|² + c max(lead, -confidence) in `config.steps` steps; the lead is the logit of the class to
    leave minus that of the class to reach. Pixels are a tanh of what is optimised, so they stay in [0, 1] and within
    epsilon (1: no limit). Where a round succeeds, the next uses a smaller c, elsewhere a larger one. Raises ValueError
    for bad input, also with the norm "l2".
    """
    if config.norm != "linf":
        raise ValueError("C&W minimises the total change already: limit its pixels instead (linf).")
    attack = Attack(network, images, labels, config)
    search = _Search(attack)
    yield search.record(0, attack.originals, attack.at_start)
    for number in range(ROUNDS):
        for step, (pictures, reading) in enumerate(search.minimize(), number * config.steps + 1):
            yield search.record(step, pictures, reading)
        search.update_weights()
    yield search.record(search.steps, search.best, attack.evaluate(search.best, gradient=False))


class _Search:
    """Binary search for the smallest weight c with which each digit is still misread."""

    def __init__(self, attack: Attack) -> None:
        self.attack, self.steps = attack, ROUNDS * attack.config.steps + 1
        originals, epsilon = attack.originals, attack.config.epsilon
        low, high = (originals - epsilon).clamp(min=0), (originals + epsilon).clamp(max=1)
        self.middle, self.half = (low + high) / 2, (high - low) / 2
        self.start = (INSIDE * (originals - self.middle) / self.half.clamp(min=1e-12)).atanh()
        self.low = originals.new_zeros(len(originals))
        self.high = torch.full_like(self.low, torch.inf)
        self.weights = torch.full_like(self.low, attack.config.weight)
        self.best, self.least = originals, torch.full_like(self.low, torch.inf)
        self.reached = torch.zeros_like(attack.labels, dtype=torch.bool)

    def minimize(self) -> Iterator[tuple[Tensor, LossAndGradient]]:
        """Yield the images of each step of a round with what the network reads in them; keep the smallest changes."""
        point, self.reached = self.start.clone(), torch.zeros_like(self.reached)
        adam = torch.optim.Adam([point], lr=self.attack.config.step_size or LEARNING_RATE)
        for _ in range(self.attack.config.steps):
            pictures = self._pictures(point)
            reading, point.grad = self._read(pictures, point)
            self._keep(pictures, reading)
            yield pictures, reading
            adam.step()

    def _pictures(self, point: Tensor) -> Tensor:
        return self.middle + self.half * point.tanh()

    def _read(self, pictures: Tensor, point: Tensor) -> tuple[LossAndGradient, Tensor]:
        """Return what the network reads, and the gradient of the cost at the point."""
        config, goals = self.attack.config, self.attack.config.loss_classes(self.attack.labels)
        logits, slope = logits_and_gradient(self.attack.network, pictures, goals, lead)
        active = config.direction * lead(logits, goals) > -config.confidence
        change = pictures - self._pictures(self.start)
        cost_slope = 2 * change + _wide(active * self.weights) * config.direction * slope
        reading = LossAndGradient(logits, softplus(log_odds_against(logits, goals)), slope)
        return reading, cost_slope * self.half * (1 - point.tanh().square())

    def _keep(self, pictures: Tensor, reading: LossAndGradient) -> None:
        """Keep the pictures that are misread with less change than all before; until one is, keep the last."""
        config, goals = self.attack.config, self.attack.config.loss_classes(self.attack.labels)
        reached = config.direction * lead(reading.logits, goals) <= -config.confidence
        reached &= self.attack.is_adversarial(reading)
        lengths = (pictures - self.attack.originals).flatten(1).norm(dim=1)
        closer = reached & (lengths < self.least)
        better = closer | self.least.isinf()
        self.best, self.least = pictures.where(_wide(better), self.best), lengths.where(closer, self.least)
        self.reached = self.reached | reached

    def update_weights(self) -> None:
        """Choose the next round's c: the middle of its range, or ten times more while nothing succeeded."""
        self.high = self.weights.where(self.reached, self.high)
        self.low = self.low.where(self.reached, self.weights)
        self.weights = (GROWTH * self.weights).where(self.high.isinf(), (self.low + self.high) / 2)

    def record(self, step: int, pictures: Tensor, reading: LossAndGradient) -> CarliniWagnerStep:
        """Return the record of a step."""
        plain = self.attack.record(step, self.steps, pictures, reading)
        return CarliniWagnerStep(**vars(plain), weights=self.weights.cpu())


def _wide(numbers: Tensor) -> Tensor:
    return numbers.view(-1, 1, 1, 1)
