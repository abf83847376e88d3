"""Adversarial training (V9): a network learns to read digits that are attacked through what it has learned so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from core.inversion.functions import is_frozen
from core.networks.classifier import Classifier
from core.training.config import PGD_STEPS, TrainConfig
from core.training.modes import mode_dependent_modules, set_training

if TYPE_CHECKING:
    from core.adversarial.config import AttackConfig

Pictures = Callable[[Tensor], Tensor]
"""Numbers of digits `(N,)` -> what the learner reads of them."""


def check_attack(network: Classifier, config: TrainConfig) -> None:
    """Raise ValueError when there is nothing to attack: a head alone learns from feature vectors, not from pictures."""
    if config.attack != "none" and is_frozen(network):
        raise ValueError(
            "Adversarial training changes pictures, but with all convolutions frozen only feature vectors are learned "
            "from: let the convolutions learn too."
        )


def with_attacks(images: Pictures, labels: Tensor, learner: nn.Module, config: TrainConfig) -> Pictures:
    """Return `images` with a share of each batch attacked through the learner as it is at that moment.

    It is attacked as it reads, without dropout. The random starts come from the generator that dropout draws from, so
    that a resumed training repeats them.
    """
    from core.adversarial.gradient_attacks import (
        make_adversarial,  # only now: it takes a second, and most trainings have no use for it
    )

    attack, switched = _to_attack(config), mode_dependent_modules(learner)

    def read(index: Tensor) -> Tensor:
        pictures = images(index)
        first = round(config.attacked * len(index))  # digits come in a new order each epoch, so any may be first
        seed = int(torch.randint(2**31, (), device=pictures.device))
        chance = torch.Generator(pictures.device).manual_seed(seed)
        set_training(switched, learning=False)
        noisy = make_adversarial(learner, pictures[:first], labels[index[:first]], attack, generator=chance)
        set_training(switched, learning=True)
        return torch.cat([noisy, pictures[first:]])

    return read


def _to_attack(config: TrainConfig) -> AttackConfig:
    """FGSM begins anywhere and steps a quarter too far; else it would learn to withstand FGSM alone (Wong 2020)."""
    from core.adversarial.config import AttackConfig

    if config.attack == "fgsm":
        return AttackConfig(epsilon=config.epsilon, steps=1, step_size=1.25 * config.epsilon, random_start=True)
    return AttackConfig(epsilon=config.epsilon, steps=PGD_STEPS, random_start=True)
