"""Little that is enough to change an answer, of two kinds side by side: maps switched off, and pixels erased."""

import numpy as np
import streamlit as st

from core.digits.datasets import Dataset
from core.feature_maps.changed_maps import SilencedMaps
from core.feature_maps.stage_maps import StageMaps
from core.inversion.map_atlas import receptive_field, spread_to_pixels
from core.networks.classifier import Classifier
from core.visualization.arrays import Picture
from core.visualization.attribution import draw_attribution, draw_erasure
from core.visualization.gallery import GalleryItem, draw_gallery
from dashboard.address import stroke_goes_on
from dashboard.server import caches
from dashboard.server.scene import Digit, Mask
from dashboard.widgets.texts import show_caption


def show_least(
    name: str,
    network: Classifier,
    digit: Digit,
    mask: Mask,
    maps: StageMaps,
    fewest: SilencedMaps | None,
    data: Dataset,
) -> None:
    """Show where the maps respond without which the answer changes, beside the pixels without which it does."""
    st.markdown("**Few maps or pixels that change the answer**")
    items = []
    if fewest is not None and fewest.changed and maps.spatial:
        what = f"{len(fewest.maps)} of {len(maps.maps)} maps off"
        picture = draw_silenced(network, digit, mask, maps, fewest)
        items.append(GalleryItem(picture, f"{what}: {_describe(fewest.label, fewest.probability, data)}"))
    items += [] if stroke_goes_on() else _erase_fewest(name, network, digit, mask, data)
    st.html(draw_gallery(items, min_width=110, css_class="ns-least"))
    if not items:
        st.caption("Nothing that was tried changes it.")
    show_caption("feature_maps", "Least")


def draw_silenced(network: Classifier, digit: Digit, mask: Mask, maps: StageMaps, silenced: SilencedMaps) -> Picture:
    """Return the digit with the places where the silenced maps respond, which is what the network then lacks."""
    places = maps.maps[list(silenced.maps)].clamp(min=0).sum(0)
    pixels = spread_to_pixels(places, receptive_field(network)).numpy()
    return draw_attribution(digit, mask, pixels, limit=float(np.abs(pixels).max()) or 1.0)


def _erase_fewest(name: str, network: Classifier, digit: Digit, mask: Mask, data: Dataset) -> list[GalleryItem]:
    left = np.ascontiguousarray(digit * mask, np.float32)
    with st.spinner("Erasing pixels ..."):
        last = caches.fewest_pixels(name, data.name, left, mask, network)
    if last is None or not last.changed:
        return []
    what = f"{last.pixels} {'pixel' if last.pixels == 1 else 'pixels'} erased"
    picture = draw_erasure(left, mask, last.mask.numpy(), factor=4)
    return [GalleryItem(picture, f"{what}: {_describe(last.label, last.probability, data)}")]


def _describe(label: int, probability: float, data: Dataset) -> str:
    return f"reads {data.classes[label]}, {100 * probability:.0f} % sure"
