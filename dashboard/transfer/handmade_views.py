"""The view "Hand-made features": features that nobody learned beside learned ones, on whole and on partial digits."""

from statistics import mean

import pandas as pd
import streamlit as st

from core.digits.datasets import Dataset
from core.networks.evaluation import COLUMNS, WHOLE
from core.studies.handmade_features import FEATURES, STUDY, find_values
from core.studies.recorded import Record
from core.system.number_format import format_spread
from core.transfer.backbones import HAND_MADE, LAST_MAPS, PIXELS
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.transfer.class_views import LAYER_TITLES, choose_classifier
from dashboard.widgets.texts import show_text

CUT = "HCUT"  # the cut that the sentence is about


def show_handmade(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show what a classifier reads with each kind of features, as it was recorded."""
    sentence = st.empty()
    classifier = choose_classifier()
    record = caches.find_record(STUDY, "MNIST")
    if record is None:
        st.info(f"Nothing is recorded: `python -m core study {STUDY}` makes it.")
        return
    sentence.markdown(f"**{describe_features(record, classifier)}**")
    table = {
        LAYER_TITLES[features]: {
            column: format_spread(find_values(record, features, classifier, column)) for column in COLUMNS
        }
        for features in FEATURES
    }
    st.table(pd.DataFrame(table).T)
    settings = record["settings"]
    st.caption(
        f"Accuracy in percent on the {record['dataset']['images']:,} MNIST test digits, mean ± standard deviation over "
        f"{record['seeds']} seeds. The classifier learned from {settings['learned']:,} whole digits; its penalty was "
        f"chosen on {settings['validated']:,} validation digits. `{record['command']}` repeats it."
    )
    show_text("transfer_handmade")


def describe_features(record: Record, classifier: str) -> str:
    """Return two sentences: what hand-made and learned features read of whole digits, and without the top half."""
    made, learned, pixels = (
        [mean(find_values(record, features, classifier, column)) for column in (WHOLE, CUT)]
        for features in (HAND_MADE, LAST_MAPS, PIXELS)
    )
    return (
        f"From hand-made features, a {classifier} reads {made[0]:.1f} % of whole MNIST test digits; from "
        f"learned ones, {learned[0]:.1f} %. Without the top half it reads {made[1]:.1f} % and {learned[1]:.1f} %, and "
        f"{pixels[1]:.1f} % from the pixels alone."
    )
