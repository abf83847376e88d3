"""One window at a time: from the whole network to one multiplication, and what else a convolution is made of."""

import streamlit as st

from dashboard import (
    cache,
    inputs,
    lesson_filter_views,
    lesson_network_views,
    lesson_size_views,
    lesson_views,
    outputs,
    state,
)

zoo, problems = cache.laboratory()
session = state.open_link(tuple(cache.zoo()[0]))
data = outputs.current_data()
outputs.show_problems([*problems, *session.problems])
outputs.show_text("convolution")

VIEWS = {
    "One number": lesson_views.show_one_number,
    "Output size": lesson_size_views.show_size,
    "Filters by hand": lesson_filter_views.show_filters,
    "Pooling": lesson_filter_views.show_pooling,
    "1-D to 3-D": lesson_size_views.show_dimensions,
    "Neighbours": lesson_network_views.show_neighbours,
    "Batch norm": lesson_network_views.show_batch_norm,
    "Dropout": lesson_network_views.show_dropout,
    "Whole network": lesson_network_views.show_whole,
}
view = inputs.choose_view(VIEWS, key="lesson view")


@st.fragment
def bench() -> None:
    """What a click or a stroke reruns: only this."""
    with cache.turn():
        VIEWS[view](session, data, zoo)
    st.html(inputs.heard())  # last: now the canvas may send again


bench()
