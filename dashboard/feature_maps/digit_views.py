"""The view "One digit" of the page "Feature maps": all maps of every stage, and one of them enlarged."""

from collections.abc import Sequence

import streamlit as st

from core.digits.datasets import Dataset
from core.feature_maps.stage_maps import StageMaps, last_features, to_npz
from core.visualization.feature_maps import draw_legend
from dashboard.components.board import board
from dashboard.components.instant import scene_mark
from dashboard.feature_maps import cached, map_rows, one_map
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.widgets import maps
from dashboard.widgets.browser_parts import show_instant_answers
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import show_tip

# The enlarged map stays in sight while the stages scroll; on a phone it stands below them.
STICKY = """<style>@media (min-width: 641px) {
  [data-testid="stColumn"]:has(.st-key-one-map) { position: sticky; top: 4rem; align-self: flex-start; }
}</style>"""


def show_digit(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the current digit's maps in every stage of a network."""
    left, middle, right = inputs_and_result(300, 570, 260)
    with left:
        show_tip("feature_maps", "One digit")
        scene = choose_scene(session, data)
    with middle:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            name, network = maps.choose_classifier(data, zoo)
            each = map_rows.choose_scale("digit")
        if network is None or scene is None:
            return
        pixels = to_pixels(*scene)
        with locks.LIVE:
            stages = caches.stage_maps(name, data.name, pixels)
            rows = cached.rows(name, data.name, pixels, each)
        chosen = one_map.find_chosen(stages, one_map.peaks)
        with st.container(key="later-sentence"):
            st.markdown(describe(stages))
        board(rows, key="maps board", label="All feature maps of this digit", chosen=chosen, on_choose=one_map.choose)
        st.html(draw_legend() + scene_mark(*scene, session.base_mask))
        st.download_button(
            "Download all maps (NumPy)",
            lambda: to_npz(stages),
            "maps.npz",
            "application/octet-stream",
            on_click="ignore",
        )
    with right, st.container(key="one-map"):
        st.html(STICKY)
        one_map.show_map(stages, chosen, name, network, data)
    show_instant_answers([name], zoo | caches.own_networks(), data, pixels=pixels, only_maps=True)


def to_pixels(digit: Digit, mask: Mask) -> Digit:
    """Return the erased digit as networks read it, `(28, 28)`."""
    pixels: Digit = maps.to_image(digit, mask)[0].numpy()
    return pixels


def describe(stages: Sequence[StageMaps]) -> str:
    """Return a sentence or two about how resolution and number of maps change up to the last features."""
    last, first = last_features(stages), next((one for one in stages if one.stage.startswith("conv")), None)
    if first is None:
        return "This network has no convolutions: its units read the pixels directly."
    places = first.maps[0].numel() / last.maps[0].numel()
    strongest = int(one_map.peaks(last).argmax())
    zeros = f"; {100 * last.zero_share:.0f} % of their values are zero, and {last.zero_maps} of them are inactive"
    return (
        f"**{len(first.maps)} maps become {len(last.maps)}, while the resolution drops {places:.0f}×: less about "
        f"where, more about what.** Map {strongest} is the strongest of the last {len(last.maps)}"
        f"{zeros if last.zero_share else ''}."
    )
