"""Downloads of the main page: the erased digit as a picture, the probabilities as a table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.pmnist.masks import SIDE
from core.system.safe_names import to_safe_cell
from core.visualization import arrays
from core.visualization.readings import Reading
from dashboard.server.session import Session
from dashboard.widgets.texts import read_note


def show_downloads(session: Session, classes: Sequence[str]) -> None:
    """Show the downloads of the erased digit as a picture and of the probabilities as a table, made on the click."""
    png, csv, text = st.columns([1, 1, 2], vertical_alignment="center")
    png.download_button(
        "Download the 28×28 digit (PNG)", lambda: to_png(session), "digit.png", "image/png", width="stretch"
    )
    csv.download_button(
        "Download the table (CSV)",
        lambda: to_csv(session.readings, classes),
        "readings.csv",
        "text/csv",
        width="stretch",
    )
    text.caption(read_note("compare", "Address"))


def to_png(session: Session) -> bytes:
    """Return the erased digit as a PNG of 28x28 pixels, black where there is no digit."""
    digit = np.zeros((SIDE, SIDE)) if session.chosen is None else session.chosen.digit * session.scene.mask
    return arrays.to_png(arrays.to_gray(digit))


def to_csv(readings: Sequence[Reading], classes: Sequence[str]) -> bytes:
    """Return the probabilities as CSV, a row for each network."""
    rows = {to_safe_cell(reading.title): reading.probabilities for reading in readings}
    table = pd.DataFrame(rows, index=list(map(to_safe_cell, classes))).T.rename_axis("network").round(6)
    return bytes(table.to_csv().encode())
