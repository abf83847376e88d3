"""Columns: inputs at the left, the result at the right. On a phone the inputs come last."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

KEY = "result-first"
ROW = f'.st-key-{KEY} > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"]'
PHONE = f"<style>@media (max-width: 640px) {{ {ROW} > :first-child {{ order: 1; }} }}</style>"


def inputs_and_result(*widths: int) -> list[DeltaGenerator]:
    """Return the column for the inputs and those for the result, with their widths in relation to each other."""
    st.html(PHONE)
    return st.container(key=KEY).columns(widths, gap="medium")
