"""The view "The smallest erasure": how little has to go until each network reads something else."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.attribution.smallest_erasure import PixelStep, SquareStep
from core.digits.datasets import Dataset
from core.networks.evaluation import Network
from core.visualization.attribution import NetworkRow, PictureCell, draw_erasure, draw_network_rows
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.why import cached
from dashboard.why.subjects import Subject, choose_subjects, to_row
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import show_text

COLUMNS = ("the smallest square hole", "the fewest single pixels found")
SLOW = "Not looked for: a network that restores takes 5 ms for every try, and this takes thousands."
BLIND = 'Not looked for: it searches for the hole at every try, which takes 25 ms. See "A hole everywhere".'


def show_erasures(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show for each network the smallest hole, and the fewest pixels, without which it reads something else."""
    scene, right = choose_beside(
        "Try: several digits of one class. Whose answer hangs by a single pixel?",
        session,
        data,
    )
    with right:
        if scene is None:
            return
        subjects = choose_subjects(*scene, data, zoo)
        if not subjects:
            return
        if address.stroke_goes_on():
            st.caption("As soon as the stroke ends, it is looked for.")
            return
        _show_rows(subjects, *scene, data)
    with st.expander("What exactly is tried"):
        show_text("why_erasure")


def _show_rows(subjects: list[Subject], digit: Digit, mask: Mask, data: Dataset) -> None:
    """Show the networks that take no time first, those that restore when they are done."""
    place, quick = st.empty(), {one.name: one.network for one in subjects if not one.network.restores}
    last = _find_squares(quick, digit, mask, data, coarse=False) if quick else None
    rows = {one.name: _to_row(one, last, digit, mask, data) for one in subjects if one.name in quick}
    rows |= {one.name: to_row(one, [PictureCell(None, BLIND)] * 2, data) for one in subjects if _finds_holes(one)}
    place.html(_draw(subjects, rows))
    for one in [one for one in subjects if one.name not in rows]:
        with st.spinner(f"{one.title} restores the digit for every hole that is tried ..."):
            found = _find_squares({one.name: one.network}, digit, mask, data, coarse=True)
        rows[one.name] = _to_row(one, found, digit, mask, data)
        place.html(_draw(subjects, rows))


def _draw(subjects: list[Subject], rows: dict[str, NetworkRow]) -> str:
    return draw_network_rows([rows[one.name] for one in subjects if one.name in rows], COLUMNS, max_width="11.5rem")


def _finds_holes(subject: Subject) -> bool:
    return subject.network.restores and subject.network.blind


def _find_squares(
    networks: Mapping[str, Network], digit: Digit, mask: Mask, data: Dataset, *, coarse: bool
) -> SquareStep | None:
    """Return the last step of the search; None where there is no ink that could be erased."""
    return cached.smallest_squares(tuple(networks), data.name, digit, mask, coarse, networks)


def _find_pixels(subject: Subject, data: Dataset) -> PixelStep | None:
    return cached.fewest_pixels(subject.name, data.name, subject.digit, subject.mask, subject.classifier)


def _to_row(subject: Subject, last: SquareStep | None, digit: Digit, mask: Mask, data: Dataset) -> NetworkRow:
    return to_row(subject, [_square(subject, last, digit, mask, data), _pixels(subject, digit, mask, data)], data)


def _square(subject: Subject, last: SquareStep | None, digit: Digit, mask: Mask, data: Dataset) -> PictureCell:
    if last is None or subject.name not in last.found:
        return PictureCell(None, "No square hole changes it.")
    found = last.found[subject.name]
    known = " or less" if subject.network.restores else ""
    caption = (
        f"{found.size} × {found.size}{known}: reads {data.classes[found.label]}, {100 * found.probability:.0f} % sure"
    )
    return PictureCell(draw_erasure(digit, mask, found.mask.numpy()), caption)


def _pixels(subject: Subject, digit: Digit, mask: Mask, data: Dataset) -> PictureCell:
    if subject.network.restores:
        return PictureCell(None, SLOW)
    last = _find_pixels(subject, data)
    if last is None or not last.changed:
        return PictureCell(None, "However much is erased, it reads the same.")
    many = f"{last.pixels} pixel{'s' if last.pixels > 1 else ''}"
    caption = f"{many}: reads {data.classes[last.label]}, {100 * last.probability:.0f} % sure"
    return PictureCell(draw_erasure(digit, mask, last.mask.numpy()), caption)
