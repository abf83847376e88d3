"""The view "Pretraining": the recorded study of a classifier that starts from a discriminator's convolutions."""

from itertools import product
from typing import Any

import pandas as pd
import streamlit as st

from core.digits.datasets import Dataset
from core.studies.pretraining import LABELLED, RANDOM, STARTS, SUPERVISED, UNLABELLED
from core.studies.pretraining_record import STUDY, label_counts
from core.studies.recorded import find_row
from core.visualization.generation import PretrainingCurve, draw_pretraining
from core.visualization.palette import BLUE, GRAY, ORANGE, VERMILION
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.charts import show_chart
from dashboard.widgets.texts import read_note, show_caption, show_text

COLORS = {RANDOM: GRAY, UNLABELLED: VERMILION, LABELLED: ORANGE, SUPERVISED: BLUE}
Record = dict[str, Any]


def show_prospects(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the text about later generative networks."""
    with st.container(width=820):
        show_text("made_digits_gan")


def show_help(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the recorded study as a figure, a table and sentences."""
    record = caches.find_record(STUDY, data.name)
    if record is None:
        st.info("This was not measured on this data set.")
        return
    st.markdown(f"**{record['conclusions'][0]}**")
    st.markdown(read_note("made_digits", "Pretraining"))
    figure, table = st.columns([6, 5], gap="medium")
    with figure:
        show_chart(draw_pretraining(to_curves(record)), key="made help")
    with table:
        st.table(to_table(record))
        show_caption("made_digits", "Pretraining")
    for sentence in record["conclusions"][1:]:
        st.markdown(f"- {sentence}")
    about, settings = record["dataset"], record["settings"]
    st.caption(
        f"Measured on {about['images']:,} test digits of {about['name']} with {record['seeds']} seeds. Every "
        f"classifier was trained for at least {settings['batches']} batches of {settings['batch']} digits and "
        f"{settings['epochs']} epochs. `{record['command']}` repeats it."
    )


def to_curves(record: Record) -> list[PretrainingCurve]:
    """Return a curve for each start, once with trained and once with frozen convolutions."""
    curves = []
    for start, frozen in product(STARTS, (False, True)):
        rows = [
            row for count in label_counts(record) if (row := find_row(record, arm=start, frozen=frozen, labelled=count))
        ]
        wrong = {row["labelled"]: 100 - row["mean"] for row in rows}
        spread = {row["labelled"]: row["std"] or 0.0 for row in rows}
        title = record["titles"][start] + (", frozen" if frozen else "")
        curves.append(PretrainingCurve(title, COLORS[start], wrong, spread, frozen))
    return curves


def to_table(record: Record) -> pd.DataFrame:
    """Return the accuracies, a row for each start and a column for each number of labelled digits."""
    rows = {}
    for start, frozen in product(STARTS, (False, True)):
        found = {count: find_row(record, arm=start, frozen=frozen, labelled=count) for count in label_counts(record)}
        rows[record["titles"][start] + (", frozen" if frozen else "")] = {
            f"{count:,}": "–" if row is None else f"{row['mean']:.1f} ± {row['std'] or 0:.1f}"
            for count, row in found.items()
        }
    return pd.DataFrame(rows).T.rename_axis("initial convolutions")
