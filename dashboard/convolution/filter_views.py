"""The view "Filters by hand": a digit or a colour picture before and after a filter."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from core.convolution import manual_filters
from core.convolution.manual_filters import MANUAL_FILTERS, FilterError
from core.convolution.window import Filter
from core.digits.datasets import Dataset
from core.digits.pictures import PictureError
from core.visualization import arrays
from core.visualization.arrays import Picture
from core.visualization.convolution import NumberGrid, draw_products
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.signed_colors import to_signed
from dashboard import address
from dashboard.server import locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import maps
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.picture_upload import upload_picture
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import show_tip

OWN, DIGIT, COLORS = "my own", "Your digit", "A colour picture"
OWN_FILTER = "0 1 0\n1 -4 1\n0 1 0"
CHANNELS = ("red", "green", "blue")


def show_filters(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show a digit or a colour picture before and after a filter made by hand."""
    left, right = inputs_and_result(330, 880)
    with left:
        show_tip("convolution", "Filters by hand")
        subject = address.segmented_control(
            "of", "Picture", [DIGIT, COLORS], key="filter subject", label_visibility="collapsed"
        )
        if subject == COLORS:
            picture = _upload_picture()
        else:
            scene = choose_scene(session, data)
            picture = maps.to_image(*scene) if scene is not None else None
    with right, locks.LIVE:
        weights = _choose_filter()
        if weights is not None and picture is not None:
            _show_filtered(picture, weights)


def _upload_picture() -> Tensor | None:
    try:
        picture = upload_picture("A colour picture", key="picture filter", read=manual_filters.read_color_picture)
    except PictureError as error:
        st.warning(str(error))
        return None
    if picture is None:
        st.info("Upload a picture to see its three channels.")
    return picture


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
        "Blue: above zero; red: below zero; black: zero."
        if signed
        else "Values below 0 are black, values above 1 are white."
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
        f"A colour picture has {width} × {height} × 3 numbers (flattened: {picture.numel():,}). "
        "The filter is applied to each channel."
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
