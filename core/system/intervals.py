"""How exact a share of correct answers is. Imports no torch."""

CONFIDENCE = 0.95


def wilson_interval(right: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of correct answers, in percent (Wilson 1927)."""
    if not count:
        return 0.0, 100.0
    from scipy.stats import binomtest  # takes a second to import

    interval = binomtest(right, count).proportion_ci(CONFIDENCE, "wilson")
    return 100 * float(interval.low), 100 * float(interval.high)
