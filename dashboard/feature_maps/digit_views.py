"""The view "One digit" of the page "Feature maps": all maps of every stage, and one of them closely."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.digits.datasets import Dataset
from core.feature_maps.stage_maps import StageMaps, last_features, to_npz
from core.visualization.feature_maps import draw_legend
from dashboard.components.board import board
from dashboard.feature_maps import one_map, sheets
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.widgets import maps
from dashboard.widgets.scene import choose_scene

# The closeup stays in sight while people go down the stages; on a phone it stands below them.
STICKY = """<style>@media (min-width: 641px) {
  [data-testid="stColumn"]:has(.st-key-maps-closeup) { position: sticky; top: 4rem; align-self: flex-start; }
}</style>"""


def show_digit(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the digit of now through every stage of a network (F4)."""
    left, middle, right = st.columns([300, 570, 260], gap="medium")
    with left:
        st.caption("Try: click any small map. Then rub out half of the digit, and watch what goes dark.")
        scene = choose_scene(session, data)
    with middle:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            name, network = maps.choose_network(data, zoo)
            each = sheets.choose_scale("digit")
        if network is None or scene is None:
            return
        pixels = to_pixels(*scene)
        with locks.LIVE:
            stages = caches.stage_maps(name, data.name, pixels)
            rows = [sheets.to_row(one, each=each) for one in stages if not one.repeats]
        chosen = one_map.find_chosen(stages, one_map.peaks)
        board(rows, key="maps board", label="All feature maps of this digit", chosen=chosen, on_choose=one_map.choose)
        st.html(draw_legend())
        st.caption(describe(stages))
        st.download_button(
            "All maps (NumPy)", lambda: to_npz(stages), "maps.npz", "application/octet-stream", on_click="ignore"
        )
    with right, st.container(key="maps-closeup"):
        st.html(STICKY)
        one_map.show_closeup(stages, chosen, name, network, data)


def to_pixels(digit: Digit, mask: Mask) -> Digit:
    """Return the erased digit as networks read it, `(28, 28)`."""
    pixels: Digit = maps.to_image(digit, mask)[0].numpy()
    return pixels


def describe(stages: Sequence[StageMaps]) -> str:
    """Return what is to be seen in the last features in a sentence or two (F5)."""
    last, first = last_features(stages), next((one for one in stages if one.stage.startswith("conv")), None)
    if first is None:
        return "This network has no convolutions: its units read the pixels as they are."
    places = first.maps[0].numel() / last.maps[0].numel()
    quiet = f"; {100 * last.zero_share:.0f} % of their values are zero, and {last.zero_maps} of them are silent"
    return (
        f"From {first.stage} to the head, places become {places:.0f} times fewer, and {len(last.maps)} maps come of "
        f"{len(first.maps)}: less *where*, more *what*. Map {int(one_map.peaks(last).argmax())} is the strongest of "
        f"the last {len(last.maps)}{quiet if last.zero_share else ''}."
    )
