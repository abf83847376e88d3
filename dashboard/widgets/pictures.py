"""Pictures with a description for those who cannot see them; `st.image` has no place for one."""

from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.visualization import arrays


def show_picture(
    picture: NDArray[np.uint8], description: str, *, width: int | None = None, smooth: bool = False
) -> None:
    """Show a uint8 picture, grey `(H, W)` or colour `(H, W, 3)`, with its pixels as squares unless it is `smooth`.

    It is `width` screen pixels wide, or as wide as the place it is in.
    """
    source, wide = arrays.to_data_url(picture), "100%" if width is None else f"{width}px"
    style = f"width:{wide}{';image-rendering:auto' if smooth else ''}"
    st.html(f'<img class="ns-picture" src="{source}" alt="{escape(description)}" style="{style}">')
