"""Buttons that erase what a view points at from the visitor's digit, on all pages; Undo brings it back."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
import torch

from core.attribution.judging import STEPS, rank_ink, select_first
from dashboard import address
from dashboard.address.kinds import whole
from dashboard.server.scene import Digit, Mask
from dashboard.widgets.mask import erase_instead

SHARE_STEP = 100 // STEPS  # percent of the ink
MAX_SHARE, FIRST_SHARE = 50, 10
MENU = "why erase"  # its key
HELP = "Erases it on all pages."


def choose_share() -> int:
    """Draw the share of the ink that all buttons of this page erase; return it in percent."""
    return address.slider("share", "Share of the ink, %", SHARE_STEP, MAX_SHARE, FIRST_SHARE, SHARE_STEP, width=240)


def show_erase_button(key: str, kept: Mask) -> None:
    """Draw the button after which only `kept` is left of the digit; nothing where the link hides erasing."""
    if not address.get_address().hides("tools"):
        st.button("Erase it", key=f"{MENU} {key}", on_click=erase_instead, args=(kept,))


def show_erase_menu(kept: Mapping[str, Mask], label: str = "Erase it", help: str = HELP) -> None:
    """Draw the same for one of several erasures, each with a title; nothing where there is none."""
    if kept and not address.get_address().hides("tools"):
        st.menu_button(label, list(kept), key=MENU, help=help, on_click=_erase, args=(kept,))


def show_strongest_menu(maps: Mapping[str, Digit], digit: Digit, mask: Mask) -> None:
    """Draw a menu that erases the ink where one of the maps `(28, 28)`, each with a title, is strongest."""
    share = address.hold("share", whole(SHARE_STEP, MAX_SHARE), FIRST_SHARE)
    left = digit * mask
    if maps and left.any():
        ranks = rank_ink(torch.from_numpy(np.stack(list(maps.values()))), torch.from_numpy(left)[None])
        kept = mask & ~select_first(ranks, share / 100).numpy()
        about = f"{HELP} *Where to erase* sets the share."
        show_erase_menu(dict(zip(maps, kept, strict=True)), f"Erase the strongest {share} % of the ink", about)


def _erase(kept: Mapping[str, Mask]) -> None:
    if (chosen := st.session_state[MENU]) in kept:
        erase_instead(kept[chosen])
