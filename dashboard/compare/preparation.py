"""The steps from a drawing or a photo to the 28x28 digit, and how unlike MNIST's digits it is."""

import streamlit as st

from core.digits import drawing
from core.digits.likeness.advice import Likeness, find_likeness
from core.digits.likeness.measures import MEASURES
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery, draw_metrics


def show_preparation(preparation: drawing.Preparation) -> None:
    """Show each step from the picture to the 28x28 digit, and how unlike MNIST's digits it is."""
    items = [GalleryItem(arrays.to_gray(step), caption) for caption, step in preparation.steps]
    st.html(draw_gallery(items, min_width=130, css_class="ns-steps"))
    _show_likeness(find_likeness(preparation.digit))


def _show_likeness(likeness: Likeness) -> None:
    """Show the digit's measures beside MNIST's, a meter, and the one step that would bring it nearer."""
    st.progress(likeness.unlike, f"How unlike MNIST: {likeness.unlike:.0%} of MNIST's digits are more like the others.")
    if likeness.advice:
        st.caption(f"{likeness.advice} Then the meter would show {likeness.advised_unlike:.0%}.")
    named = {f"{name} ({_rank(likeness.shares[name])})": f"{value:.1f}" for name, value in likeness.measures.items()}
    st.html(draw_metrics({name.capitalize(): _with_unit(text, name) for name, text in named.items()}))


def _rank(share: float) -> str:
    return f"above {share:.0%} of MNIST"


def _with_unit(text: str, name: str) -> str:
    return f"{text} {MEASURES[name.split(' (')[0]]}".strip()
