"""The digits that were found in a picture: choose one, and see what speaks against its being one clean digit."""

from dataclasses import replace
from math import ceil

import streamlit as st
from PIL import Image

from core.digits.datasets import Dataset
from core.digits.photographs.cropping import Crop
from core.digits.photographs.finding import WHOLE_PICTURE, Finding, find_digits
from core.digits.pictures import PictureError
from core.pmnist.masks import SIDE
from core.visualization import arrays
from core.visualization.feature_maps import Tiles
from dashboard.components.board import Chosen, Row, Sheet, board
from dashboard.server import caches, locks
from dashboard.server.session import ChosenDigit, FoundDigits, Session
from dashboard.widgets.crop import show_crop
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.readings import WHOLE, networks_or_warn

MAX_DIGITS = 12  # that can be chosen from: what holds more is a text or a photo of something else
SEVERAL = "Choose the digit to read"


def choose_found_digit(picture: Image.Image, session: Session, data: Dataset) -> ChosenDigit:
    """Show what speaks against the digit, the picture or the digits in it, and how to crop it; return the chosen one.

    The session keeps which digit of a picture is chosen, and what is cropped. Raises PictureError.
    """
    found = _find_once(picture, session)
    for doubt in found.doubts:
        st.warning(doubt.sentence)
    if found.finding is not None:
        _show_found(found, found.finding, session, data)
    show_crop(found)
    if found.finding is None:
        raise PictureError(found.problem)
    preparation = found.finding.digits[found.index]
    return ChosenDigit(preparation.digit, preparation=preparation, uploaded=True)


def _find_once(picture: Image.Image, session: Session) -> FoundDigits:
    """Return the digits in the part of the picture that the visitor wants; for a large photo it takes seconds."""
    found = session.found
    if found is None or found.picture is not picture:
        session.part = None
        found = session.found = _find(picture, None)
    elif found.part != session.part:
        found = session.found = _find(picture, session.part)
    return found


def _find(picture: Image.Image, part: Crop | None) -> FoundDigits:
    try:
        finding = find_digits(picture, part or WHOLE_PICTURE)
    except PictureError as error:
        return FoundDigits(picture, part, None, problem=str(error))
    return FoundDigits(picture, part, finding, finding.heaviest)


def _show_found(found: FoundDigits, finding: Finding, session: Session, data: Dataset) -> None:
    if not 1 < len(finding.digits) <= MAX_DIGITS:
        show_picture(arrays.to_gray(finding.digits[0].gray), "Your picture in grey", width=160)
        return
    _show_choice(found, finding, session)
    if st.button("Read all", key="read all", help="Read the digits in turn as one number"):
        _show_number(finding, session, data)


def _show_choice(found: FoundDigits, finding: Finding, session: Session) -> None:
    """Show the digits; the one that is tapped is read."""

    def take(chosen: Chosen) -> None:
        session.found = replace(found, index=chosen.tile)

    digits = [arrays.to_gray(one.digit) for one in finding.digits]
    sheet = arrays.arrange(digits, ceil(len(digits) ** 0.5), gap=0, ground=0)
    tiles = Tiles(sheet, SIDE, SIDE, [f"Digit {number}" for number in range(1, len(digits) + 1)])
    rows = [Row(SEVERAL, "", [Sheet(tiles, least=56, most=80)])]
    board(rows, key="found digits", label=SEVERAL, chosen=Chosen(SEVERAL, found.index), on_choose=take)


def _show_number(finding: Finding, session: Session, data: Dataset) -> None:
    """Show the number that each network reads."""
    with locks.LIVE:
        networks = networks_or_warn(session.scene.networks, data)
        zoo, _ = caches.zoo()
        for name in networks:
            read = [caches.readings((name,), data.name, one.digit, WHOLE)[name].argmax() for one in finding.digits]
            st.markdown(f"{zoo[name].title} reads **{''.join(data.classes[int(label)] for label in read)}**.")
