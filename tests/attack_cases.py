"""Attacks on single digits as the tests try them: a table of method and settings."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from torch import Tensor

from core.adversarial.attack import AttackStep
from core.adversarial.carlini_wagner import carlini_wagner
from core.adversarial.config import AttackConfig
from core.adversarial.gradient_attacks import fgsm, pgd
from core.adversarial.jsma import jsma
from core.adversarial.lbfgs import lbfgs
from core.adversarial.sticker import sticker
from core.networks.classifier import Classifier
from core.networks.evaluation import predict
from core.pmnist.masks import rectangle
from core.zoo import checkpoints
from tests.sample_digits import real_digits

REGION = rectangle(2, 8, 26, 16)


@cache
def network() -> Classifier:
    return checkpoints.load_classifier("standard")


@cache
def digits() -> tuple[Tensor, Tensor]:
    chosen = real_digits(12)
    return chosen.images(), chosen.labels


def read(images: Tensor) -> Tensor:
    return predict(network(), images).argmax(1)


@dataclass(frozen=True)
class Row:
    """One attack as it is tried here."""

    attack: Any
    config: AttackConfig
    more: tuple[tuple[str, Any], ...] = ()

    def steps(self, images: Tensor, labels: Tensor, victim: Any = None, **changes: Any) -> Iterator[AttackStep]:
        return self.attack(victim or network(), images, labels, replace(self.config, **changes), **dict(self.more))


ROWS = {
    "FGSM V5": Row(fgsm, AttackConfig(epsilon=0.2)),
    "FGSM in L2 V5": Row(fgsm, AttackConfig(norm="l2", epsilon=3.0)),
    "FGSM to a target V5": Row(fgsm, AttackConfig(epsilon=0.3, target=8)),
    "BIM V6": Row(pgd, AttackConfig(epsilon=0.2, steps=5)),
    "PGD V6": Row(pgd, AttackConfig(epsilon=0.2, steps=5, random_start=True)),
    "PGD in L2 V6": Row(pgd, AttackConfig(norm="l2", epsilon=2.0, steps=6, random_start=True)),
    "PGD to a target V6": Row(pgd, AttackConfig(epsilon=0.3, steps=6, target=8)),
    "sticker V7": Row(sticker, AttackConfig(epsilon=0.9, step_size=0.3, steps=4), (("mask", REGION),)),
    "L-BFGS V8": Row(lbfgs, AttackConfig(epsilon=0.8, steps=6, target=8)),
    "C&W": Row(carlini_wagner, AttackConfig(epsilon=0.8, step_size=0.3, steps=8)),
    "C&W to a target": Row(carlini_wagner, AttackConfig(epsilon=0.8, step_size=0.3, steps=8, target=8, confidence=1)),
    "JSMA adds ink": Row(jsma, AttackConfig(epsilon=0.9, steps=25, target=8)),
    "JSMA removes ink": Row(jsma, AttackConfig(epsilon=1.0, steps=25, target=8, theta=-0.5)),
}


@cache
def attacked(name: str) -> list[AttackStep]:
    """Run a row once for all tests that only look at its records."""
    return list(ROWS[name].steps(*digits()))
