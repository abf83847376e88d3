"""The view "How sure is it": all classes that a network cannot rule out, for one digit whole and under each cut."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core.digits.datasets import Dataset
from core.networks.evaluation import COLUMNS, WHOLE
from core.networks.prediction_sets import ERROR_RATES
from core.pmnist.masks import cut_mask
from core.studies.prediction_sets import ERROR, SAME_CUT, STUDY
from core.studies.recorded import Record, find_row
from dashboard import address
from dashboard.pmnist.cut_views import HEADINGS
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit
from dashboard.server.session import Session
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.digit import choose_digit
from dashboard.widgets.networks import choose_networks
from dashboard.widgets.readings import networks_or_warn
from dashboard.widgets.texts import read_note, show_caption, show_tip

KINDS = {WHOLE: "whole {}s", SAME_CUT: "{}s with the same cut"}  # of what a set holds: digits or pictures
Rows = Mapping[str, Mapping[str, dict[str, float]]]
"""Recorded rows by network and column of the PMNIST table."""


def show_sets(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show each network's prediction set for the current digit, whole and cut, and how good such sets are."""
    left, right = inputs_and_result(280, 760)
    with left:
        show_tip("pmnist", "How sure is it")
        choice = choose_digit(session, data, first="Sample")
    record = caches.find_record(STUDY, data.name)
    if record is None:
        right.info(read_note("pmnist", "No thresholds"))
        return
    with right:
        sentence, thing = st.empty(), name_drawing(data)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            error, chosen_on = _choose_sets(thing)
            chosen = choose_networks(zoo)
        # A network of this name that learned from another set has other thresholds.
        learned = record["dataset"]["name"]
        names = [name for name in record["networks"] if name in chosen and zoo[name].dataset.get("name") == learned]
        rows = _find_rows(record, names, error, chosen_on)
        sets = {} if choice is None else _find_sets(choice.digit, rows, data)
        sentence.markdown(f"**{describe_sets(sets, data, zoo)}**")
        if sets:
            _show_table({name: _write_sets(one, data) for name, one in sets.items()}, zoo)
        promise = describe_promise(rows, thing)
        st.markdown(read_note("pmnist", "Recorded sets").format(100 * error, KINDS[chosen_on].format(thing), promise))
        _show_table({name: _write_quality(one) for name, one in rows.items()}, zoo)
        show_caption("pmnist", "Sets")


def _choose_sets(thing: str) -> tuple[float, str]:
    """Draw the choice of the error rate, and of the digits on which the threshold was chosen; return both."""
    error = address.segmented_control(
        "error", "May miss the true class", list(ERROR_RATES), ERROR, format_func=lambda one: f"{100 * one:g} %"
    )
    chosen_on = address.segmented_control(
        "chosen", "Threshold chosen on", list(KINDS), WHOLE, format_func=lambda one: KINDS[one].format(thing), wrap=True
    )
    return error, chosen_on


def _find_rows(record: Record, names: Sequence[str], error: float, chosen_on: str) -> Rows:
    """Return the recorded rows of the networks."""
    return {
        name: {column: row for column in COLUMNS if (row := _find_row(record, name, column, error, chosen_on))}
        for name in names
    }


def _find_row(record: Record, name: str, column: str, error: float, chosen_on: str) -> dict[str, float] | None:
    """Return a recorded row; whole digits have no cut, so their threshold is always chosen on whole digits."""
    on = WHOLE if column == WHOLE else chosen_on
    return find_row(record, network=name, column=column, error=error, chosen_on=on)


def _find_sets(digit: Digit, rows: Rows, data: Dataset) -> dict[str, dict[str, NDArray[np.int64]]]:
    """Return the classes in each network's set for the digit, by column."""
    names = tuple(networks_or_warn(list(rows), data))
    read = {column: caches.readings(names, data.name, digit, _mask(column)) for column in COLUMNS}
    return {
        name: {column: np.flatnonzero(read[column][name] >= row["threshold"]) for column, row in rows[name].items()}
        for name in names
    }


def _mask(column: str) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = cut_mask(column).numpy()
    return mask


def describe_sets(sets: Mapping[str, Mapping[str, NDArray[np.int64]]], data: Dataset, zoo: Zoo) -> str:
    """Return a sentence: which classes each network cannot rule out without the top half."""
    if not sets:
        return read_note("pmnist", "No set")
    said = ", ".join(f"{zoo[name].title}: {_write(one['HCUT'], data)}" for name, one in sets.items() if "HCUT" in one)
    return f"Without the top half, these classes cannot be ruled out. {said}."


def describe_promise(rows: Rows, thing: str) -> str:
    """Return a sentence: how far the coverage of whole digits, or of another `thing`, is from the promised one."""
    whole = [one[WHOLE] for one in rows.values() if WHOLE in one]
    if not whole:
        return ""
    promised = 100 - 100 * whole[0]["error"]
    furthest = max(abs(row["coverage"] - promised) for row in whole)
    return f"On whole {thing}s, coverage is at most {furthest:.2f} points from {promised:g} %."


def _write(classes: NDArray[np.int64], data: Dataset) -> str:
    return " ".join(data.classes[one] for one in classes.tolist()) or "none"


def _write_sets(sets: Mapping[str, NDArray[np.int64]], data: Dataset) -> dict[str, str]:
    return {HEADINGS[column]: _write(classes, data) for column, classes in sets.items()}


def _write_quality(rows: Mapping[str, dict[str, float]]) -> dict[str, str]:
    return {
        HEADINGS[column]: f"{row['coverage']:.2f} %  :small[({row['size']:.2f} classes)]"
        for column, row in rows.items()
    }


def _show_table(table: Mapping[str, Mapping[str, str]], zoo: Zoo) -> None:
    st.table(pd.DataFrame({zoo[name].title: row for name, row in table.items()}).T)
