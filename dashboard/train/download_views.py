"""Take a network home, in the view "Runs" of the page "Train": as ONNX or safetensors, with a program to load it."""

import safetensors.torch
import streamlit as st

from core.jobs import network_files, onnx_files, trained_networks
from core.jobs.run_folders import Job
from core.jobs.training_job import NETWORK_NAME
from core.networks.classifier import Classifier, summarize_network
from core.onnx import export
from core.system.checkpoint_files import CheckpointError
from core.visualization.convolution import draw_shapes
from core.zoo import checkpoints
from core.zoo.pytorch_code import write_program
from dashboard.train import form
from dashboard.widgets.texts import show_caption

OCTETS = "application/octet-stream"
NETRON = "https://netron.app"


def show_run_downloads(job: Job) -> None:
    """Offer the network of a run as files."""
    try:
        network = checkpoints.load_classifier(NETWORK_NAME, job.folder)
    except CheckpointError:
        st.caption("There is no network yet. It is saved when the training ends or is stopped.")
        return
    stem = "".join(one if one.isalnum() else "-" for one in job.title.lower()).strip("-") or NETWORK_NAME
    brought = job.folder / onnx_files.FILE
    with st.container(horizontal=True):
        if brought.is_file():
            st.download_button("ONNX", brought.read_bytes, f"{stem}.onnx", OCTETS, on_click="ignore")
        else:
            st.download_button(
                "Network and card (ZIP)",
                lambda: network_files.export_network(job.folder, job.title),
                f"{stem}.zip",
                "application/zip",
                on_click="ignore",
            )
            _show_buttons(network, stem, "run")
        st.link_button("Open Netron", NETRON)
    _show_graph(network, "" if brought.is_file() else stem)
    if brought.is_file():
        show_caption("train", "Netron")
    else:
        show_caption("train", "Downloads")


def show_shipped_downloads() -> None:
    """Offer the shipped networks as files, in a popover."""
    known = form.starting_networks()
    shipped = {name: card for name, card in known.items() if trained_networks.run_id_of(name) is None}
    with st.popover("Download a shipped network", on_change="rerun", key="train shipped") as popover:
        if not popover.open or not shipped:
            return
        name = st.selectbox(
            "Network", list(shipped), key="train shipped name", format_func=lambda one: shipped[one].title
        )
        try:
            network = checkpoints.load_classifier(name)
        except CheckpointError as error:
            st.warning(str(error))
            return
        with st.container(horizontal=True):
            _show_buttons(network, name, "shipped")
            st.link_button("Open Netron", NETRON)
        _show_graph(network, name)
        show_caption("train", "Netron")


def _show_buttons(network: Classifier, stem: str, place: str) -> None:
    obstacle = export.find_obstacle(network)
    st.download_button(
        "ONNX",
        lambda: export.to_onnx(network),
        f"{stem}.onnx",
        OCTETS,
        key=f"train {place} onnx",
        help=obstacle or None,
        on_click="ignore",
        disabled=bool(obstacle),
    )
    st.download_button(
        "Safetensors",
        lambda: safetensors.torch.save({name: one.contiguous() for name, one in network.state_dict().items()}),
        f"{stem}.safetensors",
        OCTETS,
        key=f"train {place} safetensors",
        on_click="ignore",
    )


def _show_graph(network: Classifier, stem: str) -> None:
    """Show the network's stages, and the program that loads its weights from `stem`.safetensors; none without."""
    with st.expander("Graph, and a program for PyTorch" if stem else "Graph"):
        rows = [row for row in summarize_network(network) if row.stage not in ("normalize", "inverted", "flatten")]
        shapes = [("picture", (1, 28, 28)), *((row.stage, row.shape) for row in rows)]
        st.markdown(draw_shapes(shapes), unsafe_allow_html=True)  # `st.html` would strip the drawing
        if not stem:
            return
        try:
            st.code(write_program(network, f"{stem}.safetensors"), "python")
        except ValueError as error:
            st.caption(str(error))
