"""The steps from a drawing or a photo to the 28x28 digit, and how unlike MNIST's digits it is."""

import streamlit as st

from core.digits import drawing
from core.digits.likeness.advice import Likeness, find_likeness
from core.digits.likeness.measures import MEASURES
from core.digits.photographs.doubts import doubts_about_drawing
from core.system.number_format import with_minus
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery, draw_metrics


def show_preparation(preparation: drawing.Preparation, *, drawn: bool = False) -> None:
    """Show each step from the picture to the 28x28 digit, and how unlike MNIST's digits it is.

    `drawn`: also show what speaks against its being one clean digit; an uploaded picture shows that itself.
    """
    items = [GalleryItem(arrays.to_gray(step), caption) for caption, step in preparation.steps]
    st.html(draw_gallery(items, min_width=130, css_class="ns-steps"))
    for doubt in doubts_about_drawing(preparation) if drawn else ():
        st.warning(doubt.sentence)
    _show_likeness(find_likeness(preparation.digit))


def _show_likeness(likeness: Likeness) -> None:
    """Show the digit's measures beside MNIST's, a meter, and the one step that would bring it nearer."""
    st.progress(
        likeness.unlike, f"How unlike MNIST: {_percent(likeness.unlike)} of MNIST's digits are more like the others."
    )
    if likeness.advice:
        st.caption(f"{likeness.advice} Then the meter would show {_percent(likeness.advised_unlike)}.")
    metrics = {}
    for name, value in likeness.measures.items():
        label = f"{name.capitalize()} (above {_percent(likeness.shares[name])} of MNIST)"
        metrics[label] = with_minus(f"{value:.1f} {MEASURES[name]}").strip()
    st.html(draw_metrics(metrics))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
