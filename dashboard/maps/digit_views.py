"""The view "One digit" of the page "Feature maps": all maps of every stage, and one of them closely."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.datasets import Dataset
from core.feature_maps import StageMaps, present, to_npz
from core.visualization.map_sheets import draw_legend
from dashboard import cache
from dashboard.cache import Zoo
from dashboard.components.board import board
from dashboard.lesson import windows
from dashboard.maps import closeup, sheets
from dashboard.scene import choose_scene
from dashboard.state import AppState, Digit, Mask

NETWORK = "maps network"
# The closeup stays in sight while people go down the stages; on a phone it stands below them.
STICKY = """<style>@media (min-width: 641px) {
  [data-testid="stColumn"]:has(.st-key-maps-closeup) { position: sticky; top: 4rem; align-self: flex-start; }
}</style>"""


def show_digit(session: AppState, data: Dataset, zoo: Zoo) -> None:
    """Show the digit of now through every stage of a network (F4)."""
    left, middle, right = st.columns([300, 570, 260], gap="medium")
    with left:
        st.caption("Try: click any small map. Then rub out half of the digit, and watch what goes dark.")
        scene = choose_scene(session, data)
    with middle:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            network = windows.choose_network(data, zoo, key=NETWORK)
            each = sheets.choose_scale("digit")
        if network is None or scene is None:
            return
        name, pixels = st.session_state[NETWORK], to_pixels(*scene)
        with cache.turn():
            stages = cache.stage_maps(name, data.name, pixels)
            rows = [sheets.to_row(one, each=each) for one in stages if not one.repeats]
        chosen = closeup.find_chosen(stages, closeup.peaks)
        board(rows, key="maps board", label="All feature maps of this digit", chosen=chosen, on_choose=closeup.choose)
        st.html(draw_legend())
        st.caption(describe(stages))
        st.download_button("All maps (NumPy)", lambda: to_npz(stages), "maps.npz", "application/octet-stream",
                           on_click="ignore")  # fmt: skip
    with right, st.container(key="maps-closeup"):
        st.html(STICKY)
        closeup.show_closeup(stages, chosen, name, network, data)


def to_pixels(digit: Digit, mask: Mask) -> Digit:
    """Return the erased digit as networks read it, `(28, 28)`."""
    pixels: Digit = windows.to_image(digit, mask)[0].numpy()
    return pixels


def describe(stages: Sequence[StageMaps]) -> str:
    """Return what is to be seen in the last features in a sentence or two (F5)."""
    last, first = present(stages), next((one for one in stages if one.stage.startswith("conv")), None)
    if first is None:
        return "This network has no convolutions: its units read the pixels as they are."
    places = first.maps[0].numel() / last.maps[0].numel()
    quiet = f"; {100 * last.zeros:.0f} % of their values are zero, and {last.silent} of them are silent"
    return (
        f"From {first.stage} to the head, places become {places:.0f} times fewer, and {len(last.maps)} maps come of "
        f"{len(first.maps)}: less *where*, more *what*. Map {int(closeup.peaks(last).argmax())} is the strongest of "
        f"the last {len(last.maps)}{quiet if last.zeros else ''}."
    )
