"""The views "Filters and maps" and "VGG16": a network's first filters and maps, VGG16's table and its weights."""

from collections.abc import Sequence
from dataclasses import dataclass

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
from dashboard.widgets.texts import show_caption, show_text

OWN = "your own"
SIDES = {1: 224, 3: 600}  # pixels of the longer side, by input channels; the lecture's picture was 600 x 384
MAX_MAPS, COLUMNS, HEIGHT = 64, 8, 72


@dataclass(frozen=True, eq=False)
class MapSheet:
    """The maps after a pooling, as one picture."""

    title: str
    shape: tuple[int, int, int]
    """Number of maps, rows, columns."""
    picture: NDArray[np.uint8]


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
        sentence = st.empty()
        _show_filters(backbone)
        about = (layers.network_id(backbone), picture.tobytes())
        if st.session_state.get("transfer inside", (None,))[0] != about:
            with st.spinner("Computing feature maps ..."):
                st.session_state["transfer inside"] = (about, draw_sheets(backbone, picture))
        sheets: list[MapSheet] = st.session_state["transfer inside"][1]
        if not sheets:
            return
        sentence.markdown(f"**{describe_maps(sheets)}**")
        for sheet in sheets:
            st.markdown(f"**{sheet.title}**")
            show_picture(sheet.picture, sheet.title)
        st.caption("Each map is white where its activation is largest.")


def describe_maps(sheets: Sequence[MapSheet]) -> str:
    """Return a sentence: how many maps each pooling leaves, and how large they are."""
    left = ", then ".join("{} maps of {} × {}".format(*sheet.shape) for sheet in sheets)
    return f"The network makes {left} from this picture: edges first, then corners, stripes and blobs."


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
        show_caption("transfer", "Colour filters")


def draw_sheets(backbone: Backbone, picture: NDArray[np.uint8]) -> list[MapSheet]:
    """Return the maps after each of the first two poolings; `picture` is `(H, W, 3)`, 0 to 255."""
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
        drawn = draw_maps(output[0, :MAX_MAPS].numpy(), COLUMNS, height=HEIGHT)
        sheets.append(MapSheet(title, (count, rows, columns), drawn))
    return sheets


def show_vgg(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the table of VGG16's layers, and whether its weights are here or how to get them."""
    rows = [StageRow(row.stage, row.shape, row.parameters) for row in summarize_vgg16()]
    st.markdown(f"**{describe_vgg(rows)}**")
    table, state = st.columns([5, 4], gap="large")
    with table:
        st.markdown("**VGG16 without its three dense layers**, for pictures of 224 × 224 pixels")
        st.html(draw_stage_table(rows))
    with state:
        _show_weights()


def describe_vgg(rows: Sequence[StageRow]) -> str:
    """Return a sentence: how the convolutions change the picture's shape, and where most of their weights are."""
    counts = [row.parameters for row in rows if row.parameters]
    maps, side, _ = rows[-1].shape
    late = sum(row.parameters for row in rows if row.shape[0] == maps)
    return (
        f"{len(counts)} convolutions make {maps} maps of {side} × {side} from a picture of 224 × 224; those with "
        f"{maps} maps hold {100 * late / sum(counts):.0f} % of the {sum(counts) / 1e6:.1f} million parameters."
    )


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
