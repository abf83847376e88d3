"""One feature map in detail: its filter, the digits that activate it most, and its values on the visitor's digit."""

from typing import Literal

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from core.digits.datasets import Dataset
from core.maximization.objectives import Objective
from core.maximization.top_digits import feature_map, find_filter
from core.networks.classifier import Classifier
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.signed_colors import draw_signed_sheet
from dashboard import address
from dashboard.server import caches
from dashboard.server.scene import Digit
from dashboard.server.session import Session
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.digit import choose_digit
from dashboard.widgets.texts import show_caption


def show_closeup(
    session: Session, data: Dataset, name: str, objective: Objective, stage: str, grown: NDArray[np.uint8] | None
) -> None:
    """Draw a choice of a map, and its details; `grown` are the optimised pictures of all maps, if there are any."""
    st.markdown("**One map in detail**")
    number = address.segmented_control(
        "map",
        "Map",
        range(objective.count),
        required=False,
        key=f"closeup {name} {stage}",
        wrap=True,
        label_visibility="collapsed",
    )
    if number is None:
        show_caption("widgets", "One map")
        return
    left, right = st.columns([290, 470], gap="medium")
    with left:
        choice = choose_digit(session, data, first="Sample")
    with right:
        network = caches.classifier(name, data.name)
        items = [] if grown is None else [GalleryItem(grown[number], "the image optimised for it")]
        items.append(draw_exciting(data, name, objective, number))
        items += draw_filter(network, stage, number)
        if choice is not None:
            items.append(_answer(network, stage, number, choice.digit))
        st.html(draw_gallery(items, min_width=150, css_class="ns-closeup"))


def draw_exciting(
    data: Dataset, name: str, objective: Objective, number: int, *, split: Literal["train", "test"] = "train"
) -> GalleryItem:
    """Return the nine digits of a split that activate one goal of the objective most."""
    found = caches.top_digits(name, repr(objective), data.name, objective, split)
    digits = (data.train if split == "train" else data.test).images(found.indices[number])[:, 0].numpy()
    best, kind = float(found.activations[number, 0]), "training" if split == "train" else "test"
    thing = f"{kind} {name_drawing(data)}"
    caption = f"the nine {thing}s that activate it most, up to {best:.1f}" if best else f"no {thing} activates it"
    return GalleryItem(arrays.contact_sheet(list(digits), 3, factor=3), caption)


def draw_filter(network: Classifier, stage: str, number: int) -> list[GalleryItem]:
    """Return the filter of a map; nothing where no convolution made it."""
    weights = find_filter(network, stage, number)
    if weights is None:
        return []
    values = weights.numpy()
    columns = int(np.ceil(np.sqrt(len(values))))
    limit = float(np.abs(values).max())
    sheet = draw_signed_sheet(values, columns, limit=limit, factor=max(4, 96 // (columns * values.shape[1])))
    many = f"its filter over {len(values)} maps below it" if len(values) > 1 else "its filter"
    return [GalleryItem(sheet, f"{many}: blue positive, red negative")]


def _answer(network: Classifier, stage: str, number: int, digit: Digit) -> GalleryItem:
    found = feature_map(network, stage, number, torch.from_numpy(digit)).numpy()
    low, high = float(found.min()), float(found.max())
    shown = (found - low) / (high - low) if high > low else np.zeros_like(found)
    return GalleryItem(arrays.to_gray(shown), f"the map on your digit, from {low:.1f} (black) to {high:.1f} (white)")
