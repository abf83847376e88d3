"""Load a network from a file, in the view "Runs" of the page "Train": a ZIP from that page, or ONNX from anywhere."""

from typing import Any

import streamlit as st

from core.digits.datasets import Dataset
from core.jobs import network_files, onnx_files, trained_networks
from core.onnx.description import CLASSES
from core.onnx.scaling import SCALINGS, ScalingChoice
from core.system import files
from core.system.records import to_record
from core.zoo.checkpoints import Card, OnnxCard
from dashboard.server import locks
from dashboard.server.uploads import FILE_MEGABYTES
from dashboard.server.visitors import ensure_visitor_id, get_origin
from dashboard.widgets.texts import show_caption

LOADED, IMPORTED = "train done", "train imported"
MEASURE = "Measure"


def show_upload(data: Dataset) -> None:
    """Draw the upload; load a new file at once, and say why where it cannot be used."""
    scaling = st.selectbox(
        "Pixels that an ONNX network expects",
        [MEASURE, *SCALINGS],
        key="train scaling",
    )
    file = st.file_uploader(
        f"An ONNX file, or a ZIP from this page ({FILE_MEGABYTES} MB at most)",
        type=["zip", "onnx"],
        key="train upload",
        max_upload_size=FILE_MEGABYTES,
    )
    if file is None:
        show_caption("train", "Load a network")
        return
    chosen = file.file_id, scaling if file.name.lower().endswith(".onnx") else ""  # a ZIP needs no pixels
    if st.session_state.get(IMPORTED) == chosen:
        return
    st.session_state[IMPORTED] = chosen
    loaded: list[str] = st.session_state.setdefault(LOADED, [])
    try:
        _load(file, data, "" if scaling == MEASURE else scaling, loaded)
    except (ValueError, OSError) as error:
        st.warning(files.describe_error(error, "The folder of the runs"))
        return
    st.rerun()


def _load(file: Any, data: Dataset, scaling: str, loaded: list[str]) -> None:
    """Make a run of the network in a file, and add the sentences that say so. Raises ValueError and OSError.

    They are added to a list at once: a click that came meanwhile ends this run at the next use of Streamlit.
    """
    content = file.getvalue()
    if content.startswith(b"PK"):
        job = network_files.import_network(content, ensure_visitor_id(), get_origin())
        loaded.append(f"*{job.title}* is loaded. You can choose it on every page.")
        return
    with st.spinner("Checking the network and reading validation digits ..."), locks.ONNX:
        job, choice = onnx_files.import_onnx_network(
            content, file.name, data, ensure_visitor_id(), get_origin(), scaling=scaling
        )
        loaded.append(f"*{job.title}* is loaded. {describe_choice(choice)}")


def show_loaded() -> None:
    """Say which network was loaded just now."""
    for done in st.session_state.pop(LOADED, []):
        st.success(done)


def describe_choice(choice: ScalingChoice) -> str:
    """Return sentences on the pixels that a network gets, and on what it would read with others."""
    accuracy = choice.accuracies[choice.name]
    others = ", ".join(f"{name}: {value:.1f} %" for name, value in choice.accuracies.items() if name != choice.name)
    read = (
        f"It gets pixels *{choice.name}* and reads {accuracy:.1f} % of the first {choice.digits} validation digits of "
        f"{choice.dataset} ({others})."
    )
    if trained_networks.reads_more_than_guessing(accuracy, CLASSES):
        return f"{read} You can choose it on every page."
    return f"{read} That is hardly more than guessing, so the other pages do not offer it."


def describe_onnx(card: Card) -> str:
    """Return sentences on the file that a network came from."""
    found = to_record(OnnxCard, card.onnx)
    file = found.described
    by = f" written by {file.producer}" if file.producer else ""
    left_out = f" Its last operation, {file.left_out}, was left out: scores come before it." if file.left_out else ""
    return (
        f"From an ONNX file{by}, opset {file.opset}; the file's input is {file.layout}.{left_out} "
        f"{describe_choice(found.scaling)}"
    )
