"""The digits that restoring networks propose: the hole, if they had to find it, and how they fill it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.digits.datasets import Dataset
from core.networks.evaluation import Network, without_filling
from core.networks.restored import Restored
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.zoo.checkpoints import Card
from dashboard.server import caches
from dashboard.server.scene import Digit, Mask


def show_restored(
    networks: Mapping[str, Network], zoo: Mapping[str, Card], digit: Digit, mask: Mask, data: Dataset
) -> None:
    """Show the fills of each network that restores; also the hole, for those that had to find it."""
    direct = without_filling(networks, mask)
    for name, network in networks.items():
        if name in direct:
            continue
        restored = caches.restored(name, data.name, digit, mask)
        found = network.restores and network.blind
        if restored.fills is not None:
            show_fills(zoo[name].title, restored, digit * mask if found else None, data.classes)
        elif found and not mask.all():
            st.caption(f"**{zoo[name].title}** found nothing missing, so it reads the digit unchanged.")


def show_fills(title: str, restored: Restored, left: Digit | None, classes: Sequence[str]) -> None:
    """Show a restoring network's best fills with their weights, after the hole if it found that itself."""
    assert restored.fills is not None
    order = "" if left is None else "first the hole it found, then the fills, "
    st.markdown(f"**What {title} fills in**: {order}most likely first, with how much each counts in the answer")
    fills = restored.fills
    columns = fills.images[0].numpy(), fills.weights[0].tolist(), fills.labels[0].tolist()
    items = [] if left is None else [GalleryItem(arrays.mark_erased(left, restored.mask, 6), "the hole it found")]
    items += [
        GalleryItem(
            arrays.tint_erased(image, restored.mask), f"{100 * weight:.0f} % · a\N{NO-BREAK SPACE}{classes[label]}"
        )
        for image, weight, label in zip(*columns, strict=True)
    ]
    st.html(draw_gallery(items, min_width=64, css_class="ns-fills"))
