"""A board of sheets, each of many small pictures in rows that wrap; people point at one of them and choose it.

`board(rows, key=..., on_choose=...)` needs Streamlit, NumPy and the files beside this one. All small pictures of a
sheet come as one, a pixel for each value; the browser enlarges and lays them out for the room that there is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import streamlit as st

from core.visualization.arrays import to_data_url
from core.visualization.feature_maps import Tiles

FILES = ("board.html", "board.css", "board.js")
_html, _css, _js = (Path(__file__).with_name(name).read_text("utf-8") for name in FILES)
_component = st.components.v2.component("negative_space.board", html=_html, css=_css, js=_js)


@dataclass(frozen=True, eq=False)
class Sheet:
    """Some small pictures, which are called tiles."""

    tiles: Tiles
    least: int
    """Width of a tile on the screen: at least, which can make many rows, ..."""
    most: int
    """... and at most, where two rows have room for that."""
    title: str = ""
    columns: int = 0
    """Tiles in a row, always; 0: as many as there is room for."""
    apart: bool = True
    """Whether there is a line between tiles."""


@dataclass(frozen=True, eq=False)
class Row:
    """A name, a note of some lines below it, and sheets beside one another."""

    name: str
    note: str
    sheets: Sequence[Sheet]


@dataclass(frozen=True)
class Chosen:
    """A tile of a row: the same one on all of its sheets."""

    row: str
    tile: int


def board(
    rows: Sequence[Row],
    *,
    key: str,
    label: str,
    chosen: Chosen | None = None,
    on_choose: Callable[[Chosen], None] | None = None,
) -> None:
    """Show the rows below one another, what is `chosen` in a frame; `on_choose` is called before the page runs again.

    `label` says in a few words what is to be seen, for those who cannot see it.
    """
    described = [_describe(row) for row in rows]
    mark = crc32(repr(described).encode())  # tests and benchmarks see by it which board has been drawn
    data = {
        "rows": described,
        "label": label,
        "mark": f"{mark:08x}",
        "choosable": on_choose is not None,
        "chosen": None if chosen is None else [chosen.row, chosen.tile],
    }

    def changed() -> None:
        found = read_choice(st.session_state[key].get("chosen"), rows)
        if found is not None and on_choose is not None:
            on_choose(found)

    _component(key=key, data=data, on_chosen_change=changed)


def read_choice(sent: Any, rows: Sequence[Row]) -> Chosen | None:
    """Return what a browser has sent, where anything may come from; None for what is on none of the rows."""
    counts = {row.name: len(row.sheets[0].tiles.names) for row in rows if row.sheets}
    match sent:
        case [str(name), int(tile)] if 0 <= tile < counts.get(name, 0):
            return Chosen(name, tile)
    return None


def _describe(row: Row) -> dict[str, Any]:
    sheets = [
        {
            "picture": to_data_url(sheet.tiles.picture),
            "width": sheet.tiles.width,
            "height": sheet.tiles.height,
            "names": list(sheet.tiles.names),
            "least": sheet.least,
            "most": sheet.most,
            "title": sheet.title,
            "columns": sheet.columns,
            "apart": sheet.apart,
        }
        for sheet in row.sheets
    ]
    return {"name": row.name, "note": row.note, "sheets": sheets}
