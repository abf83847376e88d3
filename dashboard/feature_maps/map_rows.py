"""Feature maps as rows of the board: the text beside each stage, the size of its maps, and their colour scale."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from core.feature_maps.stage_maps import StageMaps, relative_change, subtract_maps
from core.system.number_format import format_range
from core.visualization.feature_maps import color_limits, draw_tiles, name_maps, name_places, tile_size
from dashboard import address
from dashboard.components.board import Followed, Row, Sheet
from dashboard.widgets.texts import show_text

ENLARGED_WIDTH = 270  # pixels of the screen


def show_reading() -> None:
    """Show what to look for in feature maps."""
    with st.expander("What to look for"):
        show_text("feature_maps_reading")


def choose_scale(view: str, *, of: str = "map", every: str = "stage", each: bool = False) -> bool:
    """Draw the choice of the colour scale; return whether each map has its own (default: `each`)."""
    options = [f"one for each {every}", f"one for each {of}"]
    chosen = address.segmented_control(
        "scale",
        "Colour scale",
        options,
        options[each],
        key=f"maps scale {view}",
        help=f"One for each {every}: its {of}s can be compared, weak ones stay dark. One for each {of}: weak ones are "
        "visible too.",
    )
    return chosen == options[1]


def to_row(maps: StageMaps, *, each: bool) -> Row:
    """Return the row of a stage, with all its maps."""
    follows = Followed(maps.stage, each=each and maps.spatial)
    return Row(maps.stage, describe(maps), _to_sheets([maps], [""], each=each), follows=follows)


def to_pair(maps: Sequence[StageMaps], titles: Sequence[str], *, each: bool) -> Row:
    """Return the row of one stage of two digits or two networks, side by side with one scale."""
    return Row(maps[0].stage, describe(maps[0]), _to_sheets(maps, titles, each=each))


def to_trio(before: StageMaps, after: StageMaps, titles: Sequence[str], *, each: bool) -> Row:
    """Return the row of one stage of two digits and their difference, with one scale and how much it changes."""
    (difference,) = subtract_maps([before], [after])
    row = to_pair([before, after, difference], [*titles, "difference"], each=each)
    change = relative_change(before, after)
    note = "the same" if not change else "new" if change == float("inf") else f"changes by {100 * change:.0f} %"
    return replace(row, note=f"{_shape(before)}\n{note}")


def enlarge(maps: Sequence[StageMaps], number: int, titles: Sequence[str], *, width: int = ENLARGED_WIDTH) -> Row:
    """Return a row with one map enlarged, of one digit or of several with one scale; hover shows its values."""
    values = [one.maps[number].numpy() for one in maps]
    limit = np.full(values[0].size, color_limits([one[None] for one in values], per_map=True)[0])
    built = []
    for one, title in zip(values, titles, strict=True):
        tiles = draw_tiles(one.reshape(-1, 1, 1), limit, name_places(one))
        values_range = format_range(float(one.min()), float(one.max()))
        about = f"{title}: {values_range}" if title else values_range
        built.append(Sheet(tiles, 3, max(3, width // one.shape[1]), title=about, columns=one.shape[1], apart=False))
    name = f"{maps[0].stage}, {'map' if maps[0].spatial else 'unit'} {number}"
    return Row(name, "", built, follows=Followed(maps[0].stage, number) if len(maps) == 1 else None)


def describe(maps: StageMaps) -> str:
    """Return the number and size of a stage's maps, the range of their values, and how many are silent."""
    lines = [_shape(maps), format_range(maps.low, maps.high)]
    if maps.spatial and maps.zero_maps:
        lines.append(f"{maps.zero_maps} inactive")
    return "\n".join(lines)


def _shape(maps: StageMaps) -> str:
    count, rows, columns = maps.maps.shape
    noun = ("map" if maps.spatial else "unit") + ("s" if count > 1 else "")
    return f"{count} {noun}" + (f" of {rows} × {columns}" if maps.spatial else "")


def _to_sheets(maps: Sequence[StageMaps], titles: Sequence[str], *, each: bool) -> list[Sheet]:
    """Return sheets with one scale if they have one shape, else each with its own. Units have no scale of their own."""
    values = [one.maps.numpy() for one in maps]
    same_shape = len({one.shape for one in values}) == 1
    what = "map" if maps[0].spatial else "unit"
    sheets = []
    for one, title in zip(values, titles, strict=True):
        limits = color_limits(values if same_shape else [one], per_map=each and maps[0].spatial)
        tiles = draw_tiles(one, limits, name_maps(one, what))
        sheets.append(Sheet(tiles, *tile_size(one.shape[2], len(one)), title=title))
    return sheets
