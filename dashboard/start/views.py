"""The parts of the page Start."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from core.digits.datasets import Dataset
from core.pmnist.masks import cut_mask
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.zoo.checkpoints import Card
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.data_set import sample
from dashboard.widgets.readings import networks_or_warn
from dashboard.widgets.texts import show_text

FILES = Path(__file__).parents[2] / "pages"
COMPARE, PMNIST = FILES / "compare.py", FILES / "pmnist.py"
STOPS = (  # page, test digit, cut, label
    (COMPARE, 19, "HCUT", "A four without its top half: who still reads it?"),
    (COMPARE, 0, "VCUT", "The left half of a seven is gone"),
    (COMPARE, 18, "whole", "Rub this one out yourself, and watch"),
    (PMNIST, 8, "DCUT", "All four cuts at once, and the talk's table"),
)


def show_start(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show what this is, a tour of two minutes, and what is loaded."""
    st.title("Negative Space")
    picture, words = st.columns([6, 5], gap="large", vertical_alignment="center")
    with words:
        show_text("start")
        if st.button("Draw a digit now", type="primary"):
            st.switch_page(COMPARE)
    with picture:
        show_opening(data, zoo)
    st.subheader("A tour in two minutes")
    for number, (place, (page, index, cut, label)) in enumerate(zip(st.columns(4), STOPS, strict=True), 1):
        with place:
            show_stop(data, index, cut)
            scene = {"sample": str(index)} | ({"erased": cut} if cut != "whole" and page == COMPARE else {})
            st.page_link(page, label=f"{number}. {label}", query_params=scene)
    st.subheader("What is loaded")
    show_loaded(data, zoo)


def show_opening(data: Dataset, zoo: Mapping[str, Card]) -> None:
    """Show the idea in one picture: a digit, what is left of it, and what might have been there."""
    digit, mask = sample(data, 19), cut_mask("HCUT").numpy()
    items = [
        GalleryItem(arrays.mark_erased(digit, np.ones_like(mask), 10), "a digit"),
        GalleryItem(arrays.mark_erased(digit, mask, 10), "what is left"),
    ]
    if networks_or_warn([name for name in zoo if name == "restoring"], data):
        fills = caches.restored("restoring", data.name, digit, mask).fills
        assert fills is not None
        items.append(GalleryItem(arrays.tint_erased(fills.images[0, 0].numpy(), mask), "what might be there"))
    st.html(draw_gallery(items, min_width=90, css_class="ns-opening"))


def show_stop(data: Dataset, index: int, cut: str) -> None:
    """Show the digit of one stop of the tour, cut as it will be found there."""
    picture = arrays.mark_erased(sample(data, index), cut_mask(cut).numpy(), 6)
    st.image(picture, output_format="PNG", width=140)


def show_loaded(data: Dataset, zoo: Mapping[str, Card]) -> None:
    """Show which digits and which networks are loaded, with what each was trained and measured on."""
    sizes = f"{len(data.train):,} for training, {len(data.validation):,} for validation, {len(data.test):,} for tests"
    st.markdown(f"**Digits:** {data.name} ({data.source}): {sizes}.")
    rows = {
        card.title: {
            "reads": card.track,
            "trained on": f"{card.dataset['digits']:,} whole {card.dataset['name']} digits",
            "whole MNIST test digits": f"{card.accuracies().get('whole', float('nan')):.1f} %",
            "made by": f"`{card.command}`",
        }
        for card in zoo.values()
    }
    st.table(pd.DataFrame(rows).T)
