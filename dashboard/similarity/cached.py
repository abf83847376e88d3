"""Results of the page "Nearest digits" that are computed once for all visitors: comparisons and times."""

import streamlit as st

from core.similarity.shortcut import Shortcut
from core.similarity.thresholds import Comparison, compare_digits
from core.similarity.timing import StageCosts, Timing, measure_stage_costs, measure_time
from dashboard.server import caches, locks

COMPARED = 2000  # digits of a split: takes half a second, exact to half a percentage point
TIMED, TIMED_ALONE, ROUNDS = 250, 40, 2  # digits together, digits one at a time, repetitions


@st.cache_resource(max_entries=100, show_spinner="Comparing digits ...")
def comparison(name: str, count: int, stages: tuple[str, ...], split: str, data: str) -> Comparison:
    """Compare the first digits of a split ("validation" or "test") with `count` training digits."""
    digits = getattr(caches.dataset(data), split).first(COMPARED)
    network, seen = caches.classifier(name, data), caches.reference_vectors(name, count, data).at_stages(*stages)
    with locks.LONG:
        return compare_digits(network, seen, digits)


@st.cache_resource(max_entries=100, show_spinner="Measuring time ...")
def timing(
    name: str, count: int, stages: tuple[str, ...], thresholds: dict[str, float], alone: bool, data: str, repeat: int
) -> Timing:
    """Measure the time per digit with the shortcut and without; another `repeat` measures again."""
    images = caches.dataset(data).test.first(TIMED_ALONE if alone else TIMED).images()
    references = caches.reference_vectors(name, count, data).at_stages(*stages)
    shortcut = Shortcut(caches.classifier(name, data), references, thresholds)
    with locks.LONG:
        return measure_time(shortcut, images, alone=alone, rounds=ROUNDS)


@st.cache_resource(max_entries=100, show_spinner=False)
def costs(name: str, count: int, stage: str, data: str, repeat: int) -> StageCosts:
    """Measure the time of a look-up at a stage, and of the layers before and after it."""
    lookup = caches.reference_vectors(name, count, data).lookups[stage]
    network, images = caches.classifier(name, data), caches.dataset(data).test.first(TIMED).images()
    with locks.LONG:
        return measure_stage_costs(network, stage, lookup, images, rounds=ROUNDS)
