"""The view "A hole everywhere": a square hole slid over the digit, and who still reads what it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.attribution.hole_maps import HoleMap, count_correct, count_places, join_rows
from core.digits.datasets import Dataset
from core.networks.evaluation import Network
from core.pmnist.masks import SQUARE, sliding_squares
from core.visualization import arrays
from core.visualization.attribution import draw_hole_counts, draw_hole_map
from core.visualization.figures import Box, draw_clickable
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.readings import draw_answers
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.why import cached
from dashboard.why.subjects import Subject, choose_subjects, choose_truth
from dashboard.widgets.maps import show_clickable
from dashboard.widgets.progress import with_progress
from dashboard.widgets.readings import read_all
from dashboard.widgets.scene import choose_beside

LEAST, LARGEST = 3, 20  # pixels across of a hole: a smaller one is hardly ever noticed, a larger one leaves no choice
BAND, BLIND_BAND = 10, 2  # rows of places that a restoring network reads at once: a second, told of the hole or not
WIDTH = 330
CHOSEN = "why hole"
Maps = dict[str, HoleMap]


def show_holes(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show for every place of a hole how many of the networks still read the digit, and which."""
    scene, right = choose_beside(
        "Try: a 9 or a 4, then a larger hole. Where must nothing be missing? Click there: what is read now?",
        session,
        data,
    )
    with right:
        if scene is None:
            return
        digit, mask = scene
        subjects = choose_subjects(digit, mask, data, zoo)
        if not subjects:
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            whole = caches.readings(tuple(one.name for one in subjects), data.name, digit, np.ones_like(mask))
            truth = choose_truth(session, subjects, [int(read.argmax()) for read in whole.values()], data)
            size = address.slider("size", "The hole's side, pixels", LEAST, LARGEST, SQUARE, width=280)
        place = st.empty()
        maps = _find_quick(subjects, digit, mask, size, data)
        if not address.stroke_goes_on():
            slow = [one for one in subjects if one.name not in maps]
            if slow and maps:
                place.html(_draw_maps(subjects, maps, digit * mask, truth, size, data))
            maps |= {one.name: _find_slow(one, digit, mask, size, data) for one in slow}
        shown = [one for one in subjects if one.name in maps]
        if shown:
            with place.container():
                _show_maps(shown, maps, scene, truth, size, data, zoo)


def _find_quick(subjects: list[Subject], digit: Digit, mask: Mask, size: int, data: Dataset) -> Maps:
    """Return the maps of all networks that do not restore; those with the same features share the work."""
    quick = {one.name: one.network for one in subjects if not one.network.restores}
    return dict(_read(quick, digit, mask, size, None, data)) if quick else {}


def _find_slow(subject: Subject, digit: Digit, mask: Mask, size: int, data: Dataset) -> HoleMap:
    """Return the map of a network that restores, some rows at a time, while a bar shows how far it is."""
    rows, side = BLIND_BAND if subject.network.blind else BAND, count_places(size)
    bands = [range(top, min(top + rows, side)) for top in range(0, side, rows)]
    network = {subject.name: subject.network}
    read = (_read(network, digit, mask, size, band, data)[subject.name] for band in bands)
    return join_rows(list(with_progress(read, len(bands), f"{subject.title} restores the digit at every place ...")))


def _read(
    networks: Mapping[str, Network], digit: Digit, mask: Mask, size: int, rows: range | None, data: Dataset
) -> Mapping[str, HoleMap]:
    ends = None if rows is None else (rows.start, rows.stop)
    return cached.hole_maps(tuple(networks), data.name, digit, mask, size, ends, networks)


def _draw_maps(subjects: list[Subject], maps: Maps, left: Digit, truth: int, size: int, data: Dataset) -> str:
    """Return each network's own map."""
    many = count_places(size) ** 2
    return draw_gallery(
        [
            GalleryItem(
                draw_hole_map(left, maps[one.name].margins(truth), size, factor=5),
                f"{one.title}: {int((maps[one.name].labels == truth).sum())} of {many}",
            )
            for one in subjects
            if one.name in maps
        ],
        min_width=90,
        css_class="ns-holes",
    )


def _show_maps(
    subjects: list[Subject], maps: Maps, scene: tuple[Digit, Mask], truth: int, size: int, data: Dataset, zoo: Zoo
) -> None:
    """Show how many networks are right at each place, which can be clicked, and each network's own map."""
    counts, side, name = count_correct(maps, truth), count_places(size), data.classes[truth]
    digit, mask = scene
    st.markdown(
        f"**With a hole of {size} × {size} pixels, all {len(maps)} still read a {name} at "
        f"{int((counts == len(maps)).sum())} of {side * side} places, and none does at {int((counts == 0).sum())}.**"
    )
    both, each = st.columns([WIDTH, 520], gap="medium")
    with both:
        hover = [_describe(subjects, maps, (row, column), truth, data) for row, column in np.ndindex(side, side)]
        figure = draw_clickable(
            draw_hole_counts(digit * mask, counts, len(maps), size, factor=1),
            (side, side),
            hover,
            width=WIDTH,
            box=Box(*_chosen(counts), 1, 1),
        )
        show_clickable(figure, f"why holes {size}", _choose)
        st.caption(
            "Each square is where the hole's middle is. Blue: all read it right; black: half of them; red: "
            "none. Click one (a finger taps twice)."
        )
    with each:
        st.html(_draw_maps(subjects, maps, digit * mask, truth, size, data))
        st.caption(
            f"At how many places each still reads a {name}, and how much more probable that is there than every "
            "other class: 1 is blue, 0 black, −1 (surely another) red."
        )
        _show_chosen(subjects, _chosen(counts), scene, size, data, zoo)


def _choose(row: int, column: int) -> None:
    st.session_state[CHOSEN] = row, column


def _describe(subjects: list[Subject], maps: Maps, place: tuple[int, int], truth: int, data: Dataset) -> str:
    """Return who reads what with the hole at a place."""
    read = {one.title: int(maps[one.name].labels[place]) for one in subjects}
    right = [title for title, label in read.items() if label == truth]
    wrong = [f"{title} reads {data.classes[label]}" for title, label in read.items() if label != truth]
    return "<br>".join([f"right: {', '.join(right) or 'none'}", *wrong])


def _chosen(counts: NDArray[np.int64]) -> tuple[int, int]:
    """Return the place that was clicked; at first the one where fewest networks are right."""
    worst = divmod(int(counts.argmin()), counts.shape[1])
    row, column = st.session_state.get(CHOSEN, worst)
    return min(row, len(counts) - 1), min(column, len(counts) - 1)


def _show_chosen(
    subjects: list[Subject], place: tuple[int, int], scene: tuple[Digit, Mask], size: int, data: Dataset, zoo: Zoo
) -> None:
    """Show the digit with the hole at one place, and what every network reads there."""
    digit, mask = scene
    row, column = place
    kept = sliding_squares(size)[row * count_places(size) + column].numpy() & mask
    st.markdown(f"**The hole in rows {row} to {row + size - 1}, columns {column} to {column + size - 1}**")
    picture, answers = st.columns([200, 300], gap="medium")
    picture.image(arrays.mark_erased(digit, kept, 7), output_format="PNG", width=196)
    networks = {one.name: one.network for one in subjects}
    answers.html(draw_answers(read_all(networks, zoo, digit, kept, data), data.classes))
