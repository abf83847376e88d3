"""Short trainings on made digits, and how their weights are compared."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.training.changes import TrainingChanges
from core.training.config import TrainConfig
from core.training.loop import TrainStep, train
from tests.sample_digits import made_digits

DIGITS, HELD_OUT = made_digits(100), made_digits(40, seed=1)
SHORT = {"epochs": 2, "batch": 16, "report_every": 3}


def fresh(name: str = "talk", seed: int = 0) -> Classifier:
    return build(ARCHITECTURES[name], seed=seed)


def start(network: Classifier, **settings) -> Iterator[TrainStep]:
    return train(network, DIGITS, HELD_OUT, TrainConfig(**{**SHORT, **settings}))


def trained(network: Classifier, **settings) -> dict[str, Tensor]:
    for _ in start(network, **settings):
        pass
    return network.state_dict()


def lookup(changed: Mapping[tuple[int, int], TrainingChanges]) -> Callable[[int, int], TrainingChanges]:
    """Return what `train` is given: `changed` is what holds from an epoch and batch on."""

    def find(epoch: int, batch: int) -> TrainingChanges:
        known = [one for at, one in sorted(changed.items()) if at <= (epoch, batch)]
        return known[-1] if known else TrainingChanges()

    return find


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


def largest_difference(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return max(float((one[name] - other[name]).abs().max()) for name in one)
