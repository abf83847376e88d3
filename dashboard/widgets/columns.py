"""Two columns: inputs at the left, the result at the right. On a phone the result comes first."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

KEY = "result-first"
ROW = f'.st-key-{KEY} > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"]'
PHONE = f"<style>@media (max-width: 640px) {{ {ROW} {{ flex-direction: column-reverse; }} }}</style>"


def inputs_and_result(inputs: int, result: int) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return the columns for the inputs and for the result, with their widths in relation to each other."""
    st.html(PHONE)
    left, right = st.container(key=KEY).columns([inputs, result], gap="medium")
    return left, right
