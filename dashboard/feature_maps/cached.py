"""What the page "Feature maps" draws once for all visitors who see the same."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.board import Row
from dashboard.feature_maps import map_rows
from dashboard.server import caches
from dashboard.server.scene import Digit


@st.cache_resource(max_entries=64, show_spinner=False)
def rows(name: str, data: str, pixels: Digit, each: bool) -> Sequence[Row]:
    """Return all maps of one digit `(28, 28)` in a network that does not restore, a row for each stage."""
    stages = caches.stage_maps(name, data, pixels)
    return [map_rows.to_row(one, each=each) for one in stages if not one.repeats]
