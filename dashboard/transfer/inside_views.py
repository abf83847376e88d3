"""The views "Filters and maps" and "VGG16": a network's first filters and maps, VGG16's table and its weights."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from core.digits.datasets import Dataset
from core.digits.downloads import BackgroundDownload
from core.digits.pictures import PictureError, read_picture
from core.transfer.backbones import SECOND_TO_LAST_DENSE, Backbone, pooled_maps, to_images
from core.transfer.example_tasks import PHOTOGRAPHS, load_photograph
from core.transfer.vgg16 import summarize_vgg16
from core.transfer.vgg16_weights import WEIGHTS_MEGABYTES, WEIGHTS_VARIABLE, WeightsError
from core.visualization.signed_colors import draw_signed_sheet
from core.visualization.training import StageRow, draw_stage_table
from core.visualization.transfer import draw_color_filters, draw_maps
from dashboard import address
from dashboard.server import downloads, locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.transfer import layers
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.picture_upload import upload_picture
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.texts import show_text

OWN = "your own"
SIDES = {1: 224, 3: 600}  # pixels of the longer side, by input channels; the lecture's picture was 600 x 384
MAX_MAPS, COLUMNS, HEIGHT = 64, 8, 72
Sheets = list[tuple[str, NDArray[np.uint8]]]


def show_inside(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the filters of the first layer, and the feature maps of a picture after the first two poolings."""
    left, right = inputs_and_result(260, 780)
    with left:
        picture = _choose_picture()
        backbone = layers.choose_backbone(data, zoo)
    with right:
        if backbone is None or picture is None:
            st.info("Choose a picture and a network. Its filters and feature maps are shown here.")
            return
        _show_filters(backbone)
        about = (layers.network_id(backbone), picture.tobytes())
        if st.session_state.get("transfer inside", (None,))[0] != about:
            with st.spinner("Computing feature maps ..."):
                st.session_state["transfer inside"] = (about, draw_sheets(backbone, picture))
        for title, sheet in st.session_state["transfer inside"][1]:
            st.markdown(f"**{title}**")
            show_picture(sheet, title)
        st.caption(
            "Each map is white where its activation is largest. After the second pooling the maps are smaller, and "
            "edges have become corners, stripes and blobs."
        )


def _choose_picture() -> NDArray[np.uint8] | None:
    """Draw the choice of a photograph; return it as `(H, W, 3)`, or None before one is uploaded."""
    which = address.segmented_control("picture", "Picture", [*PHOTOGRAPHS, OWN], "temple")
    try:
        own = which == OWN
        picture = upload_picture("A picture", key="picture transfer", read=_read) if own else load_photograph(which)
    except PictureError as error:
        st.warning(str(error))
        return None
    if picture is not None:
        show_picture(picture, "the chosen picture", smooth=True)
    return picture


def _read(content: bytes) -> NDArray[np.uint8]:
    return np.asarray(read_picture(content).convert("RGB"))


def _show_filters(backbone: Backbone) -> None:
    stages = backbone.network.features.named_children()
    found = next(((name, stage) for name, stage in stages if isinstance(stage, nn.Conv2d)), None)
    if found is None:
        st.info("This network has no convolutions, so it has no filters and no maps.")
        return
    name, stage = found
    filters = stage.weight.detach().numpy()
    if backbone.channels == 3:
        sheet = draw_color_filters(filters, 16, factor=12)
    else:
        sheet = draw_signed_sheet(filters[:, 0], 16, limit=float(np.abs(filters).max()), factor=8)
    count, channels, rows, columns = filters.shape
    what = "in the colours they respond to; grey is zero" if channels == 3 else "blue is positive, red is negative"
    st.markdown(f"**The {count} filters of {name}**, {rows} × {columns} × {channels}: {what}")
    show_picture(sheet, f"the {count} filters of {name}", width=sheet.shape[1])
    if channels == 3:
        st.caption(
            "Trained filters show edges and colour gradients. If these look like confetti, the file has no trained "
            "weights."
        )


def draw_sheets(backbone: Backbone, picture: NDArray[np.uint8]) -> Sheets:
    """Return a title and a sheet of maps for each of the first two poolings; `picture` is `(H, W, 3)`, 0 to 255."""
    image = Image.fromarray(picture)
    side = SIDES[backbone.channels]
    scale = side / max(image.size)
    size = (max(16, round(image.width * scale)), max(16, round(image.height * scale)))
    images = to_images(np.asarray(image.resize(size, Image.Resampling.BILINEAR))[None], backbone.channels)
    with locks.LONG:
        maps = pooled_maps(backbone, images)
    sheets = []
    for which, (name, output) in zip(("first", "second"), maps.items(), strict=False):
        _, count, rows, columns = output.shape
        part = f", the first {MAX_MAPS}" if count > MAX_MAPS else ""
        title = f"After the {which} pooling ({name}): {count} maps of {rows} × {columns}{part}"
        sheets.append((title, draw_maps(output[0, :MAX_MAPS].numpy(), COLUMNS, height=HEIGHT)))
    return sheets


def show_vgg(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the table of VGG16's layers, and whether its weights are here or how to get them."""
    table, state = st.columns([5, 4], gap="large")
    with table:
        st.markdown("**VGG16 without its three dense layers**, for pictures of 224 × 224 pixels")
        st.html(draw_stage_table([StageRow(row.stage, row.shape, row.parameters) for row in summarize_vgg16()]))
    with state:
        _show_weights()


def _show_weights() -> None:
    try:
        found = layers.load_vgg()
    except WeightsError as error:
        st.warning(str(error))
        found = None
    if found is not None:
        st.success(f"{found.title}: the weights are loaded. It was trained on {found.origin}.")
        if SECOND_TO_LAST_DENSE not in found.layers():
            st.caption("The file has only the convolutions, so no dense layers can give features.")
        return
    show_text("transfer_weights")
    st.caption(f"Start the dashboard with `{WEIGHTS_VARIABLE}=/path/to/vgg16.pth` to name a file.")
    download = downloads.VGG16.last
    if download is not None and not download.finished:
        _show_download(download)
        return
    if download is not None and download.error:
        st.warning(download.error)
    st.button(f"Download ({WEIGHTS_MEGABYTES} MB)", key="transfer fetch", on_click=downloads.VGG16.start_again)


@st.fragment(run_every=1.0)
def _show_download(download: BackgroundDownload) -> None:
    if download.finished:
        st.rerun()
    share = download.step.share if download.step else 0.0
    st.progress(share, f"Downloading VGG16's weights: {100 * share:.0f} %")
    st.button("Cancel", on_click=download.cancel, key="transfer cancel", type="tertiary")
