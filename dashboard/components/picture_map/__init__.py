"""A map of many points, each with a picture that the user sees by pointing at it.

`picture_map(points, key=...)` needs Streamlit, NumPy and the files beside this one. All pictures are sent as one sheet;
Streamlit sends what has not changed only once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

FILES = ("picture_map.html", "picture_map.css", "picture_map.js")
_html, _css, _js = (Path(__file__).with_name(name).read_text("utf-8") for name in FILES)
_component = st.components.v2.component("negative_space.picture_map", html=_html, css=_css, js=_js)


@dataclass(frozen=True, eq=False)
class PicturePoints:
    """Points in a square of 1000 units, from its upper left, in groups."""

    points: Sequence[Sequence[int]]
    """x and y of each."""
    groups: Sequence[int]
    """The number of each point's group."""
    colors: Sequence[str]
    """Of each group."""
    titles: Sequence[str]
    """What a point of each group is called."""
    sheet: str
    """The data URL of all pictures, in the order of the points, row by row without gaps."""
    columns: int
    """Pictures in a row of the sheet."""
    mark: str
    """What tells this map from others: the browser draws a map with the same mark once."""


def picture_map(points: PicturePoints, *, key: str, label: str) -> None:
    """Draw the map; `label` says what it shows, for screen readers."""
    _component(key=key, data={**vars(points), "label": label})
