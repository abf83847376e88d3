"""The view "Which pixels count": signed attribution maps of every method and network."""

import numpy as np
import streamlit as st
import torch

from core.attribution.methods import METHODS, AttributionError, name_strongest_place
from core.digits.datasets import Dataset
from core.system.number_format import format_signed
from core.system.wording import join_words
from core.visualization.attribution import PictureCell, draw_attribution, draw_network_rows
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.why.erasing import show_strongest_menu
from dashboard.why.network_readings import (
    NetworkReading,
    choose_readings,
    describe_readings,
    find_attribution,
    to_row,
)
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import read_tip, show_text

SIGNS = "Blue pixels raise the score, red ones lower it."
AS_READ = "read"  # as links write it
COUNTS = {2: "both", 3: "all three", 4: "all four", 5: "all five"}
QUICK = ("deconvnet", "saliency", "grad-cam")  # a few passes through the network; the others take dozens
TO_COME = PictureCell(None, "...")
Attributions = dict[tuple[str, str], Digit | str]
"""By network and method: the map, or a sentence why there is none."""


def show_attributions(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show how each pixel contributes to the score of the class that a network reads, or of a chosen class."""
    scene, right = choose_beside(
        read_tip("why", "Which pixels count"),
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
        with controls:
            label = _choose_class(data)
            shared = address.toggle("one-scale", "One scale for all networks", key="why scale")
        sentence, rest = st.empty(), f"{describe_erased(readings, scene[1])}{SIGNS}"
        sentence.markdown(f"**{describe_readings(readings, data)}** {rest}")
        found = _show_grid(readings, label, shared, data)
        with controls:
            show_strongest_menu(_name_maps(readings, found), *scene)
        if places := describe_places(readings, found, label, data):
            sentence.markdown(f"**{describe_readings(readings, data)} {places}** {rest}")
        st.caption(
            "All networks have one scale for each method."
            if shared
            else "Each picture has its own scale: its largest value stands below it."
        )
    with st.expander("What the five methods do, and how they can mislead"):
        show_text("why_methods")


def _choose_class(data: Dataset) -> int | None:
    """Draw the class that is explained; return it, None for what each network reads."""
    chosen = address.selectbox(
        "class",
        "Explain the score of",
        [AS_READ, *range(len(data.classes))],
        width=260,
        format_func=lambda one: "the class that each network reads" if one == AS_READ else f"class {data.classes[one]}",
    )
    return None if chosen == AS_READ else int(chosen)


def describe_erased(readings: list[NetworkReading], mask: Mask) -> str:
    """Return a sentence on what the networks that do not restore make of erased pixels; "" without any."""
    titles = [one.title for one in readings if not one.network.restores]
    if mask.all() or not titles:
        return ""
    return f"{join_words(titles)} {'read' if len(titles) > 1 else 'reads'} what is erased as empty background. "


def describe_places(readings: list[NetworkReading], found: Attributions, label: int | None, data: Dataset) -> str:
    """Return a sentence: which part of the digit each network needs most; "" before that is known."""
    places: dict[str, list[str]] = {}
    for one in readings:
        values = found.get((one.name, "occlusion"), "")
        if not isinstance(values, str) and (place := name_strongest_place(torch.from_numpy(values))):
            places.setdefault(place, []).append(one.title)
    if not places:
        return ""
    found_in = sum(map(len, places.values()))
    if len(places) == 1 and found_in == len(readings) > 1:
        said = f"the {next(iter(places))} counts most for {COUNTS[found_in]}"
    else:
        said = ", ".join(f"the {place} counts most for {' and '.join(titles)}" for place, titles in places.items())
    said = said[0].upper() + said[1:] if label is None else f"For a {data.classes[label]}, {said}"
    return f"{said} (by occlusion)."


def _show_grid(readings: list[NetworkReading], label: int | None, shared: bool, data: Dataset) -> Attributions:
    """Show the quick methods first; skip the slow ones while the visitor is drawing a stroke. Return the maps."""
    place, found, cells = st.empty(), Attributions(), dict[tuple[str, str], PictureCell]()
    for methods in (QUICK, () if address.stroke_goes_on() else tuple(METHODS)):
        for reading in readings:
            for method in methods:
                if (reading.name, method) not in found:
                    found[reading.name, method] = _find(reading, label, method, data)
        new = [(one, method) for one in readings for method in methods if (one.name, method) not in cells]
        cells |= {(one.name, method): _to_cell(one, method, found, shared) for one, method in new}
        rows = [to_row(one, [cells.get((one.name, method), TO_COME) for method in METHODS], data) for one in readings]
        place.html(draw_network_rows(rows, [method.title for method in METHODS.values()]))
    return found


def _name_maps(readings: list[NetworkReading], found: Attributions) -> dict[str, Digit]:
    return {
        f"{one.title}: {METHODS[method].title}": values
        for one in readings
        for method in METHODS
        if not isinstance(values := found.get((one.name, method), ""), str)
    }


def _find(reading: NetworkReading, label: int | None, method: str, data: Dataset) -> Digit | str:
    try:
        return find_attribution(reading, reading.read if label is None else label, method, data)
    except AttributionError as reason:
        return str(reason)


def _to_cell(reading: NetworkReading, method: str, found: Attributions, shared: bool) -> PictureCell:
    values = found[reading.name, method]
    if isinstance(values, str):
        return PictureCell(None, values)
    largest = float(np.abs(values).max())
    maxima = [np.abs(one).max() for (_, by), one in found.items() if by == method and not isinstance(one, str)]
    limit = float(max(maxima)) if shared else largest
    caption = f"up to {largest:.2g} {METHODS[method].unit}".strip()
    if method == "integrated":
        caption += f", in all {format_signed(float(values.sum()))}"
    return PictureCell(draw_attribution(reading.digit, reading.mask, values, limit=limit), caption)
