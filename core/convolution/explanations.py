"""How one number of a stage is computed: written as a line, and from which values of the stage before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.convolution.pooling import PooledWindow, pool_window
from core.convolution.trace import StageTrace
from core.convolution.window import Filter, Window, format_number, format_sum, read_window
from core.inversion.functions import INVERSIONS, Invert
from core.networks.classifier import MEAN, STD, Normalize, Shuffle
from core.system.number_format import with_minus

TERMS = 6  # shown of a dense layer's sum


Place = tuple[int, int, int]
"""Map, row and column; in a vector, the index of the value and 0, 0."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """How one number is computed: as a formula, and from which values of the stage before."""

    value: float
    formula: str
    sources: tuple[Place, ...]
    """The places of these values, the largest contribution first."""
    window: Window | None = None
    pool: PooledWindow | None = None


def stage_filter(trace: StageTrace, number: int) -> Filter:
    """Return a convolution's filter by its number."""
    stage = trace.stage
    assert isinstance(stage, nn.Conv2d)
    bias = float(stage.bias[number]) if stage.bias is not None else 0.0
    padding, stride, dilation = int(stage.padding[0]), stage.stride[0], stage.dilation[0]
    return Filter(stage.weight[number].detach(), bias, padding, stride, dilation)


def explain_value(trace: StageTrace, place: Place) -> Explanation:
    """Return how the number at a place is computed. Raises ValueError if there is no such place."""
    if not lies_in(place, trace.outputs):
        sizes = " × ".join(map(str, trace.outputs.shape))
        raise ValueError(f"there is no place {place}: the output of {trace.name} is {sizes}.")
    if isinstance(trace.stage, WINDOWED) and not is_plain(trace.stage):
        return _unexplained(trace, place)
    match trace.stage:
        case nn.Conv2d():
            return _of_convolution(trace, place)
        case nn.MaxPool2d() | nn.AvgPool2d():
            return _of_pooling(trace, place)
        case nn.Linear():
            return _of_dense(trace, place[0])
        case nn.Flatten():
            source = _unravel(place[0], trace.inputs.shape)
            line = f"map {source[0]}, row {source[1]}, column {source[2]}"
            return Explanation(_at(trace.outputs, place), line, (source,))
        case Shuffle():
            found = trace.stage(
                torch.arange(trace.inputs.numel(), device=trace.inputs.device).reshape(1, *trace.inputs.shape)
            )
            source = _unravel(int(found.flatten()[place[1] * trace.inputs.shape[2] + place[2]]), trace.inputs.shape)
            return Explanation(_at(trace.outputs, place), f"taken from row {source[1]}, column {source[2]}", (source,))
    return _of_one(trace, place)


def lies_in(place: Place, values: Tensor) -> bool:
    """Return whether the values `(maps, H, W)` or `(values,)` have this place."""
    shape = (*values.shape, 1, 1)[:3]
    return all(0 <= at < size for at, size in zip(place, shape, strict=True))


def _at(values: Tensor, place: Place) -> float:
    return float(values[place] if values.ndim == 3 else values[place[0]])


def _unravel(number: int, shape: Sequence[int]) -> Place:
    rest, column = divmod(number, shape[2])
    return (*divmod(rest, shape[1]), column)


def _of_convolution(trace: StageTrace, place: Place) -> Explanation:
    window = read_window(trace.inputs, stage_filter(trace, place[0]), place[1], place[2])
    order = window.products.abs().flatten().argsort(descending=True).tolist()
    read = (_unravel(number, window.products.shape) for number in order)
    places = tuple((channel, window.rows[row], window.columns[column]) for channel, row, column in read)
    return Explanation(window.total, format_sum(window), places, window=window)


def _of_pooling(trace: StageTrace, place: Place) -> Explanation:
    size = pooling_window(trace.stage)
    kind = "max" if isinstance(trace.stage, nn.MaxPool2d) else "average"
    pool = pool_window(trace.inputs[place[0]], kind, size, size, place[1], place[2])
    order = pool.values.abs().flatten().argsort(descending=True).tolist() if kind == "average" else []
    best = order or pool.values.flatten().argsort(descending=True).tolist()
    sources = tuple((place[0], place[1] * size + at // size, place[2] * size + at % size) for at in best)
    return Explanation(pool.result, pool.sentence, sources, pool=pool)


def pooling_window(stage: nn.Module) -> int:
    """Return the side of a pooling's window."""
    size = stage.kernel_size
    assert isinstance(size, int)  # as `networks` builds them
    return size


def _of_dense(trace: StageTrace, unit: int) -> Explanation:
    assert isinstance(trace.stage, nn.Linear)
    weights, bias = trace.stage.weight[unit].detach(), float(trace.stage.bias[unit])
    products = weights * trace.inputs
    order = products.abs().argsort(descending=True).tolist()
    shown = " + ".join(
        f"{format_number(float(trace.inputs[at]))}·({format_number(float(weights[at]))})" for at in order[:TERMS]
    )
    more = len(order) - TERMS
    rest = float(products[order[TERMS:]].double().sum())
    total = float(products.double().sum()) + bias
    line = f"{shown} + ({format_number(rest)} of {more} more) + bias ({format_number(bias)}) = {format_number(total)}"
    return Explanation(total, line, tuple((at, 0, 0) for at in order))


def _of_one(trace: StageTrace, place: Place) -> Explanation:
    """Explain a stage that works on each value by itself."""
    value = _at(trace.outputs, place)
    # Synergy reads twice as many values, and sums two heads; a block of a network from a file is no single function.
    if trace.inputs.shape != trace.outputs.shape or not isinstance(trace.stage, ONE_BY_ONE):
        return _unexplained(trace, place)
    formula = _write_formula(trace.stage, _at(trace.inputs, place), place[0])
    return Explanation(value, f"{formula} = {format_number(value)}", (place,))


def _unexplained(trace: StageTrace, place: Place) -> Explanation:
    """Return the value alone."""
    value = _at(trace.outputs, place)
    return Explanation(value, f"= {format_number(value)}", ())


def is_plain(stage: nn.Module) -> bool:
    """Say whether a convolution or pooling is one that is explained: alike in both directions, over all maps.

    A pooling's windows lie side by side. Networks from files may have others.
    """
    sizes = (getattr(stage, name, 1) for name in ("kernel_size", "stride", "padding", "dilation"))
    if isinstance(stage, nn.Conv2d):
        return stage.groups == 1 and all(len({*one}) == 1 for one in sizes if isinstance(one, tuple))
    size, *others = sizes
    return isinstance(size, int) and others == [size, 0, 1] and not getattr(stage, "ceil_mode", False)


def _write_formula(stage: nn.Module, given: float, number: int) -> str:
    if isinstance(stage, Invert):
        formula = with_minus(INVERSIONS[stage.name].formula)
        return f"{formula} with x = {format_number(given)}:"
    if isinstance(stage, nn.BatchNorm2d):
        assert stage.running_mean is not None and stage.running_var is not None
        held = (stage.running_mean, stage.running_var, stage.weight, stage.bias)
        mean, variance, gamma, beta = (format_number(float(one[number])) for one in held)
        return f"{gamma} · ({format_number(given)} − ({mean})) / √{variance} + ({beta})"
    write = next((line for kind, line in _FORMULAS.items() if isinstance(stage, kind)), None)
    return write(given) if write is not None else f"f({format_number(given)})"


_FORMULAS: dict[type[nn.Module], Callable[[float], str]] = {
    Normalize: lambda x: f"(pixel − mean) / standard deviation = ({format_number(x)} − {MEAN}) / {STD}",
    nn.ReLU: lambda x: f"max(0, {format_number(x)})",
    nn.ReLU6: lambda x: f"min(6, max(0, {format_number(x)}))",
    nn.LeakyReLU: lambda x: f"{format_number(x)}" + ("" if x > 0 else " · 0.01"),
    nn.SiLU: lambda x: f"{format_number(x)} · sigmoid({format_number(x)})",
    nn.Sigmoid: lambda x: f"1 / (1 + exp(−({format_number(x)})))",
    nn.Tanh: lambda x: f"tanh({format_number(x)})",
    nn.Identity: lambda x: "not inverted: " + format_number(x),
    nn.Dropout: lambda x: "dropout only works in training: " + format_number(x),
    nn.Dropout2d: lambda x: "dropout only works in training: " + format_number(x),
}
WINDOWED = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
ONE_BY_ONE = (Invert, nn.BatchNorm2d, *_FORMULAS)
