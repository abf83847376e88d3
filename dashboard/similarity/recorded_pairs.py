"""The recorded study of the second model: the accuracy of every pair of digits, as a heat map."""

import numpy as np
import streamlit as st

from core.digits.datasets import Dataset
from core.second_model.training import ALL_MAPS, DIGITS
from core.studies.second_model import STUDY
from core.visualization.second_model import draw_pairs
from dashboard import address
from dashboard.server import caches
from dashboard.widgets.charts import show_chart

READINGS = {  # what is shown: the learner, and what it reads
    "network 2 reads digits": (ALL_MAPS, DIGITS),
    "network 1 reads digits": (DIGITS, DIGITS),
    "network 1 reads maps": (DIGITS, ALL_MAPS),
    "network 2 reads maps": (ALL_MAPS, ALL_MAPS),
}


def describe_pair(data: Dataset, first: int, second: int) -> str:
    """Return a sentence about the recorded networks of two digits; "" if this data set has no record."""
    record = caches.find_record(STUDY, data.name)
    wanted = {first, second}
    found = [row for row in (record or {"rows": []})["rows"] if {row["first"], row["second"]} == wanted]
    if not found:
        return ""
    one, two = (found[0]["accuracies"][learner][DIGITS] for learner in (DIGITS, ALL_MAPS))
    names = " and ".join(data.classes[label] for label in (first, second))
    return (
        f"Network 2 never saw a digit, only feature maps. It reads {two:.1f} % of the digits {names} correctly, "
        f"network 1 reads {one:.1f} %."
    )


def show_pairs(data: Dataset) -> None:
    """Show every pair of digits, of this data set, else of MNIST; nothing if neither is recorded."""
    record = caches.find_record(STUDY, data.name)
    if record is None:
        return
    st.markdown("#### All pairs of digits")
    chosen = address.segmented_control(
        "pairs", "Who reads what", list(READINGS), key="second pairs", wrap=True, label_visibility="collapsed"
    )
    learner, kind = READINGS[chosen]
    classes = record["classes"]
    percents = np.full((len(classes), len(classes)), np.nan)
    for row in record["rows"]:
        value = row["accuracies"][learner][kind]
        percents[row["first"], row["second"]] = percents[row["second"], row["first"]] = value
    show_chart(draw_pairs(percents, classes), key="second pairs figure")
    with st.expander("Conclusions"):
        for sentence in record["conclusions"]:
            st.markdown(f"- {sentence}")
        st.caption(f"Measured on {record['dataset']['name']}; again with `{record['command']}`.")
