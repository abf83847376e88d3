"""The views "Filters by hand" and "Pooling" of the page "One window at a time"."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from core.convolution import examples, manual_filters
from core.convolution.manual_filters import MANUAL_FILTERS, FilterError
from core.convolution.pooling import POOLINGS, pool_maps, pool_window
from core.convolution.trace import trace_stages
from core.convolution.window import Filter, format_number
from core.digits.datasets import Dataset
from core.digits.pictures import PictureError
from core.visualization import arrays
from core.visualization.arrays import Picture
from core.visualization.convolution import NumberGrid, draw_products
from core.visualization.figures import Box
from core.visualization.formulas import draw_formulas
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.signed_colors import to_signed
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import maps
from dashboard.widgets.scene import choose_scene

OWN, DIGIT, COLORS = "my own", "Your digit", "A colour picture"
OWN_FILTER = "0 1 0\n1 -4 1\n0 1 0"
CHANNELS = ("red", "green", "blue")
LECTURE, FEATURE_MAP = "The lecture's 5 × 5", "A map of your digit"


def show_filters(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show a digit or a colour picture before and after a filter made by hand."""
    left, right = st.columns([330, 880], gap="medium")
    with left:
        st.caption("Try: a gradient on your digit, then *emboss* on a photo. Type a filter of your own.")
        subject = address.segmented_control(
            "of", "Of what", [DIGIT, COLORS], key="filter subject", label_visibility="collapsed"
        )
        if subject == COLORS:
            picture = _upload_picture()
        else:
            scene = choose_scene(session, data)
            picture = maps.to_image(*scene) if scene is not None else None
    with right:
        weights = _choose_filter()
        if weights is not None and picture is not None:
            _show_filtered(picture, weights)


def _upload_picture() -> Tensor | None:
    file = st.file_uploader(
        "A colour picture (PNG, JPEG, WebP, GIF, BMP; 5 MB at most)",
        type=["png", "jpg", "jpeg", "webp", "gif", "bmp"],
        key="filter upload",
    )
    if file is None:
        st.info("As soon as there is a picture, its channels are shown apart.")
        return None
    try:
        return manual_filters.read_color_picture(file.getvalue())
    except PictureError as error:
        st.warning(str(error))
        return None


def _choose_filter() -> Tensor | None:
    """Draw the choice of a filter; return it as `(k, k)`, or None after a warning if the typed one is invalid."""
    name = address.pills("filter", "Filter", [*MANUAL_FILTERS, OWN], "gradient →", key="handmade", wrap=True)
    typed = address.text_area(
        "numbers",
        "Your filter: 3 or 5 rows of numbers",
        OWN_FILTER,
        key="own filter",
        height=150,
        shown=name == OWN,
    )
    if name in MANUAL_FILTERS:
        st.caption(MANUAL_FILTERS[name].description.capitalize() + ".")
        return MANUAL_FILTERS[name].weights
    try:
        return manual_filters.parse_filter(typed)
    except FilterError as error:
        st.warning(str(error))
        return None


def _show_filtered(picture: Tensor, weights: Tensor) -> None:
    """Show the filter, and each channel before and after it."""
    filtered = manual_filters.apply_filter(picture, weights)
    signed = abs(float(weights.sum())) < 1e-6  # such a filter gives differences, which have no brightness
    grid = draw_products([NumberGrid(f"the filter, its sum is {float(weights.sum()):g}", weights.numpy())], (), "")
    if len(picture) == 1:
        left, right = st.columns([2, 5], gap="medium")
        left.html(grid)
        before = GalleryItem(arrays.to_gray(picture[0].numpy()), "your digit")
        after = _to_item(filtered[0], "after the filter", signed)
        right.html(draw_gallery([before, after], min_width=150, css_class="ns-filtered"))
    else:
        st.html(grid)
        _show_channels(picture, filtered, signed)
    st.caption(
        "Blue is above zero, red below, black is zero."
        if signed
        else "Shown as brightness: what is below 0 is black, what is above 1 is white."
    )
    if len(picture) == 1:
        with st.expander("Watch the window slide over the digit", key="handmade slides", on_change="rerun") as box:
            if box.open:
                kernel = Filter(weights[None], padding=weights.shape[0] // 2)
                maps.show_slide(picture, kernel, channel=0, key="handmade")


def _show_channels(picture: Tensor, filtered: Tensor, signed: bool) -> None:
    """Show the three channels of a colour picture, before and after the filter."""
    height, width = picture.shape[1:]
    st.markdown(
        f"A colour picture is a cuboid of {width} × {height} × 3 numbers (flattened: a row of {picture.numel():,}); "
        "the filter goes over each channel."
    )
    before = [GalleryItem(_to_color(picture), "the picture")]
    before += [GalleryItem(arrays.to_gray(one.numpy()), name) for one, name in zip(picture, CHANNELS, strict=True)]
    average = _to_item(filtered.mean(0), "their average", signed)
    after = [average if signed else GalleryItem(_to_color(filtered), "together")]
    after += [_to_item(one, f"{name}, filtered", signed) for one, name in zip(filtered, CHANNELS, strict=True)]
    st.html(draw_gallery(before, min_width=150, css_class="ns-channels"))
    st.html(draw_gallery(after, min_width=150, css_class="ns-filtered"))


def _to_color(channels: Tensor) -> Picture:
    return arrays.to_gray(channels.numpy().transpose(1, 2, 0))


def _to_item(values: Tensor, caption: str, signed: bool) -> GalleryItem:
    shown: NDArray[np.float32] = values.numpy()
    if not signed:
        return GalleryItem(arrays.to_gray(shown), caption)
    return GalleryItem(to_signed(shown, float(np.abs(shown).max()) or 1.0), caption)


def show_pooling(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show five kinds of pooling, on the lecture's example, on a digit or on one of its feature maps."""
    left, right = st.columns([330, 880], gap="medium")
    with left:
        st.caption("Try: click a place of the output. Which numbers decide it? Then take another kind.")
        subject = address.segmented_control(
            "of",
            "Of what",
            [LECTURE, DIGIT, FEATURE_MAP],
            key="pool subject",
            always=True,
            label_visibility="collapsed",
            wrap=True,
        )
        scene = choose_scene(session, data) if subject != LECTURE else None
    with right:
        if scene is None:
            values = examples.POOLED[0] if subject == LECTURE else None
        else:
            image = maps.to_image(*scene)
            values = _choose_map(image, data, zoo) if subject == FEATURE_MAP else image[0]
        if values is not None:
            _show_pooled(values, subject)


def _choose_map(image: Tensor, data: Dataset, zoo: Zoo) -> Tensor | None:
    """Draw the choice of a map of the first convolution; return it, or None if the network has none."""
    _, network = maps.choose_network(data, zoo)
    if network is None:
        return None
    convolution = next((one for one in trace_stages(network, image) if one.name.startswith("conv")), None)
    if convolution is None:
        st.info("This network has no convolution, so it has no maps to pool.")
        return None
    last = len(convolution.outputs) - 1
    number = address.number_input("map", "Map of the first convolution", 0, last, 0, key="pool map", width=250)
    return convolution.outputs[number]


def _show_pooled(values: Tensor, subject: str) -> None:
    kind = address.segmented_control("kind", "Kind", list(POOLINGS), "max", key="pool kind")
    small = subject == LECTURE
    with st.container(horizontal=True, gap="small"):
        window = address.number_input(
            "window", "Window", 1, 14, 3 if small else 2, key=f"pool window {subject}", width=130
        )
        stride = address.number_input(
            "stride", "Stride", 1, 14, 1 if small else 2, key=f"pool stride {subject}", width=130
        )
    try:
        pooled = pool_maps(values[None], kind, window, stride)[0]
    except ValueError as error:
        st.warning(f"This cannot be: {error}")
        return
    overlap = "do not overlap" if stride >= window else f"overlap by {window - stride}"
    rows, columns = pooled.shape
    st.markdown(f"{len(values)} × {len(values)} becomes **{rows} × {columns}**; the windows {overlap}.")
    row, column = st.session_state.get(f"pool place {small}", (0, 0))
    row, column = min(row, rows - 1), min(column, columns - 1)
    chosen = pool_window(values, kind, window, stride, row, column)
    inputs, output = st.columns(2, gap="medium")
    with inputs:
        st.markdown("**Given**")
        box = Box(row * stride, column * stride, window, window)
        maps.show_map(values.numpy(), key=f"pool given {subject}", box=box)
    with output:
        st.markdown("**The output**: click a place")
        maps.show_map(
            pooled.numpy(),
            key=f"pool gives {subject}",
            box=Box(row, column, 1, 1),
            choose=lambda row, column: st.session_state.update({f"pool place {small}": (row, column)}),
        )
    if window <= maps.WRITTEN_SIDE:
        grid = NumberGrid("the window", chosen.values.numpy(), best=chosen.winners.numpy())
        st.html(draw_products([grid], (), f"→ {format_number(chosen.result)}"))
    st.html(draw_formulas([(f"Row {row}, column {column} of the output", chosen.sentence)]))
    _show_kinds(values, window, stride)


def _show_kinds(values: Tensor, window: int, stride: int) -> None:
    """Show all five kinds side by side, on one scale."""
    limit = float(values.abs().max()) or 1.0
    items = [
        GalleryItem(to_signed(pool_maps(values[None], kind, window, stride)[0].numpy(), limit), kind)
        for kind in POOLINGS
    ]
    st.html(draw_gallery(items, min_width=100, css_class="ns-pooled"))
    st.caption(
        "All to one scale. The mode is made for whole numbers: of a map's values hardly two are equal, and then it is "
        "the smallest. Pooling evens out noise and makes the map smaller; networks use max and average."
    )
