"""Where inputs stand: left of the result, on a phone below it; folded away where a projector has no room for them."""

from contextlib import AbstractContextManager, nullcontext

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.address import get_address

KEY = "result-first"
ROW = f'.st-key-{KEY} > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"]'
PHONE = f"<style>@media (max-width: 640px) {{ {ROW} > :first-child {{ order: 1; }} }}</style>"


def inputs_and_result(*widths: int) -> list[DeltaGenerator]:
    """Return the column for the inputs and those for the result, with their widths in relation to each other."""
    st.html(PHONE)
    return st.container(key=KEY).columns(widths, gap="medium")


def fold_for_projector(chosen: str, key: str) -> AbstractContextManager[object]:
    """Return the place for the buttons of a choice: in projector mode a popover named after what is chosen."""
    return st.popover(chosen, key=key) if get_address().projector else nullcontext()
