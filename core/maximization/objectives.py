"""What a picture is to excite: a class's logit, a neuron, a map's mean, and sums of them. One number per picture.

Also the walk to the last stage that an objective asks about: what lies behind it is never computed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.maximization.stage_outputs import LOGITS, Shape, stage_shapes
from core.networks.classifier import Classifier


class Objective(ABC):
    """A number per picture, from what a network's stages give for it: `ClassLogit(3) + 0.5 * MapMean("pool2", 7)`.

    Asked of several classes, maps or units, picture `i` climbs the `i`-th of them, and begins anew after the last.
    """

    @property
    @abstractmethod
    def stages(self) -> frozenset[str]:
        """The stages that it needs."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many pictures have goals of their own."""

    @abstractmethod
    def measure(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """Return every goal `(N, count)` of N pictures whose stages gave `outputs` `(N, maps, rows, columns)`."""

    def __call__(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """Return how far each picture has come with its own goal `(N,)`."""
        measured = self.measure(outputs)
        pictures = torch.arange(len(measured), device=measured.device)
        return measured[pictures, pictures % measured.shape[1]]

    @abstractmethod
    def check(self, shapes: Mapping[str, Shape]) -> None:
        """Raise ValueError, with a sentence, for what a network of these stages has not got."""

    def __add__(self, other: Objective) -> Objective:
        return Sum(((1.0, self), (1.0, other)))

    def __sub__(self, other: Objective) -> Objective:
        return Sum(((1.0, self), (-1.0, other)))

    def __mul__(self, weight: float) -> Objective:
        return Sum(((float(weight), self),))

    __rmul__ = __mul__

    def __neg__(self) -> Objective:
        return -1.0 * self


@dataclass(frozen=True)
class _Maps(Objective):
    """A goal for each of some maps of one stage."""

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
    """One place (row, column) of one map or of several; without a place, the central one (N5).

    The central place of the assignment's 7x7 maps is (3, 3).
    """

    place: tuple[int, int] | None = None

    def measure(self, outputs: Mapping[str, Tensor]) -> Tensor:
        maps = outputs[self.stage]
        row, column = self.place or (maps.shape[2] // 2, maps.shape[3] // 2)
        return maps[:, list(_several(self.maps)), row, column]

    def check(self, shapes: Mapping[str, Shape]) -> None:
        _, rows, columns = _check_maps(self.stage, self.maps, shapes)
        row, column = self.place or (0, 0)
        if not (0 <= row < rows and 0 <= column < columns):
            raise ValueError(f"A map of {self.stage} has {rows}x{columns} places; ({row}, {column}) is none of them.")


@dataclass(frozen=True)
class MapMean(_Maps):
    """The mean of one whole map or of several."""

    def measure(self, outputs: Mapping[str, Tensor]) -> Tensor:
        return outputs[self.stage][:, list(_several(self.maps))].mean((2, 3))

    def check(self, shapes: Mapping[str, Shape]) -> None:
        _check_maps(self.stage, self.maps, shapes)


@dataclass(frozen=True)
class MapMax(MapMean):
    """The strongest place of each map. The mean would not do: before an activation, what is for and against cancels."""

    def measure(self, outputs: Mapping[str, Tensor]) -> Tensor:
        return outputs[self.stage][:, list(_several(self.maps))].amax((2, 3))


class ClassLogit(Neuron):
    """A class's logit, before the softmax (N1), or those of several classes."""

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
                raise ValueError(f"Goals for {term.count} and for {self.count} pictures cannot be added up.")


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
    """Raise ValueError, with a sentence, when the network has no such stage, map or place."""
    objective.check(stage_shapes(network))
