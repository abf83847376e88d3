"""The view "Recorded" of the page "Similar music": feature maps against spectral means and chance."""

from statistics import mean

import pandas as pd
import streamlit as st

from core.studies.music import CHANCE, MAPS, PIXELS, ROWS, STUDY
from dashboard.server import caches
from dashboard.widgets.texts import show_caption

VECTORS = {
    MAPS: "feature maps",
    ROWS: "spectral means",
    PIXELS: "pixels",
    CHANCE: "chance",
}


def show_recorded() -> None:
    """Show how many of the nearest pieces are of the same kind, by what is compared, and the conclusions."""
    record = caches.find_record(STUDY, "MNIST")
    if record is None:
        st.info("The study of similar music was not recorded.")
        return
    first, *others = record["conclusions"]
    st.markdown(f"#### {first}")
    found = {name: [row["precision"][name] for row in record["rows"]] for name in VECTORS}
    rows = {
        title: {
            "same kind, %": f"**{mean(found[name]):.1f}**",
            "lowest split": f"{min(found[name]):.1f}",
            "highest split": f"{max(found[name]):.1f}",
        }
        for name, title in VECTORS.items()
    }
    st.table(pd.DataFrame(rows).T)
    show_caption("similar_music", "Recorded")
    for sentence in others:
        st.markdown(f"- {sentence}")
    pieces = ", ".join(f"{count} of the kind {kind}" for kind, count in record["pieces"].items())
    st.caption(f"Pieces: {pieces}; {record['pictures']} pictures. Again with `{record['command']}`.")
