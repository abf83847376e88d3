"""The steps from a drawing or a photo to the 28x28 digit."""

import streamlit as st

from core.digits import drawing
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery


def show_preparation(preparation: drawing.Preparation) -> None:
    """Show each step from the picture to the 28x28 digit."""
    items = [GalleryItem(arrays.to_gray(step), caption) for caption, step in preparation.steps]
    st.html(draw_gallery(items, min_width=130, css_class="ns-steps"))
