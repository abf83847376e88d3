"""Adversarial training: the network learns from digits that are attacked through its current weights."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from core.adversarial.config import AttackConfig
from core.inversion.functions import is_frozen
from core.networks.classifier import Classifier
from core.training.config import PGD_STEPS, TrainConfig
from core.training.modes import mode_dependent_modules, set_training

Pictures = Callable[[Tensor], Tensor]
"""Indices of digits `(N,)` -> the inputs of the learner."""


def check_attack(network: Classifier, config: TrainConfig) -> None:
    """Raise ValueError if all convolutions are frozen: then the head learns from feature vectors, not from pictures."""
    if config.attack != "none" and is_frozen(network):
        raise ValueError(
            "Adversarial training changes pictures, but with all convolutions frozen the head learns from feature "
            "vectors only: let the convolutions learn too."
        )


def with_attacks(images: Pictures, labels: Tensor, learner: nn.Module, config: TrainConfig) -> Pictures:
    """Return inputs of which a share of each batch is attacked through the learner's current weights.

    The attack runs without dropout. Its random starts come from the same generator as dropout, so that a resumed
    training repeats them.
    """
    from core.adversarial.gradient_attacks import (
        make_adversarial,  # imported late: it takes a second, and most trainings do not need it
    )

    attack, switched = _to_attack(config), mode_dependent_modules(learner)

    def read(index: Tensor) -> Tensor:
        pictures = images(index)
        first = round(config.attacked * len(index))  # the order is random, so the first ones are a random sample
        seed = int(torch.randint(2**31, (), device=pictures.device))
        generator = torch.Generator(pictures.device).manual_seed(seed)
        set_training(switched, learning=False)
        noisy = make_adversarial(learner, pictures[:first], labels[index[:first]], attack, generator=generator)
        set_training(switched, learning=True)
        return torch.cat([noisy, pictures[first:]])

    return read


def _to_attack(config: TrainConfig) -> AttackConfig:
    """Return the attack; FGSM starts at random and oversteps by a quarter, else only FGSM is resisted (Wong 2020)."""
    if config.attack == "fgsm":
        return AttackConfig(epsilon=config.epsilon, steps=1, step_size=1.25 * config.epsilon, random_start=True)
    return AttackConfig(epsilon=config.epsilon, steps=PGD_STEPS, random_start=True)
