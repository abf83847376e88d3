"""How strongly each stage of a network responds, and how large its gradients are, while it learns.

Measured on the same few digits after every few batches, if requested; the training learns the same, bit by bit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.digits.datasets import Digits
from core.jobs.reading_times import ReadingTimes
from core.networks.classifier import Classifier
from core.networks.dead_units import find_dead_units
from core.system.records import to_record
from core.training.loop import TrainStep

DIGITS = 50  # test digits, the first ones
FIRST_EPOCH_MEASUREMENTS, MAX_MEASUREMENTS = 25, 75  # of a training, about
DIFFERENT = 2.0  # times; gradients that differ less are called equally large


@dataclass(frozen=True)
class StageFigures:
    """What one stage with weights does at one moment of a training."""

    stage: str
    activation: float
    """Median magnitude of its outputs that are not 0."""
    gradient: float | None
    """The same of the loss's gradient with respect to its weights; None: it is frozen."""
    dead: float | None
    """Percent of its units whose ReLU is 0 for every digit; None: no ReLU follows."""


def measure_stages(network: Classifier, digits: Digits) -> tuple[StageFigures, ...]:
    """Return the figures of every stage with weights, first to last; no gradient is stored, no random number drawn."""
    images, labels = digits.images().to(network.device), digits.labels.to(network.device)
    weights = {name: found for name, stage in network.stages() if (found := _weights_of(stage))}
    learning = [one for found in weights.values() for one in found if one.requires_grad]
    with torch.enable_grad():
        outputs = network.activations(images)
        loss = cross_entropy([*outputs.values()][-1], labels)
        gradients = dict(zip(learning, torch.autograd.grad(loss, learning) if learning else (), strict=True))
    dead = dict(_share_dead(network, images))
    return tuple(
        StageFigures(
            stage=name,
            activation=_median([outputs[name]]),
            gradient=_median(own) if (own := [gradients[one] for one in found if one in gradients]) else None,
            dead=dead.get(name),
        )
        for name, found in weights.items()
    )


def _weights_of(stage: nn.Module) -> list[nn.Parameter]:
    """Return the weights of a convolution or a dense layer, or of all in two heads; no biases and no batch norm's."""
    return [parameter for parameter in stage.parameters() if parameter.dim() > 1]


def _median(values: Sequence[Tensor]) -> float:
    """Return the median magnitude of what is not 0; 0 where there is nothing else, or what are no numbers."""
    found = torch.cat([one.detach().abs().flatten() for one in values]).nan_to_num(0, 0, 0)
    found = found[found > 0]
    return float(found.median()) if len(found) else 0.0


def _share_dead(network: Classifier, images: Tensor) -> Iterator[tuple[str, float]]:
    """Yield each stage with weights that a ReLU follows, with the percent of the units that are dead there."""
    found, last = {one.stage: one for one in find_dead_units(network, images)}, ""
    for name, stage in network.stages():
        if _weights_of(stage):
            last = name
        elif name in found and last:
            yield last, 100 * found[name].dead / found[name].units


class StageMeter:
    """Measures the stages of one training after every few batches, as long as `requested` says so."""

    def __init__(self, test: Digits, *, epochs: int, requested: Callable[[], bool]) -> None:
        self._digits, self._requested = test.first(DIGITS), requested
        self._times = ReadingTimes(FIRST_EPOCH_MEASUREMENTS, MAX_MEASUREMENTS, epochs=epochs)

    def measure(self, network: Classifier, step: TrainStep) -> tuple[StageFigures, ...] | None:
        """Return what the stages do after this record, if that is due and requested."""
        return measure_stages(network, self._digits) if self._times.is_due(step) and self._requested() else None


@dataclass(frozen=True)
class StageHistory:
    """What one stage did at several moments of its training."""

    stage: str
    epochs: tuple[float, ...]
    figures: tuple[StageFigures, ...]
    """Of each moment."""

    @property
    def now(self) -> StageFigures:
        return self.figures[-1]


def collect_stages(steps: Sequence[Mapping[str, Any]]) -> list[StageHistory]:
    """Return the history of each stage, first to last, from the records of a training; empty where there are none."""
    found = [step for step in steps if step.get("stages")]
    epochs = tuple(step["epoch"] - 1 + step["batch"] / step["batches"] for step in found)
    read = [[to_record(StageFigures, one) for one in step["stages"]] for step in found]
    return [StageHistory(of_one[-1].stage, epochs, of_one) for of_one in zip(*read, strict=False)]


def describe_gradients(now: Sequence[StageFigures]) -> str:
    """Return a sentence that compares the gradients of the first stage that learns with those of the last."""
    learning = {one.stage: one.gradient for one in now if one.gradient is not None}
    if len(learning) < 2:
        return "".join(f"Only {stage} learns." for stage in learning) or "No stage learns."
    if vanished := [stage for stage, gradient in learning.items() if not gradient]:
        return f"All gradients of {vanished[0]} are 0: it does not learn from these digits."
    (first, small), *_, (last, large) = learning.items()
    ratio = max(small, large) / min(small, large)
    if ratio < DIFFERENT:
        return f"The gradients of the first stage ({first}) are about as large as those of the last ({last})."
    times = f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"
    size = "smaller" if small < large else "larger"
    return f"The gradients of the first stage ({first}) are {times} times {size} than those of the last ({last})."
