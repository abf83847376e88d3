"""The view "A hole everywhere": which networks still read the digit with a square hole at each place."""

from collections.abc import Mapping
from dataclasses import dataclass

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
from dashboard.address.kinds import PLACE
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.why import cached
from dashboard.why.erasing import show_erase_button
from dashboard.why.network_readings import NetworkReading, choose_readings, choose_truth
from dashboard.widgets.maps import show_clickable
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.progress import with_progress
from dashboard.widgets.readings import read_all
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import read_tip, show_caption

MIN_SIDE, MAX_SIDE = 3, 20  # sides of a hole in pixels: smaller ones change little, larger ones leave few places
BAND, BLIND_BAND = 10, 2  # rows of places that a restoring network reads in one second: mask known, or blind
WIDTH = 330  # pixels of the screen
CHOSEN = "why hole"  # the key of the clicked place


@dataclass(frozen=True, eq=False)
class HoleScene:
    """A digit, and the size of the hole that is slid over it."""

    digit: Digit
    mask: Mask
    size: int
    """Side of the hole in pixels."""
    truth: int
    """The digit's true class."""
    data: Dataset

    @property
    def side(self) -> int:
        """Places of the hole in each direction."""
        return count_places(self.size)

    @property
    def left(self) -> Digit:
        """What is left of the digit without any hole."""
        return self.digit * self.mask

    @property
    def name(self) -> str:
        return self.data.classes[self.truth]


Maps = dict[str, HoleMap]
"""By network."""


def show_hole_maps(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show for every place of the hole how many networks still read the digit, and which."""
    scene, right = choose_beside(
        read_tip("why", "A hole everywhere"),
        session,
        data,
    )
    with right:
        if scene is None:
            return
        digit, mask = scene
        controls = st.container(horizontal=True, vertical_alignment="bottom")
        with controls:
            readings = choose_readings(digit, mask, data, zoo)
        if not readings:
            return
        with controls:
            whole = caches.readings(tuple(one.name for one in readings), data.name, digit, np.ones_like(mask))
            truth = choose_truth(session, [int(read.argmax()) for read in whole.values()], data)
            size = address.slider("size", "Side of the hole, pixels", MIN_SIDE, MAX_SIDE, SQUARE, width=280)
        _show_maps_as_found(readings, HoleScene(digit, mask, size, truth, data), zoo)


def _show_maps_as_found(readings: list[NetworkReading], scene: HoleScene, zoo: Zoo) -> None:
    """Show the quick networks' maps first; skip the slow ones while the visitor is drawing a stroke."""
    place = st.empty()
    maps = _find_quick(readings, scene)
    if not address.stroke_goes_on():
        slow = [one for one in readings if one.name not in maps]
        if slow and maps:
            place.html(_draw_maps(readings, maps, scene))
        maps |= {one.name: _find_slow(one, scene) for one in slow}
    found = [one for one in readings if one.name in maps]
    if found:
        with place.container():
            _show_maps(found, maps, scene, zoo)


def _find_quick(readings: list[NetworkReading], scene: HoleScene) -> Maps:
    """Return the maps of all networks that do not restore, in one call: shared features are computed once."""
    quick = {one.name: one.network for one in readings if not one.network.restores}
    return dict(_scan(quick, scene)) if quick else {}


def _find_slow(reading: NetworkReading, scene: HoleScene) -> HoleMap:
    """Return the map of a restoring network; a progress bar counts the bands of rows."""
    rows = BLIND_BAND if reading.network.blind else BAND
    bands = [(top, min(top + rows, scene.side)) for top in range(0, scene.side, rows)]
    found = (_scan({reading.name: reading.network}, scene, band)[reading.name] for band in bands)
    return join_rows(list(with_progress(found, len(bands), f"{reading.title} restores it at every place ...")))


def _scan(
    networks: Mapping[str, Network], scene: HoleScene, rows: tuple[int, int] | None = None
) -> Mapping[str, HoleMap]:
    return cached.hole_maps(tuple(networks), scene.data.name, scene.digit, scene.mask, scene.size, rows, networks)


def _draw_maps(readings: list[NetworkReading], maps: Maps, scene: HoleScene) -> str:
    """Return the HTML of each network's own map."""
    items = []
    for one in readings:
        if one.name in maps:
            picture = draw_hole_map(scene.left, maps[one.name].margins(scene.truth), scene.size, factor=5)
            right = int((maps[one.name].labels == scene.truth).sum())
            items.append(GalleryItem(picture, f"{one.title}: {right} of {scene.side**2}"))
    return draw_gallery(items, min_width=90, css_class="ns-holes")


def _show_maps(readings: list[NetworkReading], maps: Maps, scene: HoleScene, zoo: Zoo) -> None:
    """Show how many networks are right at each place, as a clickable map, and each network's own map."""
    counts, size = count_correct(maps, scene.truth), scene.size
    place = _find_chosen(counts)
    st.markdown(
        f"**A hole of {size} × {size} pixels is moved over {counts.size} places. All {len(maps)} networks still read a "
        f"{scene.name} at {int((counts == len(maps)).sum())} of them, and no network reads it at "
        f"{int((counts == 0).sum())}.**"
    )
    both, each = st.columns([WIDTH, 520], gap="medium")
    with both:
        _show_counts(readings, maps, scene, counts, place)
    with each:
        st.html(_draw_maps(readings, maps, scene))
        st.caption(
            f"Below each map: at how many places the network still reads a {scene.name}. The colour shows by how much "
            f"a {scene.name} is more probable than every other class: blue 1, black 0, red −1."
        )
        _show_chosen(readings, place, scene, zoo)


def _show_counts(
    readings: list[NetworkReading], maps: Maps, scene: HoleScene, counts: NDArray[np.int64], place: tuple[int, int]
) -> None:
    """Show how many networks are right at each place; a click chooses one."""
    hover = [_describe(readings, maps, (row, column), scene) for row, column in np.ndindex(*counts.shape)]
    picture = draw_hole_counts(scene.left, counts, len(maps), scene.size, factor=1)
    figure = draw_clickable(picture, (scene.side, scene.side), hover, width=WIDTH, box=Box(*place, 1, 1))
    show_clickable(figure, f"why holes {scene.size}", _choose)
    show_caption("why", "Holes")


def _choose(row: int, column: int) -> None:
    st.session_state[CHOSEN] = row, column


def _describe(readings: list[NetworkReading], maps: Maps, place: tuple[int, int], scene: HoleScene) -> str:
    """Return a hover text: what each network reads with the hole at a place."""
    labels = {one.title: int(maps[one.name].labels[place]) for one in readings}
    right = [title for title, label in labels.items() if label == scene.truth]
    wrong = [f"{title} reads {scene.data.classes[label]}" for title, label in labels.items() if label != scene.truth]
    return "<br>".join([f"right: {', '.join(right) or 'none'}", *wrong])


def _find_chosen(counts: NDArray[np.int64]) -> tuple[int, int]:
    """Return the clicked place (default: where the fewest networks are right)."""
    worst = divmod(int(counts.argmin()), counts.shape[1])
    row, column = address.hold("hole", PLACE, key=CHOSEN) or worst
    return min(row, len(counts) - 1), min(column, len(counts) - 1)


def _show_chosen(readings: list[NetworkReading], place: tuple[int, int], scene: HoleScene, zoo: Zoo) -> None:
    """Show the digit with the hole at one place, and what each network reads then."""
    (row, column), size = place, scene.size
    kept = sliding_squares(size)[row * scene.side + column].numpy() & scene.mask
    st.markdown(f"**The hole in rows {row} to {row + size - 1}, columns {column} to {column + size - 1}**")
    picture, answers = st.columns([200, 300], gap="medium")
    with picture:
        show_picture(arrays.mark_erased(scene.digit, kept, 7), "with the hole", width=196)
        if (scene.digit * scene.mask).any():
            show_erase_button("hole", kept)
    networks = {one.name: one.network for one in readings}
    answers.html(draw_answers(read_all(networks, zoo, scene.digit, kept, scene.data), scene.data.classes))
