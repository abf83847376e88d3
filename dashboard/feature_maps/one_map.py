"""One feature map, enlarged: its values, its filter, and the test digits that excite it most."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from core.digits.datasets import Dataset
from core.feature_maps.stage_maps import StageMaps
from core.maximization.objectives import MapMax
from core.networks.classifier import Classifier
from core.visualization.gallery import draw_gallery
from dashboard import address
from dashboard.address.kinds import TILE
from dashboard.components.board import Chosen, board
from dashboard.feature_maps import map_rows
from dashboard.widgets.map_details import draw_exciting, draw_filter

CHOSEN = "maps chosen"


def choose(chosen: Chosen) -> None:
    """Keep the map that was clicked."""
    st.session_state[CHOSEN] = chosen


def find_chosen(stages: Sequence[StageMaps], strength: Callable[[StageMaps], np.ndarray]) -> Chosen:
    """Return the chosen map; if the network has no such map, the one of the first convolution with most `strength`."""
    chosen = address.hold("map", TILE, key=CHOSEN)
    sizes = {one.stage: len(one.maps) for one in stages if not one.repeats}
    if chosen is not None and chosen.tile < sizes.get(chosen.row, 0):
        return Chosen(chosen.row, chosen.tile)
    first = next((one for one in stages if one.stage.startswith("conv")), stages[0])
    return Chosen(first.stage, int(np.argmax(strength(first))))


def peaks(maps: StageMaps) -> np.ndarray:
    """Return the largest value of each map `(C,)`."""
    return maps.maps.flatten(1).amax(1).numpy()


def show_map(stages: Sequence[StageMaps], chosen: Chosen, name: str, network: Classifier, data: Dataset) -> None:
    """Show the chosen map enlarged with its values, the filter that computes it, and the test digits that excite it."""
    maps = next(one for one in stages if one.stage == chosen.row)
    board([map_rows.enlarge([maps], chosen.tile, [""])], key="maps enlarged", label="One map, enlarged")
    items = draw_filter(network, chosen.row, chosen.tile) if maps.spatial else []
    if items or not maps.spatial:  # otherwise the map is the digit itself
        every = MapMax(maps.stage, tuple(range(len(maps.maps))))
        items.append(draw_exciting(data, name, every, chosen.tile, split="test"))
        st.html(draw_gallery(items, min_width=115, css_class="ns-closeup"))
