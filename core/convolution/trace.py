"""From the whole network to one multiplication: every stage of a digit's way, and how each number of it comes about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.convolution.pooling import Pool, look_pooled
from core.convolution.window import Filter, Window, look, write_number, write_sum
from core.inversion.functions import INVERSIONS, Invert
from core.networks.classifier import MEAN, STD, Classifier, Normalize, Shuffle

POOLS = (nn.MaxPool2d, nn.AvgPool2d)
TERMS = 6  # of a dense layer's sum that are written out
Place = tuple[int, int, int]
"""Map, row and column; of a vector, the number of the value and 0, 0."""


@dataclass(frozen=True, eq=False)
class Station:
    """One stage on a digit's way: what it is given and what it gives, `(maps, H, W)` or `(values,)`."""

    name: str
    stage: nn.Module
    given: Tensor
    gives: Tensor

    @property
    def spatial(self) -> bool:
        return self.gives.ndim == 3


@dataclass(frozen=True, eq=False)
class Account:
    """How one number comes about: in a line, and from which values of the stage before."""

    value: float
    line: str
    sources: tuple[Place, ...]
    """The places that it is made of, the weightiest first."""
    window: Window | None = None
    pool: Pool | None = None


@torch.no_grad()
def travel(network: Classifier, image: Tensor) -> list[Station]:
    """Return every stage that an image `(1, 28, 28)` passes, with what it is given and gives there."""
    stages = {**dict(network.features.named_children()), "inverted": network.inversion}
    stages |= dict(network.head.named_children())
    stations, given = [], image
    for name, output in network.walk(image[None]):
        stations.append(Station(name, stages[name], given, output[0]))
        given = output[0]
    return stations


def filter_of(station: Station, number: int) -> Filter:
    """Return a convolution's filter by its number."""
    stage = station.stage
    assert isinstance(stage, nn.Conv2d)
    bias = float(stage.bias[number]) if stage.bias is not None else 0.0
    padding, stride, dilation = int(stage.padding[0]), stage.stride[0], stage.dilation[0]
    return Filter(stage.weight[number].detach(), bias, padding, stride, dilation)


def account(station: Station, place: Place) -> Account:
    """Return how the number at a place comes about. Raises ValueError when there is no such place."""
    shape = (*station.gives.shape, 1, 1)[:3]
    if not all(0 <= at < size for at, size in zip(place, shape, strict=True)):
        sizes = " × ".join(map(str, station.gives.shape))
        raise ValueError(f"there is no place {place}: {station.name} gives {sizes}.")
    match station.stage:
        case nn.Conv2d():
            return _of_convolution(station, place)
        case nn.MaxPool2d() | nn.AvgPool2d():  # POOLS
            return _of_pooling(station, place)
        case nn.Linear():
            return _of_dense(station, place[0])
        case nn.Flatten():
            source = _unravel(place[0], station.given.shape)
            line = f"map {source[0]}, row {source[1]}, column {source[2]}"
            return Account(_at(station.gives, place), line, (source,))
        case Shuffle():
            found = station.stage(torch.arange(station.given.numel()).reshape(1, *station.given.shape))
            source = _unravel(int(found.flatten()[place[1] * station.given.shape[2] + place[2]]), station.given.shape)
            return Account(_at(station.gives, place), f"taken from row {source[1]}, column {source[2]}", (source,))
    return _of_one(station, place)


def _at(values: Tensor, place: Place) -> float:
    return float(values[place] if values.ndim == 3 else values[place[0]])


def _unravel(number: int, shape: Sequence[int]) -> Place:
    rest, column = divmod(number, shape[2])
    return (*divmod(rest, shape[1]), column)


def _of_convolution(station: Station, place: Place) -> Account:
    window = look(station.given, filter_of(station, place[0]), place[1], place[2])
    order = window.products.abs().flatten().argsort(descending=True).tolist()
    read = (_unravel(number, window.products.shape) for number in order)
    places = tuple((channel, window.rows[row], window.columns[column]) for channel, row, column in read)
    return Account(window.total, write_sum(window), places, window=window)


def _of_pooling(station: Station, place: Place) -> Account:
    size = _window(station.stage)
    kind = "max" if isinstance(station.stage, nn.MaxPool2d) else "average"
    pool = look_pooled(station.given[place[0]], kind, size, size, place[1], place[2])
    order = pool.values.abs().flatten().argsort(descending=True).tolist() if kind == "average" else []
    best = order or pool.values.flatten().argsort(descending=True).tolist()
    sources = tuple((place[0], place[1] * size + at // size, place[2] * size + at % size) for at in best)
    return Account(pool.result, pool.sentence, sources, pool=pool)


def _window(stage: nn.Module) -> int:
    size = stage.kernel_size
    assert isinstance(size, int)  # as `networks` builds them
    return size


def _of_dense(station: Station, unit: int) -> Account:
    assert isinstance(station.stage, nn.Linear)
    weights, bias = station.stage.weight[unit].detach(), float(station.stage.bias[unit])
    products = weights * station.given
    order = products.abs().argsort(descending=True).tolist()
    shown = " + ".join(
        f"{write_number(float(station.given[at]))}·({write_number(float(weights[at]))})" for at in order[:TERMS]
    )
    more = len(order) - TERMS
    rest = float(products[order[TERMS:]].double().sum())
    total = float(products.double().sum()) + bias
    line = f"{shown} + ({write_number(rest)} of {more} more) + bias ({write_number(bias)}) = {write_number(total)}"
    return Account(total, line, tuple((at, 0, 0) for at in order))


def _of_one(station: Station, place: Place) -> Account:
    """The stages that make a number of the number at the same place, whatever they are."""
    value = _at(station.gives, place)
    if station.given.shape != station.gives.shape:  # synergy reads twice as many values, and sums two heads
        return Account(value, f"= {write_number(value)}", ())
    formula = _write_formula(station.stage, _at(station.given, place), place[0])
    return Account(value, f"{formula} = {write_number(value)}", (place,))


def _write_formula(stage: nn.Module, given: float, number: int) -> str:
    if isinstance(stage, Invert):
        formula = INVERSIONS[stage.name].formula.replace("-", "−")
        return f"{formula} with x = {write_number(given)}:"
    if isinstance(stage, nn.BatchNorm2d):
        assert stage.running_mean is not None and stage.running_var is not None
        held = (stage.running_mean, stage.running_var, stage.weight, stage.bias)
        mean, variance, gamma, beta = (write_number(float(one[number])) for one in held)
        return f"{gamma} · ({write_number(given)} − ({mean})) / √{variance} + ({beta})"
    write = next((line for kind, line in _FORMULAS.items() if isinstance(stage, kind)), None)
    return write(given) if write is not None else f"f({write_number(given)})"


_FORMULAS: dict[type[nn.Module], Callable[[float], str]] = {
    Normalize: lambda x: f"(pixel − mean) / spread = ({write_number(x)} − {MEAN}) / {STD}",
    nn.ReLU: lambda x: f"max(0, {write_number(x)})",
    nn.ReLU6: lambda x: f"min(6, max(0, {write_number(x)}))",
    nn.LeakyReLU: lambda x: f"{write_number(x)}" + ("" if x > 0 else " · 0.01"),
    nn.SiLU: lambda x: f"{write_number(x)} · sigmoid({write_number(x)})",
    nn.Sigmoid: lambda x: f"1 / (1 + exp(−({write_number(x)})))",
    nn.Tanh: lambda x: f"tanh({write_number(x)})",
    nn.Identity: lambda x: "not inverted: " + write_number(x),
    nn.Dropout: lambda x: "dropout only works in training: " + write_number(x),
    nn.Dropout2d: lambda x: "dropout only works in training: " + write_number(x),
}


@dataclass(frozen=True, eq=False)
class Stop:
    """A place on the way of one number through the network."""

    number: int
    """Of the station."""
    place: Place
    account: Account


def follow(stations: Sequence[Station], number: int, place: Place) -> list[Stop]:
    """Return what becomes of a convolution's number: its pooling, activation and so on, before the next convolution."""
    stops = []
    for at in range(number + 1, len(stations)):
        station = stations[at]
        if not station.spatial or isinstance(station.stage, nn.Conv2d | Shuffle):
            break
        shrink = _window(station.stage) if isinstance(station.stage, POOLS) else 1
        place = (place[0], place[1] // shrink, place[2] // shrink)
        if place[1] >= station.gives.shape[1] or place[2] >= station.gives.shape[2]:
            break  # a pooling leaves out a last row that does not fill its window
        stops.append(Stop(at, place, account(station, place)))
    return stops


def trace_back(stations: Sequence[Station], number: int, place: Place) -> list[Stop]:
    """Return the weightiest way back from a number to the pixels: at each stage the largest part of the sum."""
    stops = []
    for at in range(number, -1, -1):
        stops.append(Stop(at, place, account(stations[at], place)))
        inside = [one for one in stops[-1].account.sources if _lies_in(one, stations[at].given)]
        if not inside:
            break
        place = inside[0]
    return stops


def _lies_in(place: Place, values: Tensor) -> bool:
    shape = (*values.shape, 1, 1)[:3]
    return all(0 <= at < size for at, size in zip(place, shape, strict=True))
