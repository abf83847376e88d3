"""The digits that were found in a picture: choose one, and see what speaks against its being one clean digit."""

from zlib import crc32

import streamlit as st
from PIL import Image

from core.digits.datasets import Dataset
from core.digits.photographs.cropping import Crop
from core.digits.photographs.doubts import find_doubts
from core.digits.photographs.finding import Finding
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from dashboard.server import caches, locks
from dashboard.server.session import ChosenDigit, Session
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.readings import WHOLE, networks_or_warn

MAX_DIGITS = 12  # that can be chosen from: what holds more is a text or a photo of something else


def choose_found_digit(finding: Finding, session: Session, data: Dataset) -> ChosenDigit:
    """Show what speaks against the digit, and the picture or the digits in it; return the chosen one."""
    doubts = st.container()
    several = 1 < len(finding.digits) <= MAX_DIGITS
    if not several:
        show_picture(arrays.to_gray(finding.digits[0].gray), "Your picture in grey", width=160)
    index = _choose(finding) if several else finding.heaviest
    if several and st.button("Read all", key="read all", help="Read the digits in turn as one number"):
        _show_number(finding, session, data)
    for doubt in find_doubts(finding, index):
        doubts.warning(doubt.sentence)
    preparation = finding.digits[index]
    return ChosenDigit(preparation.digit, preparation=preparation)


def choose_part(picture: Image.Image) -> Crop:
    """Draw the controls that turn and crop this picture; at first all of it is used."""
    name = crc32(picture.tobytes())
    with st.expander("Crop and rotate"):
        turn = st.slider("Rotate clockwise (degrees)", -180, 180, 0, key=f"turn {name}")
        left, right = st.slider("From left to right (%)", 0, 100, (0, 100), key=f"columns {name}")
        top, bottom = st.slider("From top to bottom (%)", 0, 100, (0, 100), key=f"rows {name}")
    return Crop(turn, left, right, top, bottom)


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


def _show_number(finding: Finding, session: Session, data: Dataset) -> None:
    """Show the number that each network reads."""
    with locks.LIVE:
        networks = networks_or_warn(session.scene.networks, data)
        zoo, _ = caches.zoo()
        for name in networks:
            read = [caches.readings((name,), data.name, one.digit, WHOLE)[name].argmax() for one in finding.digits]
            st.markdown(f"{zoo[name].title} reads **{''.join(data.classes[int(label)] for label in read)}**.")
