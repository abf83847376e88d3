"""The view "Pooling": how five kinds of pooling make one number of each window."""

import streamlit as st
from torch import Tensor

from core.convolution import examples
from core.convolution.pooling import POOLINGS, pool_maps, pool_window
from core.convolution.trace import trace_stages
from core.convolution.window import format_number
from core.digits.datasets import Dataset
from core.visualization.convolution import NumberGrid, draw_products
from core.visualization.figures import Box
from core.visualization.formulas import draw_formulas
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.signed_colors import to_signed
from dashboard import address
from dashboard.server import locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import maps
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import show_caption, show_tip

LECTURE, DIGIT, FEATURE_MAP = "The lecture's 5 × 5", "Your digit", "A map of your digit"


def show_pooling(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show five kinds of pooling, on the lecture's example, on a digit or on one of its feature maps."""
    left, right = inputs_and_result(330, 880)
    with left:
        show_tip("convolution", "Pooling")
        subject = address.segmented_control(
            "of",
            "Input",
            [LECTURE, DIGIT, FEATURE_MAP],
            key="pool subject",
            always=True,
            label_visibility="collapsed",
            wrap=True,
        )
        window, stride = _choose_window(subject)
        scene = choose_scene(session, data) if subject != LECTURE else None
    with right, locks.LIVE:
        if scene is None:
            values = examples.POOLED[0] if subject == LECTURE else None
        else:
            image = maps.to_image(*scene)
            values = _choose_map(image, data, zoo) if subject == FEATURE_MAP else image[0]
        if values is not None:
            _show_pooled(values, subject, window, stride)


def _choose_window(subject: str) -> tuple[int, int]:
    """Draw the window's side and the stride; return them."""
    first_window, first_stride = (3, 1) if subject == LECTURE else (2, 2)
    with st.container(horizontal=True, gap="small"):
        window = address.number_input("window", "Window", 1, 14, first_window, key=f"pool window {subject}", width=130)
        stride = address.number_input("stride", "Stride", 1, 14, first_stride, key=f"pool stride {subject}", width=130)
    return window, stride


def _choose_map(image: Tensor, data: Dataset, zoo: Zoo) -> Tensor | None:
    """Draw the choice of a map of the first convolution; return it, or None if the network has none."""
    _, network = maps.choose_classifier(data, zoo)
    if network is None:
        return None
    convolution = next((one for one in trace_stages(network, image) if one.name.startswith("conv")), None)
    if convolution is None:
        st.info("This network has no convolution, so it has no maps to pool.")
        return None
    last = len(convolution.outputs) - 1
    number = address.number_input("map", "Map of the first convolution", 0, last, 0, key="pool map", width=250)
    return convolution.outputs[number]


def _show_pooled(values: Tensor, subject: str, window: int, stride: int) -> None:
    """Draw the kinds of pooling, and show its output and how one number of it is made."""
    kind = address.segmented_control("kind", "Kind", list(POOLINGS), "max", key="pool kind")
    try:
        pooled = pool_maps(values[None], kind, window, stride)[0]
    except ValueError as error:
        st.warning(f"This cannot be: {error}")
        return
    overlap = "do not overlap" if stride >= window else f"overlap by {window - stride}"
    rows, columns = pooled.shape
    st.markdown(f"{len(values)} × {len(values)} becomes **{rows} × {columns}**; the windows {overlap}.")
    row, column = _choose_place(values, pooled, subject, window, stride)
    chosen = pool_window(values, kind, window, stride, row, column)
    if window <= maps.WRITTEN_SIDE:
        grid = NumberGrid("the window", chosen.values.numpy(), best=chosen.winners.numpy())
        st.html(draw_products([grid], (), f"→ {format_number(chosen.result)}"))
    st.html(draw_formulas([(f"Row {row}, column {column} of the output", chosen.sentence)]))
    _show_kinds(values, window, stride)


def _choose_place(values: Tensor, pooled: Tensor, subject: str, window: int, stride: int) -> tuple[int, int]:
    """Show the input and the output side by side; return the clicked row and column of the output."""
    key = f"pool place {subject == LECTURE}"
    row, column = st.session_state.get(key, (0, 0))
    row, column = min(row, pooled.shape[0] - 1), min(column, pooled.shape[1] - 1)
    inputs, output = st.columns(2, gap="medium")
    with inputs:
        st.markdown("**Input**")
        box = Box(row * stride, column * stride, window, window)
        maps.show_map(values.numpy(), key=f"pool given {subject}", box=box)
    with output:
        st.markdown("**The output**: click a place")
        maps.show_map(
            pooled.numpy(),
            key=f"pool gives {subject}",
            box=Box(row, column, 1, 1),
            choose=lambda row, column: st.session_state.update({key: (row, column)}),
        )
    return row, column


def _show_kinds(values: Tensor, window: int, stride: int) -> None:
    """Show all five kinds side by side, on one scale."""
    limit = float(values.abs().max()) or 1.0
    items = [
        GalleryItem(to_signed(pool_maps(values[None], kind, window, stride)[0].numpy(), limit), kind)
        for kind in POOLINGS
    ]
    st.html(draw_gallery(items, min_width=100, css_class="ns-pooled"))
    show_caption("convolution", "Kinds of pooling")
