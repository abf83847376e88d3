"""Negative numbers as text: a minus is "−", as wide as a plus, and not a hyphen."""


def with_minus(text: str) -> str:
    """Return a number or a formula with minus signs in place of hyphens."""
    return text.replace("-", "−")


def format_signed(value: float, digits: int = 1) -> str:
    """Return a number with its sign and so many digits after the point: +1.5, −0.3."""
    return with_minus(f"{value:+.{digits}f}")


def format_interval(low: float, high: float) -> str:
    """Return the two ends of an interval of differences: −0.9 to +3.0."""
    return f"{format_signed(low)} to {format_signed(high)}"
