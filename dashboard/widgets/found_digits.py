"""The digits that were found in a picture: choose one, and see what speaks against its being one clean digit."""

import streamlit as st

from core.digits.photographs.doubts import find_doubts
from core.digits.photographs.finding import Finding
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from dashboard.server.session import ChosenDigit
from dashboard.widgets.pictures import show_picture

MAX_DIGITS = 12  # that can be chosen from: what holds more is a text or a photo of something else


def choose_found_digit(finding: Finding) -> ChosenDigit:
    """Show the picture and the digits in it, cut apart; return the chosen one, at first the one with most ink."""
    show_picture(arrays.to_gray(finding.digits[0].gray), "Your picture in grey", width=160)
    index = _choose(finding) if 1 < len(finding.digits) <= MAX_DIGITS else finding.heaviest
    for doubt in find_doubts(finding, index):
        st.warning(doubt.sentence)
    preparation = finding.digits[index]
    return ChosenDigit(preparation.digit, preparation=preparation)


def _choose(finding: Finding) -> int:
    pictures = [arrays.to_gray(one.digit) for one in finding.digits]
    items = [GalleryItem(picture, f"Digit {number}") for number, picture in enumerate(pictures, 1)]
    st.html(draw_gallery(items, min_width=56, css_class="ns-found"))
    chosen = st.segmented_control(
        "Which digit to read",
        range(len(finding.digits)),
        key="found digit",
        default=finding.heaviest,
        required=True,
        format_func=lambda index: str(index + 1),
    )
    return finding.heaviest if chosen is None or chosen >= len(finding.digits) else chosen
