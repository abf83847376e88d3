"""The view "Where it looks": every method for every network, as signed maps over the digit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.attribution.methods import METHODS, AttributionError
from core.digits.datasets import Dataset
from core.visualization.attribution import PictureCell, draw_attribution, draw_network_rows
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit
from dashboard.server.session import Session
from dashboard.why.subjects import Subject, choose_subjects, find_values, to_row
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import show_text

AT_ONCE = ("deconvnet", "saliency", "grad-cam")  # a few passes through the network; the others take dozens
Found = dict[tuple[str, str], Digit | str]
"""By network and method: the map, or why there is none."""


def show_looks(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show where each network looks when it scores what it reads, or a class of one's choice."""
    scene, right = choose_beside(
        "Try: rub out what glows blue. Is it still read? Then ask for another class: what would it take?",
        session,
        data,
    )
    with right:
        if scene is None:
            return
        subjects = choose_subjects(*scene, data, zoo)
        if not subjects:
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            label = address.selectbox(
                "class",
                "Why it is a",
                [None, *range(len(data.classes))],
                width=240,
                format_func=lambda one: "what each network reads" if one is None else data.classes[one],
            )
            shared = address.toggle("one-scale", "One scale for all networks", key="why scale")
        _show_grid(subjects, label, shared, data)
        st.caption(
            "Blue speaks for the class, red against it, black is nothing. "
            + (
                "Each method has one scale, which its largest value anywhere fills."
                if shared
                else "Each picture is as bright as it can be: its largest value stands below it."
            )
        )
    with st.expander("What the five methods do, and where they mislead"):
        show_text("why_methods")


def _show_grid(subjects: list[Subject], label: int | None, shared: bool, data: Dataset) -> None:
    """Show what takes no time first; the rest is not even tried while a stroke goes on."""
    place, found = st.empty(), Found()
    for methods in (AT_ONCE, () if address.stroke_goes_on() else tuple(METHODS)):
        for subject in subjects:
            for method in methods:
                if (subject.name, method) not in found:
                    found[subject.name, method] = _find(subject, label, method, data)
        rows = [to_row(one, [_to_shown(one, method, found, shared) for method in METHODS], data) for one in subjects]
        place.html(draw_network_rows(rows, [method.title for method in METHODS.values()]))


def _find(subject: Subject, label: int | None, method: str, data: Dataset) -> Digit | str:
    try:
        return find_values(subject, subject.read if label is None else label, method, data)
    except AttributionError as reason:
        return str(reason)


def _to_shown(subject: Subject, method: str, found: Found, shared: bool) -> PictureCell:
    values = found.get((subject.name, method), "...")
    if isinstance(values, str):
        return PictureCell(None, values)
    most = float(np.abs(values).max())
    rivals = [np.abs(one).max() for (_, by), one in found.items() if by == method and not isinstance(one, str)]
    limit = float(max(rivals)) if shared else most
    caption = f"up to {most:.2g} {METHODS[method].unit}".strip()
    if method == "integrated":
        caption += f", in all {float(values.sum()):+.1f}".replace("-", "−")
    return PictureCell(draw_attribution(subject.digit, subject.mask, values, limit=limit), caption)
