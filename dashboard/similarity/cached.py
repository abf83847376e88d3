"""Results of the page "Nearest digits" that are computed once for all visitors: comparisons, times and maps."""

from collections.abc import Mapping

import streamlit as st
from torch import Tensor

from core.digits.datasets import Digits
from core.similarity.digit_map import SIZE, DigitMap, Space, build_maps, to_box
from core.similarity.shortcut import Shortcut
from core.similarity.thresholds import Comparison, compare_digits
from core.similarity.timing import StageCosts, Timing, measure_stage_costs, measure_time
from core.studies import recorded_map
from core.visualization import arrays, digit_map
from dashboard.components.picture_map import PicturePoints
from dashboard.server import caches, locks

COMPARED = 2000  # digits of a split: takes half a second, exact to half a percentage point
TIMED, TIMED_ALONE, ROUNDS = 250, 40, 2  # digits together, digits one at a time, repetitions
COLUMNS = 50  # pictures in a row of the sheet


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


@st.cache_resource(max_entries=4, show_spinner="Comparing all digits ...")
def digit_maps(name: str, data: str) -> Mapping[Space, DigitMap]:
    """Return the map of validation digits in each space of a network."""
    with locks.LONG:
        return build_maps(caches.classifier(name, data), caches.atlas(name, data), map_digits(data))


def map_digits(data: str) -> Digits:
    """Return the digits of a set's map: no network has learned from them."""
    return caches.dataset(data).validation.first(SIZE)


@st.cache_resource(max_entries=20, show_spinner=False)
def tsne_layouts(name: str, data: str) -> Mapping[Space, Tensor]:
    """Return the recorded positions by t-SNE in those spaces of a network that have any."""
    record = caches.find_record(recorded_map.STUDY, data)
    try:
        found = record and recorded_map.read_layouts(record, caches.dataset(data), caches.classifier(name, data))
    except (OSError, ValueError):  # a damaged file: the page has its other maps
        return {}
    return found or {}


@st.cache_resource(max_entries=12, show_spinner=False)
def picture_points(name: str, data: str, space: Space, tsne: bool) -> PicturePoints:
    """Return a map for the screen, by t-SNE or by the principal components."""
    digits, classes = map_digits(data), caches.dataset(data).classes
    frame = layout(name, data, space, tsne)
    cells = [arrays.to_gray(picture) for picture in digits.images()[:, 0].numpy()]
    return PicturePoints(
        digit_map.to_places(to_box(frame, frame).numpy()),
        digit_maps(name, data)[space].labels.tolist(),
        [digit_map.color_of_class(label) for label in range(len(classes))],
        list(classes),
        arrays.to_data_url(arrays.arrange(cells, COLUMNS, gap=0, ground=0)),
        COLUMNS,
        f"{name} {data} {space} {tsne}",
    )


def layout(name: str, data: str, space: Space, tsne: bool) -> Tensor:
    """Return the positions `(M, 2)` of a map's digits, by t-SNE or by the principal components."""
    one = digit_maps(name, data)[space]
    return tsne_layouts(name, data)[space] if tsne else one.project(one.vectors)
