"""What the cases of devices share: a tiny network and set on any device, and what their results consist of."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor, nn

from core.digits.datasets import Dataset
from core.networks import evaluation
from core.networks.architectures import POOL, RELU, Architecture, conv
from core.networks.classifier import Classifier, build
from core.pmnist import masks
from core.restoration.hole_finding import BlindRestorer
from core.restoration.restorer import Restorer
from core.training.config import TrainConfig
from tests.sample_digits import made_dataset, made_digits

TINY = Architecture("tiny", (conv(4, 5), POOL, RELU, conv(5, 3), POOL, RELU), hidden=(12,))
MASK = masks.cut_mask("HCUT")
TRAINING = TrainConfig(epochs=1, batch=16, learning_rate=0.05)
Case = Callable[[str], Any]


def add_case(cases: dict[str, Case], function: Case) -> Case:
    """Add a function of the device's name to these cases: a decorator, once the first argument is given."""
    cases[function.__name__] = function
    return function


def tiny(device: str, seed: int = 0, design: Architecture = TINY) -> Classifier:
    return build(design, seed=seed).eval().requires_grad_(False).to(device)


def tiny_set(device: str) -> Dataset:
    return made_dataset(120, 60).to(device)


def digits_on(device: str) -> tuple[Classifier, Tensor, Tensor]:
    """Return a network, six images and their labels."""
    digits = made_digits(6).to(device)
    return tiny(device), digits.images(), digits.labels


def networks_on(device: str) -> dict[str, evaluation.Network]:
    """Return an ordinary network, one that restores, and one that finds the hole first."""
    network = tiny(device)
    restorer = Restorer(network, made_digits(50, seed=3).to(device))
    return {"ordinary": network, "restoring": restorer, "blind": BlindRestorer(restorer)}


def records(steps: Iterable[Any]) -> list[Any]:
    """Return what a generator yields; its tensors must be on the CPU."""
    kept = list(steps)
    assert all(leaf.device.type == "cpu" for leaf in leaves(kept) if isinstance(leaf, Tensor))
    return kept


def leaves(found: Any) -> Iterator[Any]:
    """Yield every tensor, array, number and word in a result; but times, which differ from run to run."""
    if isinstance(found, nn.Module):
        yield from leaves(found.state_dict())
    elif dataclasses.is_dataclass(found):
        names = (field.name for field in dataclasses.fields(found) if field.name != "seconds")
        yield from leaves([getattr(found, name) for name in names])
    elif isinstance(found, Mapping):
        yield from leaves(list(found.values()))
    elif isinstance(found, list | tuple):
        for one in found:
            yield from leaves(one)
    else:
        yield found
