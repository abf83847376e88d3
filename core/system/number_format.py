"""Numbers as short text. A minus is "−", as wide as a plus, and not a hyphen."""

from collections.abc import Sequence
from statistics import mean, stdev


def with_minus(text: str) -> str:
    """Return a number or a formula with minus signs in place of hyphens."""
    return text.replace("-", "−")


def format_signed(value: float, digits: int = 1) -> str:
    """Return a number with its sign and so many digits after the point: +1.5, −0.3."""
    return with_minus(f"{round(value, digits) + 0.0:+.{digits}f}")  # adding 0.0 turns -0.0 into 0.0


def format_tick(value: float) -> str:
    """Return a signed number for an axis, with as many digits as it needs: +0.25, −5, 0."""
    return with_minus(f"{value:+g}") if value else "0"


def format_difference(value: float) -> str:
    """Return a difference with its sign and one digit; the sign says on which side of zero it is: −0.0 is below."""
    return with_minus(f"{value:+.1f}")


def format_interval(low: float, high: float) -> str:
    """Return the two ends of an interval of differences: −0.9 to +3.0."""
    return f"{format_difference(low)} to {format_difference(high)}"


def format_spread(values: Sequence[float], digits: int = 1) -> str:
    """Return the mean, and the standard deviation where there are several values: 95.3 ± 0.2."""
    return f"{mean(values):.{digits}f}" + (f" ± {stdev(values):.{digits}f}" if len(values) > 1 else "")


def format_factor(factor: float) -> str:
    """Return a factor with at most one digit after the point: 143, 10, 3.3."""
    return f"{factor:.0f}" if factor >= 9.5 else f"{factor:.1f}".removesuffix(".0")


def format_both_scales(value: float) -> str:
    """Return a change of pixels on the scale from 0 to 1 and on that from 0 to 255: 0.3 = 76.5/255."""
    of_255 = 255 * value
    return f"{value:.3g} = {of_255:.0f}/255" if of_255 >= 100 else f"{value:.3g} = {of_255:.3g}/255"


def format_short(value: float) -> str:
    """Return a number for a cell: whole ones without a point, others with two digits behind it."""
    text = f"{value:.0f}" if abs(value - round(value)) < 1e-9 else f"{value:.2f}"
    return with_minus(text) if float(text) else text.removeprefix("-")


def format_range(low: float, high: float) -> str:
    """Return from where to where values go, or the only one that there is."""
    return format_short(low) if low == high else f"{format_short(low)} to {format_short(high)}"


def format_distance(distance: float) -> str:
    """Return a distance with two digits that count, and all those before the point."""
    if distance >= 10:
        return f"{distance:.0f}"
    return "0" if distance <= 0 else f"{distance:.6f}".rstrip("0") if distance < 1e-4 else f"{distance:.2g}"
