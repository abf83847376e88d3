"""The view "One number": how any value of a network is computed, down to the single multiplication."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import nn

from core.convolution.explanations import Explanation, Place, explain_value, stage_filter
from core.convolution.paths import PathStep, trace_back, trace_forward
from core.convolution.trace import StageTrace, trace_stages
from core.convolution.window import format_number
from core.digits.datasets import Dataset
from core.system.number_format import format_short
from core.visualization.convolution import NumberGrid, StagePicture, draw_products, draw_stage_pictures
from core.visualization.figures import Box, draw_clickable
from core.visualization.formulas import draw_formulas
from core.visualization.signed_colors import draw_signed_maps, to_signed
from dashboard import address
from dashboard.address.kinds import WHOLE
from dashboard.convolution.lecture_examples import EXAMPLES, show_example
from dashboard.server import locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import maps
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import show_tip

NETWORK = "Through a network"
SHOWN_MAPS = 12  # of a stage, in the overview
STAGE, MAP, ROW, COLUMN = (f"convolution {name}" for name in ("stage", "map", "row", "column"))


def show_one_number(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show how a number is computed, in a network that reads a digit or in the lecture's examples."""
    left, right = inputs_and_result(330, 880)
    with left:
        source = address.segmented_control("of", "Input", [NETWORK, *EXAMPLES], label_visibility="collapsed", wrap=True)
    if source in EXAMPLES:
        with right, locks.LIVE:
            show_example(source)
        return
    with left:
        show_tip("convolution", "One number")
        scene = choose_scene(session, data)
    with right, locks.LIVE:
        heading = st.container(horizontal=True, gap="small", vertical_alignment="center")
        settings = st.container(horizontal=True, gap="small")
        with settings:
            _, network = maps.choose_classifier(data, zoo)
        if network is not None and scene is not None:
            _show_stages(trace_stages(network, maps.to_image(*scene)), heading, settings)


def _show_stages(traces: list[StageTrace], heading: DeltaGenerator, settings: DeltaGenerator) -> None:
    """Show all stages small, one of them large, and the arithmetic of one of its numbers, which the heading names."""
    names = [trace.name for trace in traces]
    first = next((name for name in names if name.startswith("conv")), names[0])
    overview = st.empty()
    name = address.segmented_control(
        "stage", "Stage", names, first, key=STAGE, always=True, wrap=True, label_visibility="collapsed"
    )
    overview.html(draw_stage_pictures([_to_stage_picture(trace, here=trace.name == name) for trace in traces]))
    number = names.index(name)
    trace = traces[number]
    with settings:
        place = _choose_place(trace)
    found = explain_value(trace, place)
    with heading:
        st.markdown(f"#### {_title(trace, place)} = {format_number(found.value)}", width="content")
        _show_step_button(traces, trace_back(traces, number, place)[1:2], "Back to")
        _show_step_button(traces, trace_forward(traces, number, place)[:1], "Forward to")
    key = f"{trace.name}/{place}/channel"
    channel = st.session_state.get(key, found.sources[0][0] if found.sources else 0)
    if found.window is not None:
        channel = st.session_state.get(key, int(np.argmax(np.abs(found.window.sums))))
    if trace.spatial:
        _show_maps(trace, place, found, channel)
    _show_arithmetic(trace, place, found, key)
    _show_next_stages(traces, number, place)
    _show_largest_parts(traces, number, place)


def _title(trace: StageTrace, place: Place) -> str:
    where = f"map {place[0]}, row {place[1]}, column {place[2]}" if trace.spatial else f"number {place[0]}"
    return f"{trace.name}: {where}"


def _to_stage_picture(trace: StageTrace, *, here: bool) -> StagePicture:
    """Return a small picture of a stage: its first maps, or its values in columns."""
    values = trace.outputs.numpy()
    limit = float(np.abs(values).max()) or 1.0
    if trace.spatial:
        shown = values[:SHOWN_MAPS]
        sheet = draw_signed_maps(shown, columns=-(-len(shown) // 3), limit=limit, factor=1)
        return StagePicture(trace.name, " × ".join(map(str, values.shape)), sheet, here)
    columns = -(-len(values) // 40)
    padded = np.pad(values, (0, -len(values) % columns)).reshape(-1, columns)
    return StagePicture(trace.name, str(len(values)), to_signed(padded, limit), here)


def _choose_place(trace: StageTrace) -> Place:
    """Draw the fields that choose a number of the stage, at first the largest; clicks on the pictures set them too."""
    keys, shape = {"map": MAP, "row": ROW, "column": COLUMN}, trace.outputs.shape
    first: tuple[int, ...] = tuple(size // 2 for size in shape)
    if MAP not in st.session_state and "map" not in address.get_address().asked:
        first = tuple(map(int, np.unravel_index(int(trace.outputs.argmax()), shape)))
    labels = ("Map", "Row", "Column") if trace.spatial else ("Number",)
    place = [0, 0, 0]
    for at, (name, key) in enumerate(keys.items()):
        if at < len(labels):
            place[at] = address.number_input(
                name, labels[at], 0, shape[at] - 1, first[at], key=key, always=True, width=110
            )
        else:  # keeps its value for the next stage with rows and columns
            address.hold(name, WHOLE, key=key, always=True)
    return place[0], place[1], place[2]


def _choose_number(place: Place, stage: str | None = None) -> None:
    if stage is not None:
        st.session_state[STAGE] = stage
    st.session_state[MAP], st.session_state[ROW], st.session_state[COLUMN] = place


def _show_maps(trace: StageTrace, place: Place, found: Explanation, channel: int) -> None:
    """Show one input channel of the stage, all its maps, and the chosen map; a click chooses a map or a place."""
    values = trace.outputs.numpy()
    before, sheet, after = st.columns(3, gap="small")
    with before:
        st.markdown("**Input**" + (f", map {channel} of {len(trace.inputs)}" if len(trace.inputs) > 1 else ""))
        maps.show_map(trace.inputs[channel].numpy(), key=f"given/{trace.name}/{channel}", box=_box(found))
    with sheet:
        st.markdown(f"**{len(values)} maps**: click one" if len(values) > 1 else "**One map**")
        _show_sheet(trace, place)
    with after:
        st.markdown(f"**Map {place[0]}**: click a place")
        maps.show_map(
            values[place[0]],
            key=f"map/{trace.name}/{place[0]}",
            box=Box(place[1], place[2], 1, 1),
            choose=lambda row, column: _choose_number((place[0], row, column)),
        )


def _show_sheet(trace: StageTrace, place: Place) -> None:
    values = trace.outputs.numpy()
    columns = 1 if len(values) == 1 else 5 if len(values) <= 25 else 8
    limit = float(np.abs(values).max()) or 1.0
    picture = draw_signed_maps(values, columns=columns, limit=limit, factor=2, chosen=place[0])
    hover = [f"map {one}: up to {format_short(float(values[one].max()))}" for one in range(len(values))]
    figure = draw_clickable(picture, (-(-len(values) // columns), columns), hover, width=230)
    maps.show_clickable(
        figure, f"maps/{trace.name}", lambda row, column: _choose_number((row * columns + column, place[1], place[2]))
    )
    st.caption(f"one scale, from −{format_short(limit)} (red) to {format_short(limit)} (blue)")


def _box(found: Explanation) -> Box | None:
    """Return the frame around the input values that the number is computed from."""
    if not found.sources:
        return None
    rows, columns = ([place[axis] for place in found.sources] for axis in (1, 2))
    return Box(min(rows), min(columns), max(rows) - min(rows) + 1, max(columns) - min(columns) + 1)


def _show_arithmetic(trace: StageTrace, place: Place, found: Explanation, key: str) -> None:
    """Show how one number is computed."""
    if found.window is not None:
        rows, columns = trace.inputs.shape[1:]
        many = len(trace.inputs) > 1
        channel = maps.choose_channel(found.window, key=key) if many else 0
        maps.show_window(found.window, (rows, columns), {channel: f" of channel {channel}" if many else ""})
        one = stage_filter(trace, place[0])
        with st.expander("Play the window over the whole picture", key="sliding", on_change="rerun") as box:
            if box.open:
                maps.show_slide(trace.inputs, one, channel=channel, key="network")
        return
    if found.pool is not None:
        grid = NumberGrid("input", found.pool.values.numpy(), best=found.pool.winners.numpy())
        st.html(draw_products([grid], (), f"→ {format_short(found.value)}"))
    st.html(draw_formulas([(_STAGE_TITLES.get(type(trace.stage), "This stage"), found.formula)]))


_STAGE_TITLES: dict[type[nn.Module], str] = {
    nn.MaxPool2d: "Pooling: one number for a window",
    nn.AvgPool2d: "Pooling: one number for a window",
    nn.Linear: "A dense layer: every value times its weight, largest products first",
    nn.Flatten: "The maps, row by row, become one long row of values",
    nn.ReLU: "ReLU: negative values become 0",
}


def _show_next_stages(traces: Sequence[StageTrace], number: int, place: Place) -> None:
    """Show what the following stages make of a convolution's number, up to the next convolution."""
    if not isinstance(traces[number].stage, nn.Conv2d):
        return
    steps = trace_forward(traces, number, place)
    lines = [(_title(traces[step.stage_index], step.place), step.explanation.formula) for step in steps]
    if lines:
        st.markdown("**Next stages**")
        st.html(draw_formulas(lines))
    value = explain_value(traces[number], place).value
    st.caption(f"Activation functions of {format_number(value)}: {maps.describe_activations(value)}.")


def _show_largest_parts(traces: Sequence[StageTrace], number: int, place: Place) -> None:
    """Name the largest part of this number, the largest part of that part, and so on."""
    steps = trace_back(traces, number, place)
    if len(steps) > 2:
        path = " ← ".join(_title(traces[step.stage_index], step.place) for step in steps)
        st.caption(f"The largest term, its largest term, and so on down to the picture: {path}.")


def _show_step_button(traces: Sequence[StageTrace], steps: Sequence[PathStep], label: str) -> None:
    for step in steps:
        st.button(
            f"{label} {traces[step.stage_index].name}",
            key=f"{label} offered",
            on_click=_choose_number,
            args=(step.place, traces[step.stage_index].name),
            help=_title(traces[step.stage_index], step.place),
        )
