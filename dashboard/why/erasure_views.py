"""The view "The smallest erasure": how little must be erased until a network reads another class."""

from collections.abc import Mapping

import streamlit as st

from core.attribution.smallest_erasure import PixelStep, SquareStep
from core.digits.datasets import Dataset
from core.networks.evaluation import Network
from core.visualization.attribution import NetworkRow, PictureCell, draw_erasure, draw_network_rows
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.why import cached
from dashboard.why.erasing import show_erase_menu
from dashboard.why.network_readings import NetworkReading, choose_readings, to_row
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import read_note, read_tip, show_text

COLUMNS = ("the smallest square hole", "the fewest single pixels found")
TOO_SLOW = read_note("why", "Too slow")
BLIND = read_note("why", "Blind")
Squares = dict[str, SquareStep | None]
"""By network: the last step of the search; None if there is no ink to erase."""


def show_erasures(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show for each network the smallest square hole and the fewest pixels that change what it reads."""
    scene, right = choose_beside(
        read_tip("why", "The smallest erasure"),
        session,
        data,
    )
    with right:
        if scene is None:
            return
        controls = st.container(horizontal=True, vertical_alignment="bottom")
        with controls:
            readings = choose_readings(*scene, data, zoo)
        if not readings:
            return
        if address.stroke_goes_on():
            st.caption("The search begins when the stroke ends.")
            return
        squares = _show_rows(readings, *scene, data)
        with controls:
            show_erase_menu(_list_erasures(readings, squares, data))
        st.caption("Orange is erased: bright where there was ink.")
    with st.expander("How it is searched"):
        show_text("why_erasure")


def _show_rows(readings: list[NetworkReading], digit: Digit, mask: Mask, data: Dataset) -> Squares:
    """Show the quick networks at once, and each restoring one when its search ends; return the squares."""
    sentence, place = st.empty(), st.empty()
    quick = {one.name: one.network for one in readings if not one.network.restores}
    last = _find_squares(quick, digit, mask, data, coarse=False) if quick else None
    squares: Squares = dict.fromkeys(quick, last)
    sentence.markdown(f"**{describe_squares([one for one in readings if one.name in quick], last)}**")
    rows = {one.name: _to_row(one, last, digit, mask, data) for one in readings if one.name in quick}
    rows |= {one.name: to_row(one, [PictureCell(None, BLIND)] * 2, data) for one in readings if _finds_holes(one)}
    place.html(_draw(readings, rows))
    for one in [one for one in readings if one.name not in rows]:
        with st.spinner(f"{one.title} restores it for every hole that is tried ..."):
            squares[one.name] = _find_squares({one.name: one.network}, digit, mask, data, coarse=True)
        rows[one.name] = _to_row(one, squares[one.name], digit, mask, data)
        place.html(_draw(readings, rows))
    return squares


def describe_squares(readings: list[NetworkReading], last: SquareStep | None) -> str:
    """Return a sentence: how large the smallest square hole is that changes each network's answer."""
    sizes = {one.title: last.found[one.name].size for one in readings if last is not None and one.name in last.found}
    if not sizes:
        return "No square hole changes an answer."
    holes = ", ".join(f"{size} × {size} pixels for {title}" for title, size in sizes.items())
    return f"The smallest square hole that changes the answer has {holes}."


def _list_erasures(readings: list[NetworkReading], squares: Squares, data: Dataset) -> dict[str, Mask]:
    """Return what each erasure that changes an answer keeps, by network and kind."""
    kept = {}
    for one in readings:
        last = squares.get(one.name)
        if last is not None and one.name in last.found:
            kept[f"{one.title}: {COLUMNS[0]}"] = last.found[one.name].mask.numpy()
        pixels = None if one.network.restores else _find_pixels(one, data)
        if pixels is not None and pixels.changed:
            kept[f"{one.title}: {COLUMNS[1]}"] = pixels.mask.numpy()
    return kept


def _draw(readings: list[NetworkReading], rows: dict[str, NetworkRow]) -> str:
    return draw_network_rows(
        [rows[one.name] for one in readings if one.name in rows], COLUMNS, max_width="min(11.5rem, 34vh)"
    )


def _finds_holes(reading: NetworkReading) -> bool:
    return reading.network.restores and reading.network.blind


def _find_squares(
    networks: Mapping[str, Network], digit: Digit, mask: Mask, data: Dataset, *, coarse: bool
) -> SquareStep | None:
    return cached.smallest_squares(tuple(networks), data.name, digit, mask, coarse, networks)


def _to_row(reading: NetworkReading, last: SquareStep | None, digit: Digit, mask: Mask, data: Dataset) -> NetworkRow:
    cells = [_square_cell(reading, last, digit, mask, data), _pixels_cell(reading, digit, mask, data)]
    return to_row(reading, cells, data)


def _square_cell(
    reading: NetworkReading, last: SquareStep | None, digit: Digit, mask: Mask, data: Dataset
) -> PictureCell:
    if last is None or reading.name not in last.found:
        return PictureCell(None, "No square hole changes its answer.")
    found = last.found[reading.name]
    size = f"{found.size} × {found.size}{' or less' if reading.network.restores else ''}"
    caption = f"{size}: reads {data.classes[found.label]}, {100 * found.probability:.0f} % sure"
    return PictureCell(draw_erasure(digit, mask, found.mask.numpy()), caption)


def _pixels_cell(reading: NetworkReading, digit: Digit, mask: Mask, data: Dataset) -> PictureCell:
    if reading.network.restores:
        return PictureCell(None, TOO_SLOW)
    last = _find_pixels(reading, data)
    if last is None or not last.changed:
        return PictureCell(None, "Nothing that was erased changes its answer.")
    pixels = f"{last.pixels} pixel{'s' if last.pixels > 1 else ''}"
    caption = f"{pixels}: reads {data.classes[last.label]}, {100 * last.probability:.0f} % sure"
    return PictureCell(draw_erasure(digit, mask, last.mask.numpy()), caption)


def _find_pixels(reading: NetworkReading, data: Dataset) -> PixelStep | None:
    return caches.fewest_pixels(reading.name, data.name, reading.digit, reading.mask, reading.classifier)
