"""What the page "Nearest digits" works out, once for all visitors: comparisons, times, and the costs of the parts."""

from __future__ import annotations

import streamlit as st

from core.digits.datasets import Dataset
from core.similarity.shortcut import Shortcut
from core.similarity.thresholds import Comparison, compare_digits
from core.similarity.timing import StageCosts, Timing, measure_stage_costs, measure_time
from dashboard.server import caches

LOOKED_AT = 2000  # digits of a split that are compared: half a second, and figures to half a point
TIMED, TIMED_ALONE, ROUNDS = 250, 40, 2
MEASURED = "shortcut measured"  # how often this visitor has asked for new times


def find_survey(name: str, count: int, stages: tuple[str, ...], split: str, data: Dataset) -> Comparison:
    """Return the first digits of a split, "validation" or "test", compared with those seen before."""
    digits = {"validation": data.validation, "test": data.test}[split].first(LOOKED_AT)
    with st.spinner("Comparing digits ..."):
        seen = caches.seen(name, count, data.name).at(*stages)
        found: Comparison = caches.worked_out(
            ("shortcut survey", name, count, stages, split, data.name),
            lambda: compare_digits(caches.classifier(name, data.name), seen, digits),
        )
    return found


def find_time(
    name: str, count: int, stages: tuple[str, ...], thresholds: dict[str, float], *, alone: bool, data: Dataset
) -> Timing:
    """Return how long reading takes with the shortcut and without, measured in turns."""
    images = data.test.first(TIMED_ALONE if alone else TIMED).images()
    shortcut = Shortcut(caches.classifier(name, data.name), caches.seen(name, count, data.name).at(*stages), thresholds)
    about = ("shortcut time", name, count, stages, tuple(thresholds.values()), alone, data.name, _round())
    with st.spinner("Measuring time ..."):
        timing: Timing = caches.worked_out(about, lambda: measure_time(shortcut, images, alone=alone, rounds=ROUNDS))
    return timing


def find_costs(name: str, count: int, stage: str, data: Dataset) -> StageCosts:
    """Return what looking up at a stage costs, and the layers before and after it."""
    lookup = caches.seen(name, count, data.name).lookups[stage]
    network, images = caches.classifier(name, data.name), data.test.first(TIMED).images()
    costs: StageCosts = caches.worked_out(
        ("shortcut costs", name, count, stage, data.name, _round()),
        lambda: measure_stage_costs(network, stage, lookup, images, rounds=ROUNDS),
    )
    return costs


def measure_again() -> None:
    """Let all times be measured anew for this visitor."""
    st.session_state[MEASURED] = _round() + 1


def _round() -> int:
    return int(st.session_state.get(MEASURED, 0))
