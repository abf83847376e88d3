"""Pictures with a description for those who cannot see them; `st.image` has no place for one."""

from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.visualization import arrays


def show_picture(picture: NDArray[np.uint8], description: str, *, width: int) -> None:
    """Show a uint8 picture, grey `(H, W)` or colour `(H, W, 3)`, `width` screen pixels wide, its pixels as squares."""
    source = arrays.to_data_url(picture)
    st.html(f'<img class="ns-picture" src="{source}" alt="{escape(description)}" style="width:{width}px">')
