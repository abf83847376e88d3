"""The hashes of a network's weights before and after its training, in the view "Result" of the page "Train"."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.jobs import initial_weights
from core.jobs.initial_weights import WeightHashes
from core.jobs.run_folders import Job
from core.networks.classifier import Classifier

SHOWN = 12  # characters of a hash


def show_hashes(job: Job, network: Classifier) -> None:
    """Say which weights the training left unchanged, and show the hash of each before and after it."""
    hashes = initial_weights.compare(network, job.folder)
    if not hashes:
        return
    st.markdown(f"**{describe_frozen(hashes)}**")
    with st.expander("SHA-256 of all weights before and after training"):
        st.table(to_table(hashes))


def describe_frozen(hashes: Sequence[WeightHashes]) -> str:
    """Return a sentence on the layers that did not change."""
    same = [_short(one.name) for one in hashes if not one.changed]
    if not same:
        return "The training changed all weights."
    return f"The training did not change {', '.join(same)}: their SHA-256 is the same before and after it."


def to_table(hashes: Sequence[WeightHashes]) -> pd.DataFrame:
    """Return the table of all hashes, shortened."""
    rows = {
        _short(one.name): {
            "before": f"`{one.before[:SHOWN]}`",
            "after": f"`{one.after[:SHOWN]}`",
            "the training": "changed it" if one.changed else "did not change it",
        }
        for one in hashes
    }
    return pd.DataFrame(rows).T


def _short(name: str) -> str:
    """Return the name of a weight without that of the part that it stands in, as the table of layers has it."""
    return name.removeprefix("features.").removeprefix("head.")
