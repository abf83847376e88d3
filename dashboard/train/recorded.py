"""Two recorded trainings, which the views of the page "Train" show to those who have not trained a network yet."""

from pathlib import Path

import streamlit as st

from core.studies.recorded import Record
from dashboard.server import caches

STUDY, DATASET = "trainings", "MNIST"
OWN = "*Set up* trains your own."
RECORDED_GROWTH = Path(__file__).with_name("recorded_growth.webp")  # the snapshots of the first of them


def recorded_trainings() -> list[Record]:
    """Return title, digits, epochs, test accuracy, confusion matrix and steps of each; nothing if none is recorded."""
    record = caches.find_record(STUDY, DATASET)
    return [] if record is None else list(record["rows"])


def first_recorded() -> Record | None:
    """Return the first recorded training; None if none is recorded."""
    return next(iter(recorded_trainings()), None)


def say_recorded(*trainings: Record) -> None:
    """Say that these trainings are recorded, and what they learned from."""
    described = (f"*{one['title'].lower()}* ({one['digits']:,} digits of {DATASET})" for one in trainings)
    differ = len({one["digits"] for one in trainings}) > 1
    why = " They hold out different shares of the same digits for validation." if differ else ""
    st.markdown(
        f"**A recorded example, not yours**: {' and '.join(described)}, {trainings[0]['epochs']} epochs.{why} {OWN}"
    )
