"""The view "Filters" of the page "Feature maps": every filter of every layer, at the start and after training."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from core.convolution.window import format_number
from core.digits.datasets import Dataset
from core.feature_maps.filters import Filters, list_filters, measure_filter_change
from core.jobs import run_folders, trained_networks, training_snapshots
from core.jobs.initial_networks import InitialNetwork, find_initial_network
from core.jobs.training_snapshots import Snapshot
from core.system.number_format import format_range
from core.visualization.feature_maps import color_limits, draw_legend, draw_tiles, name_filters, name_maps
from dashboard import address
from dashboard.address.kinds import TILE
from dashboard.components.board import Chosen, Row, Sheet, board
from dashboard.feature_maps import map_rows
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import maps
from dashboard.widgets.texts import read_note, show_caption

CHOSEN = "maps filter"  # the key of the clicked square
SNAPSHOTS = 12  # shown of a training
SIZES = ((30, 44), (9, 44))  # least and largest pixels of the screen for a square: in one row, and in many
CLIPPED = 0.01  # share of the weights: with a few very large ones in the scale all others would be dark
START, TRAINED = "at the start", "after training"


def show_filters(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the filters of all convolutions, a row for each input map and a column for each filter."""
    middle, right = st.columns([900, 270], gap="medium")
    with middle:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            name, network = maps.choose_classifier(data, zoo)
            each = map_rows.choose_scale("filters", of="square", every="layer")
        if network is None:
            return
        trained = list_filters(network)
        if not trained:
            st.info("This network has no convolutions, and so no filters.")
            return
        origin = find_initial_network(name)
        start = () if origin is None else list_filters(origin.network)
        st.markdown(f"**{describe_change(start, trained)}**")
        st.caption(_describe_start(origin, zoo))
        rows = [_to_row(one, start[at] if start else None, each=each) for at, one in enumerate(trained)]
        chosen = _find_chosen(rows)
        board(rows, key="maps filters", label="All filters", chosen=chosen, on_choose=_choose)
        st.html(draw_legend())
        show_caption("feature_maps", "Filters")
        _show_snapshots(name, each=each)
    with right:
        _show_one(trained, start, chosen)


def describe_change(start: Sequence[Filters], trained: Sequence[Filters]) -> str:
    """Return a sentence: how many filters each convolution has, or how much training has changed them."""
    if not start:
        return f"The network has {', '.join(f'{len(one.weights)} filters in {one.stage}' for one in trained)}."
    moves = [measure_filter_change(*pair).relative_length for pair in zip(start, trained, strict=True)]
    if not any(moves):
        return "Training did not change any filter."
    told = ", ".join(f"{one.stage} by {100 * move:.0f} %" for one, move in zip(trained, moves, strict=True))
    return f"Training changed the filters of {told} of their length (L2)."


def _describe_start(origin: InitialNetwork | None, zoo: Zoo) -> str:
    """Return a sentence about the filters' initial values, if they are known exactly."""
    if origin is None:
        return read_note("feature_maps", "Unknown start")
    if origin.parent is None:
        return f"*At the start*: random weights with seed {origin.seed}, before training."
    title = zoo[origin.parent].title if origin.parent in zoo else "another network"
    return f"*At the start*: the filters of {title}, which this network started from."


def _to_row(trained: Filters, start: Filters | None, *, each: bool) -> Row:
    made, read, *_ = trained.weights.shape
    shape = "\n".join((f"{made} filters", f"({', '.join(map(str, trained.keras_shape))})"))
    shown = {TRAINED: trained} if start is None else {START: start, TRAINED: trained}
    squares = [_squares(filters) for filters in shown.values()]
    limits = color_limits(squares, per_map=each, clipped=CLIPPED)
    names = [name_filters(one, read, made) for one in squares]
    built = [
        Sheet(draw_tiles(one, limits, about), *SIZES[read > 1], title=title, columns=made if read > 1 else 0)
        for one, about, title in zip(squares, names, shown, strict=True)
    ]
    lines = [shape, format_range(float(trained.weights.min()), float(trained.weights.max()))]
    if start is not None:
        move = measure_filter_change(start, trained)
        lines.append(f"changed by {100 * move.relative_length:.0f} %" if move.relative_length else "unchanged")
    return Row(trained.stage, "\n".join(lines), built)


def _squares(filters: Filters) -> np.ndarray:
    """Return the squares `(in * out, k, k)`, input by input: a column for each filter."""
    return filters.weights.transpose(0, 1).flatten(0, 1).numpy()


def _choose(chosen: Chosen) -> None:
    st.session_state[CHOSEN] = chosen


def _find_chosen(rows: Sequence[Row]) -> Chosen:
    chosen: Chosen | None = address.hold("filter", TILE, key=CHOSEN)
    counts = {row.name: len(row.sheets[0].tiles.names) for row in rows}
    return chosen if chosen is not None and chosen.tile < counts.get(chosen.row, 0) else Chosen(rows[0].name, 0)


def _show_one(trained: Sequence[Filters], start: Sequence[Filters], chosen: Chosen) -> None:
    """Show the weights of one square, before and after training."""
    at = next(number for number, one in enumerate(trained) if one.stage == chosen.row)
    row, column = divmod(chosen.tile, len(trained[at].weights))
    st.markdown(
        f"**{chosen.row}, filter {column}**" + (f", over map {row}" if trained[at].weights.shape[1] > 1 else "")
    )
    for title, filters in ((START, start), (TRAINED, trained)):
        if filters:
            st.caption(title.capitalize())
            maps.show_map(filters[at].weights[column, row].numpy(), key=f"maps {title} {chosen.row}")
    st.caption(f"Bias: {format_number(float(trained[at].biases[column]))}")


def _find_snapshots(folder: Path) -> list[Snapshot]:
    """Return up to SNAPSHOTS snapshots of a run, evenly spread; none if it has fewer than two."""
    names = training_snapshots.list_snapshots(folder)
    steps = np.unique(np.linspace(0, len(names) - 1, min(SNAPSHOTS, len(names))).round().astype(int))
    return [training_snapshots.load_snapshot(folder, names[step]) for step in steps] if len(names) > 1 else []


def _show_snapshots(name: str, *, each: bool) -> None:
    """Show how the first filters changed during training, if the network's run has kept snapshots."""
    run = trained_networks.run_id_of(name)
    if run is None:
        return
    try:
        found = _find_snapshots(run_folders.load_job(run).folder)
    except ValueError as error:  # also JobError
        st.warning(str(error))
        return
    if not found:
        return
    filters = np.stack([one.filters for one in found], 1)  # a row for each filter, a column for each moment
    squares = filters.reshape(-1, *filters.shape[2:])
    if not squares.size:
        return
    when = [f"epoch {one.epoch}, batch {one.batch}" for one in found]
    names = [f"{text}, {when[at % len(when)]}" for at, text in enumerate(name_maps(squares, "filter"))]
    tiles = draw_tiles(squares, color_limits([squares], per_map=each), names)
    st.markdown(read_note("feature_maps", "During training"))
    board(
        [Row("first filters", f"{len(when)} moments", [Sheet(tiles, 20, 44, columns=len(when))])],
        key="maps moments",
        label="Filters during training",
    )
