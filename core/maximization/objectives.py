"""What is maximised: a class's logit, a neuron, a map's mean or maximum, and weighted sums. One number per image."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.maximization.stage_outputs import LOGITS, Shape, stage_shapes
from core.networks.classifier import Classifier


class Objective(ABC):
    """A number per image, from the outputs of a network's stages: `ClassLogit(3) + 0.5 * MapMean("pool2", 7)`.

    With several classes, maps or units, image `i` has the `i`-th of them as its goal, modulo their number.
    """

    @property
    @abstractmethod
    def stages(self) -> frozenset[str]:
        """Return the stages whose outputs it needs."""

    @property
    @abstractmethod
    def count(self) -> int:
        """Return the number of different goals."""

    @abstractmethod
    def measure(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """Return every goal `(N, count)` for N images with the stage outputs `(N, maps, rows, columns)`."""

    def __call__(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """Return the value of each image's own goal `(N,)`."""
        measured = self.measure(outputs)
        pictures = torch.arange(len(measured), device=measured.device)
        return measured[pictures, pictures % measured.shape[1]]

    @abstractmethod
    def check(self, shapes: Mapping[str, Shape]) -> None:
        """Raise ValueError for a goal that a network with these stages does not have."""

    def __add__(self, other: "Objective") -> "Objective":
        return Sum(((1.0, self), (1.0, other)))

    def __sub__(self, other: "Objective") -> "Objective":
        return Sum(((1.0, self), (-1.0, other)))

    def __mul__(self, weight: float) -> "Objective":
        return Sum(((float(weight), self),))

    __rmul__ = __mul__

    def __neg__(self) -> "Objective":
        return -1.0 * self


@dataclass(frozen=True)
class _Maps(Objective):
    """One goal for each of the chosen maps of a stage."""

    stage: str
    maps: int | tuple[int, ...]

    @property
    def stages(self) -> frozenset[str]:
        return frozenset([self.stage])

    @property
    def count(self) -> int:
        return len(_several(self.maps))


@dataclass(frozen=True)
class Neuron(_Maps):
    """One place (row, column) of one or several maps; the default is the central one, (3, 3) of 7x7 maps."""

    place: tuple[int, int] | None = None

    def measure(self, outputs: Mapping[str, Tensor]) -> Tensor:
        maps = outputs[self.stage]
        row, column = self.place or (maps.shape[2] // 2, maps.shape[3] // 2)
        return maps[:, list(_several(self.maps)), row, column]

    def check(self, shapes: Mapping[str, Shape]) -> None:
        _, rows, columns = _check_maps(self.stage, self.maps, shapes)
        row, column = self.place or (0, 0)
        if not (0 <= row < rows and 0 <= column < columns):
            raise ValueError(f"A map of {self.stage} has {rows}x{columns} places; ({row}, {column}) is outside.")


@dataclass(frozen=True)
class MapMean(_Maps):
    """The mean of one or several whole maps."""

    def measure(self, outputs: Mapping[str, Tensor]) -> Tensor:
        return outputs[self.stage][:, list(_several(self.maps))].mean((2, 3))

    def check(self, shapes: Mapping[str, Shape]) -> None:
        _check_maps(self.stage, self.maps, shapes)


@dataclass(frozen=True)
class MapMax(MapMean):
    """The largest value of each map. (In a mean, positive and negative values before an activation would cancel.)"""

    def measure(self, outputs: Mapping[str, Tensor]) -> Tensor:
        return outputs[self.stage][:, list(_several(self.maps))].amax((2, 3))


class ClassLogit(Neuron):
    """The logit of one or several classes, before the softmax."""

    def __init__(self, labels: int | Iterable[int]) -> None:
        super().__init__(LOGITS, labels if isinstance(labels, int) else tuple(labels))


@dataclass(frozen=True)
class Sum(Objective):
    """Objectives and their weights."""

    terms: tuple[tuple[float, Objective], ...]

    @property
    def stages(self) -> frozenset[str]:
        return frozenset().union(*(term.stages for _, term in self.terms))

    @property
    def count(self) -> int:
        return max(term.count for _, term in self.terms)

    def measure(self, outputs: Mapping[str, Tensor]) -> Tensor:
        measured = [weight * term.measure(outputs) for weight, term in self.terms]
        return torch.stack(torch.broadcast_tensors(*measured)).sum(0)

    def check(self, shapes: Mapping[str, Shape]) -> None:
        for _, term in self.terms:
            term.check(shapes)
            if term.count not in (1, self.count):
                raise ValueError(f"{term.count} goals cannot be added to {self.count}.")


def _several(numbers: int | tuple[int, ...]) -> tuple[int, ...]:
    return (numbers,) if isinstance(numbers, int) else numbers


def _check_maps(stage: str, numbers: int | tuple[int, ...], shapes: Mapping[str, Shape]) -> Shape:
    if stage not in shapes:
        raise ValueError(f"There is no stage called {stage!r} in this network; there are {', '.join(shapes)}.")
    if not _several(numbers):
        raise ValueError(f"Name at least one map of {stage}.")
    maps = shapes[stage][0]
    if wrong := [number for number in _several(numbers) if not 0 <= number < maps]:
        what = "class" if stage == LOGITS else "map" if shapes[stage][1] > 1 else "unit"
        kinds = f"{what}{'es' if what == 'class' else 's'}"
        raise ValueError(f"There is no {what} {wrong[0]} here: {stage} has {maps} {kinds}, 0 to {maps - 1}.")
    return shapes[stage]


def check_objective(network: Classifier, objective: Objective) -> None:
    """Raise ValueError if the network has no such stage, map or place."""
    objective.check(stage_shapes(network))
