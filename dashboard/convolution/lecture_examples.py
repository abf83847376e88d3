"""The lecture's two examples of a convolution: a 5 × 5 picture, and a corner of a photograph in three colours."""

import numpy as np
import streamlit as st

from core.convolution import examples
from core.convolution.window import format_number, read_window, slide
from core.visualization.figures import Box
from dashboard import address
from dashboard.address.kinds import PLACE
from dashboard.widgets import maps
from dashboard.widgets.texts import show_caption

EXAMPLES = {
    "A 5 × 5 picture": (examples.PICTURE, examples.CROSS),
    "Red, green, blue": (examples.PHOTO, examples.COLOR_FILTER),
}


def show_example(name: str) -> None:
    """Show one of `EXAMPLES`, with the same steps as a convolution of a network."""
    inputs, kernel = EXAMPLES[name]
    steps = list(slide(inputs, kernel))
    rows, columns = steps[-1].row + 1, steps[-1].column + 1
    key = f"place/{name}"
    chosen: tuple[int, int] = address.hold("place", PLACE, (0, 0), key=key)
    values = np.array([step.window.total for step in steps]).reshape(rows, columns)
    st.markdown(f"#### {name}: the window at row {chosen[0]}, column {chosen[1]} gives {format_number(values[chosen])}")
    window = read_window(inputs, kernel, *chosen)
    box = Box(window.rows[0], window.columns[0], len(window.rows), len(window.columns))
    colors = dict(enumerate((" in red", " in green", " in blue"))) if len(inputs) > 1 else {0: ""}
    places = st.columns(len(colors) + 1, gap="small")
    for place, (channel, color) in zip(places, colors.items(), strict=False):
        with place:
            st.markdown(f"**Input**{color}")
            maps.show_map(inputs[channel].numpy(), key=f"given/{name}/{channel}", box=box, width=205)
    with places[-1]:
        st.markdown("**The output**: click a place")
        maps.show_map(
            values,
            key=f"output/{name}",
            box=Box(chosen[0], chosen[1], 1, 1),
            width=205,
            choose=lambda row, column: st.session_state.update({key: (row, column)}),
        )
    maps.show_window(window, (inputs.shape[1], inputs.shape[2]), colors)
    st.caption(f"Activation functions of this value: {maps.describe_activations(window.total)}.")
    if len(inputs) > 1:
        show_caption("convolution", "Photo")
    maps.show_slide(inputs, kernel, channel=0, key=name, hold=6)
