"""A board of sheets of many small pictures (tiles) in rows that wrap; the user can point at a tile and choose it.

`board(rows, key=..., on_choose=...)` needs Streamlit, NumPy and the files beside this one. The tiles of a sheet are
sent as one picture, a pixel for each value; the browser enlarges and lays them out for the space that there is.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import streamlit as st

from core.visualization.arrays import to_data_url
from core.visualization.feature_maps import Tiles
from dashboard.components import forward

FILES = ("board.html", "board.css", "board.js")
_html, _css, _js = (Path(__file__).with_name(name).read_text("utf-8") for name in FILES)
_component = st.components.v2.component("negative_space.board", html=_html, css=_css, js=f"{forward.COLORS}\n{_js}")


@dataclass(frozen=True, eq=False)
class Sheet:
    """Tiles that belong together."""

    tiles: Tiles
    least: int
    """Smallest width of a tile in screen pixels; it may take many rows."""
    most: int
    """Largest width, if two rows have space for it."""
    title: str = ""
    columns: int = 0
    """Tiles in a row; 0: as many as fit."""
    apart: bool = True
    """Whether there is a line between tiles."""


@dataclass(frozen=True)
class Followed:
    """The maps of a network's stage that a row shows, as the browser computes them while a stroke goes on."""

    stage: str
    map: int | None = None
    """None: all of them, a tile each; else one, a tile for each value."""
    each: bool = False
    """Whether each map has its own colour scale."""


@dataclass(frozen=True, eq=False)
class Row:
    """A name, a note of some lines below it, and sheets side by side."""

    name: str
    note: str
    sheets: Sequence[Sheet]
    marked: Sequence[int] = ()
    """Tiles with an orange edge."""
    follows: Followed | None = None
    """What the browser paints into the row's only sheet, beside `instant_answers`; None: nothing."""


@dataclass(frozen=True)
class Chosen:
    """A tile of a row, by its place, which is the same on all sheets of the row."""

    row: str
    tile: int


def board(
    rows: Sequence[Row],
    *,
    key: str,
    label: str,
    chosen: Chosen | None = None,
    on_choose: Callable[[Chosen], None] | None = None,
    switchable: bool = False,
) -> None:
    """Draw the rows below one another, and a frame around `chosen`; `on_choose` is called before the page reruns.

    On a `switchable` board the tiles that were clicked, or that a mouse was dragged over, go to `instant_answers`.
    `label` says what the board shows, for screen readers.
    """
    described = [_describe(row) for row in rows]
    mark = crc32(repr(described).encode())  # tests and benchmarks tell by it which board was drawn
    data = {
        "rows": described,
        "label": label,
        "mark": f"{mark:08x}",
        "choosable": on_choose is not None,
        "switchable": switchable,
        "chosen": None if chosen is None else [chosen.row, chosen.tile],
    }

    def changed() -> None:
        found = read_choice((st.session_state.get(key) or {}).get("chosen"), rows)
        if found is not None and on_choose is not None:
            on_choose(found)

    _component(key=key, data=data, on_chosen_change=changed)


def read_choice(sent: Any, rows: Sequence[Row]) -> Chosen | None:
    """Return the chosen tile; None if it is on none of the rows, since a browser may send anything."""
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
    follows = None if row.follows is None else asdict(row.follows)
    return {"name": row.name, "note": row.note, "sheets": sheets, "marked": list(row.marked), "follows": follows}
