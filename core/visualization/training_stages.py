"""What each stage of a network does while it learns: one small chart per stage, all with the same logarithmic axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from core.visualization.figures import Curve
from core.visualization.palette import ORANGE, PURPLE
from core.visualization.training import draw_svg_curves

DRAWN = (1e-12, 1e12)  # values beyond stand at the edge
TICKS = 4  # intervals of the axis: each is a whole number of powers of ten
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class StageCurves:
    """One stage at several moments."""

    title: str
    epochs: Sequence[float]
    activations: Sequence[float]
    """Median magnitudes."""
    gradients: Sequence[float]
    """Median magnitudes; none for a stage that is frozen."""


def draw_stages(stages: Sequence[StageCurves], *, x_end: float) -> list[str]:
    """Return a chart of each stage as SVG for Markdown, x from 0 to `x_end` epochs."""
    limits = _find_limits([value for one in stages for value in (*one.activations, *one.gradients)])
    return [_draw(one, x_end, limits) for one in stages]


def _draw(one: StageCurves, x_end: float, limits: tuple[int, int]) -> str:
    curves = [
        Curve(name, color, one.epochs, values)
        for name, color, values in (("outputs", PURPLE, one.activations), ("gradients", ORANGE, one.gradients))
        if values
    ]
    return draw_svg_curves(curves, title=one.title, x_end=x_end, limits=limits, scale=_power, name_tick=_name_power)


def _find_limits(values: Sequence[float]) -> tuple[int, int]:
    """Return the powers of ten between which all values are; those that are 0 stand at the bottom or below."""
    powers = [_power(value) for value in values if value > 0] or [0.0]
    high = ceil(max(powers))
    return high - TICKS * max(1, ceil((high - floor(min(powers))) / TICKS)), high


def _power(value: float) -> float:
    return log10(min(max(value, DRAWN[0]), DRAWN[1]))


def _name_power(power: float) -> str:
    return f"10{f'{power:.0f}'.translate(SUPERSCRIPTS)}"
