"""Maps that can be clicked, the numbers of one convolution window, and a window that slides over a map."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
import torch
from numpy.typing import NDArray

from core.convolution.activation import ACTIVATION_FUNCTIONS, TITLES
from core.convolution.window import (
    Filter,
    SlideStep,
    Window,
    convolve,
    format_number,
    format_products,
    format_sum,
    slide,
)
from core.digits.datasets import Dataset
from core.networks.classifier import Classifier
from core.pmnist.masks import erase
from core.system.checkpoint_files import CheckpointError
from core.system.number_format import format_short
from core.visualization.convolution import NumberGrid, draw_products, draw_sliding_window
from core.visualization.figures import Box, draw_clickable
from core.visualization.formulas import draw_formulas
from core.visualization.signed_colors import to_signed
from core.zoo.checkpoints import without_restoring
from dashboard.components.player import Frame, Look
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.widgets import networks, playing
from dashboard.widgets.charts import PLAIN, read_clicked_cell

Choose = Callable[[int, int], None]
WRITTEN_SIDE = 6  # rows and columns of a map whose numbers are written into it
WRITTEN = 4  # most channels whose products are written under a sliding window


def to_image(digit: Digit, mask: Mask) -> torch.Tensor:
    """Return the erased digit as an image `(1, 28, 28)`."""
    return erase(torch.from_numpy(digit)[None, None], torch.from_numpy(mask))[0]


def choose_classifier(data: Dataset, zoo: Zoo, *, first: str = "", **more: Any) -> tuple[str, Classifier | None]:
    """Draw a list of all networks that do not restore; return the name and the network, None if it cannot be used."""
    name = networks.choose_network(without_restoring(zoo | caches.own_networks()), first=first, **more)
    try:
        return name, caches.classifier(name, data.name) if name else None
    except CheckpointError as error:
        st.warning(str(error))
        return name, None


def show_clickable(figure: go.Figure, key: str, choose: Choose | None = None) -> None:
    """Draw a picture of cells; `choose` is called with the row and column of a clicked cell."""
    if choose is None:
        st.plotly_chart(figure, width="content", config=PLAIN, key=key)
        return

    def take() -> None:
        cell = read_clicked_cell(st.session_state.get(key), figure)
        if cell is not None:  # a second click on the same cell cancels the selection
            choose(*cell)

    st.plotly_chart(figure, width="content", config=PLAIN, key=key, on_select=take, selection_mode="points")


def show_map(
    values: NDArray[np.floating], *, key: str, box: Box | None = None, choose: Choose | None = None, width: int = 230
) -> None:
    """Draw one map in signed colours, with its values on hover, a frame at `box`, and its range below."""
    limit = float(np.abs(values).max()) or 1.0
    hover = [
        f"row {row}, column {column}: {format_short(float(values[row, column]))}"
        for row, column in np.ndindex(*values.shape)
    ]
    rows, columns = values.shape
    numbers = [format_short(float(value)) for value in values.flat] if max(rows, columns) <= WRITTEN_SIDE else ()
    figure = draw_clickable(to_signed(values, limit), (rows, columns), hover, box=box, width=width, numbers=numbers)
    show_clickable(figure, key, choose)
    lowest, highest = (format_short(float(end)) for end in (values.min(), values.max()))
    tap = "" if choose is None else "; with a finger: tap twice"
    st.caption(f"{rows} × {columns}, from {lowest} to {highest}; black is 0{tap}")


def choose_channel(window: Window, *, key: str) -> int:
    """Draw a choice of the channel whose products are shown; return it (default: the one with the largest sum)."""
    strongest = int(np.argmax(np.abs(window.sums)))
    return st.selectbox(
        "Channel",
        range(len(window.weights)),
        index=strongest,
        key=key,
        width=330,
        format_func=lambda one: f"{one}: its products sum to {format_short(window.sums[one])}",
    )


def show_window(window: Window, shape: tuple[int, int], channels: Mapping[int, str]) -> None:
    """Show the numbers of one window: values, weights and products of some channels, then the sum with the bias."""
    for channel, name in channels.items():
        result = f"→ {format_short(window.sums[channel])}"
        st.html(draw_products(_grids(window, shape, channel, name), ("×", "="), result))
    lines = [("The products" + name, format_products(window, channel)) for channel, name in channels.items()]
    summed = "All channels and the bias" if len(window.weights) > 1 else "Plus the bias"
    st.html(draw_formulas([*lines, (summed, format_sum(window))]))


def _grids(window: Window, shape: tuple[int, int], channel: int, name: str) -> list[NumberGrid]:
    inside = [
        np.array([0 <= at < size for at in line])
        for line, size in zip((window.rows, window.columns), shape, strict=True)
    ]
    padding = ~np.outer(*inside)
    return [
        NumberGrid("input" + name, window.values[channel].numpy(), padding=padding),
        NumberGrid("the filter", window.weights[channel].numpy()),
        NumberGrid("products", window.products[channel].numpy()),
    ]


def describe_activations(value: float) -> str:
    """Return the value of each activation function for one input, as a line of text."""
    given = torch.tensor(value)
    return " · ".join(
        f"{TITLES[kind]} {format_number(float(act(given)))}" for kind, act in ACTIVATION_FUNCTIONS.items()
    )


def show_slide(inputs: torch.Tensor, one: Filter, *, channel: int, key: str, hold: int = 1) -> None:
    """Play the window sliding over the inputs and the output filling; each place lasts `hold` frames."""
    gives = convolve(inputs, one).numpy()
    pictures = [to_signed(values, float(np.abs(values).max()) or 1.0) for values in (inputs[channel].numpy(), gives)]

    def steps() -> Iterator[SlideStep]:
        for step in slide(inputs, one):
            for _ in range(hold):
                yield step

    def to_frame(step: SlideStep) -> Frame:
        rows, columns = step.window.rows, step.window.columns
        box = (rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
        done = step.row * gives.shape[1] + step.column + 1
        return Frame(draw_sliding_window(pictures[0], pictures[1], done, box), {}, describe_step(step))

    with st.columns([3, 2])[0]:  # the whole picture fits on a projector
        playing.play(
            steps,
            to_frame,
            key=f"{key}/slide",
            look=Look("The window moves over the input and fills the output", speed=0.5),
            total=gives.size * hold,
            about=(inputs.numpy().tobytes(), one.weights.numpy().tobytes(), one.bias, channel),
            start="Move the window",
        )


def describe_step(step: SlideStep) -> str:
    """Return a line of text about one place of a sliding window."""
    window = step.window
    if len(window.weights) <= WRITTEN:
        sums = format_sum(window)
    else:
        sums = f"{window.weights.numel()} products and the bias: {format_number(window.total)}"
    return f"row {step.row}, column {step.column}: {sums}"
