"""The views "Output size" and "1-D to 3-D": shapes and costs of convolutions, in one to three dimensions."""

import numpy as np
import pandas as pd
import streamlit as st
import torch

from core.convolution import dimensions, examples
from core.convolution.settings import Convolution, to_matrix
from core.digits.datasets import Dataset
from core.networks.architectures import ARCHITECTURES, Architecture
from core.pmnist.masks import SIDE
from core.visualization import arrays
from core.visualization.convolution import draw_signal, draw_weight_matrix, draw_window_positions
from core.visualization.formulas import draw_formulas
from core.visualization.gallery import GalleryItem, draw_gallery, draw_metrics
from core.visualization.signed_colors import to_signed
from dashboard import address
from dashboard.server import locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import maps
from dashboard.widgets.charts import show_chart
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import show_caption, show_tip

FIELDS = {  # of Convolution: label, minimum, maximum, first value
    "size": ("Input, pixels a side", 1, 512, 28),
    "window": ("Filter, pixels a side", 1, 64, 5),
    "padding": ("Padding", 0, 64, 0),
    "stride": ("Stride", 1, 64, 1),
    "dilation": ("Dilation", 0, 64, 1),
    "channels": ("Channels in", 1, 1024, 1),
    "filters": ("Filters (channels out)", 1, 1024, 20),
}
LETTERS = "W input, P padding, D dilation, F filter, S stride"
FORMULA = "⌊(W + 2·P − D·(F − 1) − 1) / S⌋ + 1"
MAX_SIDE = 40  # pixels a side, with padding
DENSE_SIDE = 7  # pixels a side of the input whose dense layer is drawn: 49 columns


def show_size(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the output size and the cost of a convolution, the places of its window, and the same as a dense layer."""
    left, right = inputs_and_result(330, 880)
    with left:
        show_tip("convolution", "Output size")
        setting = _choose_setting()
    with right, locks.LIVE:
        try:
            output = setting.output
        except ValueError as error:
            st.warning(f"These settings are impossible: {error}")
            if not setting.dilation:
                show_caption("convolution", "Dilation 0")
            return
        formulas = [(f"Places along each side ({LETTERS})", FORMULA), ("With these numbers", setting.write_formula())]
        st.html(draw_formulas(formulas))
        _show_costs(setting, output)
        _show_window_positions(setting, output)
    _show_as_dense_layer(setting)
    st.markdown("#### Whole networks, as they are and as dense layers")
    st.table(pd.DataFrame(_count_networks()).T)
    show_caption("convolution", "Dense layers")


def _choose_setting() -> Convolution:
    along = address.segmented_control(
        "dimensions",
        "Dimensions",
        [1, 2, 3],
        2,
        key="size dimensions",
        format_func=lambda number: f"{number}-D",
        help="1-D: a signal; 2-D: a picture; 3-D: a film or a scan",
    )
    with st.container(horizontal=True, gap="small"):
        chosen = {
            name: address.number_input(name, *field, key=f"size {name}", width=148) for name, field in FIELDS.items()
        }
    return Convolution(**chosen, dimensions=along)


def _show_costs(setting: Convolution, output: int) -> None:
    sides = " × ".join([str(output)] * setting.dimensions)
    figures = {
        "Output": f"{setting.filters} × {sides}",
        "Parameters": f"{setting.parameters:,}",
        "Multiplications": f"{setting.products:,}",
        "As a dense layer": f"{setting.dense_parameters:,}",
    }
    st.html(draw_metrics(figures))
    ratio = setting.dense_parameters / setting.parameters
    st.markdown(
        f"A dense layer with the same inputs and outputs has **{ratio:,.0f} times** as many parameters"
        + (": every place shares the filter's weights." if ratio > 1 else ". ")
    )


def _show_window_positions(setting: Convolution, output: int) -> None:
    if setting.size + 2 * setting.padding > MAX_SIDE:
        st.caption(f"The places of the window are drawn for inputs of up to {MAX_SIDE} pixels a side, with padding.")
        return
    st.markdown("**Places of the window** along one side: a line for each place; dashed: padding")
    places = [setting.window_pixels(place) for place in range(output)]
    st.html(draw_window_positions(places, setting.size, setting.padding))
    counts = setting.coverage()
    never = [str(pixel) for pixel, count in enumerate(counts) if not count]
    words = f"never read: pixel {', '.join(never)}" if never else "every pixel is read"
    st.caption(f"Each pixel is read {min(counts)} to {max(counts)} times along this side; {words}.")


def _show_as_dense_layer(setting: Convolution) -> None:
    """Draw the weights of the dense layer that computes the same as one filter on a small picture."""
    st.markdown("#### A convolution is a dense layer that shares its weights")
    numbers = torch.arange(1.0, setting.window**2 + 1).reshape(1, 1, setting.window, setting.window)
    try:
        moves = {"padding": setting.padding, "stride": setting.stride, "dilation": setting.dilation}
        matrix = to_matrix(numbers, DENSE_SIDE, **moves)
    except ValueError:
        st.caption(f"This window is too large for the {DENSE_SIDE} × {DENSE_SIDE} picture for which that can be drawn.")
        return
    picture, words = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with picture:
        show_picture(draw_weight_matrix(matrix.numpy(), setting.window**2), "the weights of the dense layer")
    with words:
        zeros = 100 * float((matrix == 0).float().mean())
        st.markdown(
            f"The weights of a dense layer that does the same with a {DENSE_SIDE} × {DENSE_SIDE} picture: a column for "
            f"each of its {DENSE_SIDE**2} pixels, a row for each of the {len(matrix)} outputs. Equal colours are "
            f"**equal weights**: the same {setting.window**2} numbers in every row. "
            f"{zeros:.0f} % are 0 (black): pixels outside the window."
        )


def _count_networks() -> dict[str, dict[str, str]]:
    rows = {}
    for name, architecture in ARCHITECTURES.items():
        layers = to_settings(architecture)
        if layers and "shuffled" not in name:
            shared, dense = sum(one.parameters for one in layers), sum(one.dense_parameters for one in layers)
            rows[name] = {
                "parameters": f"{shared:,}",
                "as dense layers": f"{dense:,}",
                "saved": f"{dense / shared:,.0f}\u00a0×",
                "convolutions": " + ".join(f"{one.filters} filters of {one.window} × {one.window}" for one in layers),
            }
    return rows


def to_settings(architecture: Architecture) -> list[Convolution]:
    """Return the settings of a network's convolutions, in order."""
    found, channels, side = [], 1, SIDE
    for stage, (maps_out, rows, _) in zip(architecture.features, architecture.shapes(), strict=True):
        if stage.kind == "conv":
            found.append(
                Convolution(
                    size=side,
                    window=stage.size,
                    padding=stage.padding,
                    stride=stage.stride,
                    dilation=stage.dilation,
                    channels=channels,
                    filters=stage.filters,
                )
            )
        channels, side = maps_out, rows
    return found


def show_dimensions(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show convolutions of a signal, a picture and a film, all made from one digit."""
    left, right = inputs_and_result(330, 880)
    with left:
        show_tip("convolution", "1-D to 3-D")
        scene = choose_scene(session, data)
    if scene is None:
        return
    with right, locks.LIVE:
        kind = address.segmented_control(
            "filter",
            "The filter",
            [dimensions.SMOOTH, dimensions.CHANGE],
            dimensions.CHANGE,
            key="dimensions filter",
        )
        digit = maps.to_image(*scene)[0]
        _show_signal(digit, kind)
        _show_picture(digit, kind)
        _show_stack(digit, kind)


def _show_signal(digit: torch.Tensor, kind: str) -> None:
    found = dimensions.convolve_dimensions(examples.to_signal(digit), dimensions.make_filter(kind, 1))
    st.markdown(f"**1-D, one loop** ({found.places} places): a signal, here the ink in each column")
    show_chart(draw_signal(found.inputs.numpy(), found.outputs.numpy(), 1))


def _show_picture(digit: torch.Tensor, kind: str) -> None:
    found = dimensions.convolve_dimensions(digit, dimensions.make_filter(kind, 2))
    st.markdown(f"**2-D, two loops** ({found.places} places): a picture; *change* is that from row to row")
    values = found.outputs.numpy()
    with st.columns([1, 1])[0]:
        st.html(
            draw_gallery(
                [
                    GalleryItem(arrays.to_gray(digit.numpy()), "the digit"),
                    GalleryItem(to_signed(values, float(np.abs(values).max()) or 1.0), "after the filter"),
                ],
                min_width=130,
                css_class="ns-two-dimensions",
            )
        )


def _show_stack(digit: torch.Tensor, kind: str) -> None:
    found = dimensions.convolve_dimensions(examples.to_film(digit), dimensions.make_filter(kind, 3))
    st.markdown(
        f"**3-D, three loops** ({found.places:,} places): a film that stands still for four pictures, then moves to "
        "the right; *change* is that from picture to picture"
    )
    values = found.outputs.numpy()
    limit = float(np.abs(values).max()) or 1.0
    film = [GalleryItem(arrays.to_gray(one), f"picture {number}") for number, one in enumerate(found.inputs.numpy(), 1)]
    seen = [GalleryItem(to_signed(one, limit), f"{number} to {number + 2}") for number, one in enumerate(values, 1)]
    st.html(draw_gallery(film, min_width=70, css_class="ns-film"))
    st.html(draw_gallery(seen, min_width=70, css_class="ns-film-seen"))
