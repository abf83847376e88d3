"""The view "Switch off" of the page "Feature maps": maps changed by hand on the current digit, and what is read then.

It opens with a few maps off that change the answer.
"""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
import torch
from torch import Tensor

from core.digits.datasets import Dataset
from core.feature_maps.changed_maps import Change, MapChange, find_fewest_maps, silence_each, with_changes
from core.feature_maps.stage_maps import StageMaps, compute_stage_maps
from core.networks.classifier import Classifier
from core.visualization.feature_maps import draw_legend
from core.visualization.network_colors import color_of
from core.visualization.readings import Reading
from dashboard import address
from dashboard.address.kinds import Kind, whole
from dashboard.components.board import Chosen, Row, board
from dashboard.feature_maps import map_rows
from dashboard.feature_maps.digit_views import to_pixels
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import maps, networks
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.readings import networks_or_warn, show_readings
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import read_tip

CHANGED = "maps changed"  # key of the changes; None: a few maps that change the answer are off
MAX_CHANGES = 64  # changes at once
NOTHING, EVERY = "nothing", "all"  # as links write them
Changes = tuple[MapChange, ...]


def show_switched(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the current digit's maps with some of them changed, and what networks with these maps answer."""
    left, middle, right = inputs_and_result(300, 570, 260)
    with left:
        st.caption(read_tip("feature_maps", "Switch off"))
        scene = choose_scene(session, data)
    with right:
        names = networks.choose_networks(zoo)
    with middle:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            name, network = maps.choose_classifier(data, zoo)
            change = address.segmented_control("change", "A click makes a map", list(Change), key="maps change")
            every = address.toggle("every", "The whole stage", key="maps every")
        if network is None or scene is None:
            return
        image = torch.from_numpy(to_pixels(*scene))[None]
        with locks.LIVE:
            stages = [one for one in compute_stage_maps(network, image)[:-1] if not one.repeats]
            changes = _find_changes(network, image, stages)
            rows = _to_rows(network, image, stages, changes)
            readings = _read_all((name, *names), network, image, changes, data, zoo)
            text = f"{describe(readings[0], changes, data)} {_describe_loss(network, image, stages, data)}"
        st.markdown(text)
        _show_buttons(changes)
        board(
            rows,
            key="maps switched",
            label="All feature maps; a click changes one",
            on_choose=lambda chosen: _switch(chosen, changes, change, every=every),
        )
        st.html(draw_legend())
    with right:
        show_readings(readings, data.classes)


def _find_changes(network: Classifier, image: Tensor, stages: Sequence[StageMaps]) -> Changes:
    """Return the changes that the visitor has made, or that the view opens with."""
    held: Changes | None = address.hold("changed", CHANGES, key=CHANGED)
    if held is None:
        *_, last = find_fewest_maps(network, image, _last(stages).stage)
        return tuple(MapChange(_last(stages).stage, number, Change.OFF) for number in last.maps)[:MAX_CHANGES]
    sizes = {one.stage: len(one.maps) for one in stages}
    known = tuple(one for one in held if one.stage in sizes and (one.map or 0) < sizes[one.stage])
    if len(known) < len(held):
        st.caption(f"{len(held) - len(known)} of the changes are left out: this network has no such maps.")
    return known


def _last(stages: Sequence[StageMaps]) -> StageMaps:
    """Return the last features before any inversion; in a network without maps its last hidden units."""
    return ([one for one in stages[1:] if one.spatial and one.stage != "inverted"] or list(stages))[-1]


def _nearest_first(stages: Sequence[StageMaps]) -> list[StageMaps]:
    """Return the last features first, back to the pixels, then the units that follow: the changes are in sight."""
    end = stages.index(_last(stages)) + 1
    return [*reversed(stages[:end]), *stages[end:]]


def _to_rows(network: Classifier, image: Tensor, stages: Sequence[StageMaps], changes: Changes) -> list[Row]:
    after = {one.stage: one for one in compute_stage_maps(with_changes(network, changes), image)}
    rows = []
    for one in _nearest_first(stages):
        row = map_rows.to_row(after[one.stage], each=False)
        count = sum(change.stage == one.stage for change in changes)
        rows.append(replace(row, note=f"{row.note}\n{count} changed") if count else row)
    return rows


def _read_all(
    names: Sequence[str], network: Classifier, image: Tensor, changes: Changes, data: Dataset, zoo: Zoo
) -> list[Reading]:
    """Return the answers of the network, named first, and of others that share its maps, with the changes and without.

    What follows the maps is changed in the first one alone.
    """
    cards, readings = zoo | caches.own_networks(), []
    for key, one in networks_or_warn(list(dict.fromkeys(names)), data).items():
        if one.restores or one.classifier.features is not network.features:
            continue
        shared = dict(network.features.named_children())
        own = [change for change in changes if key == names[0] or change.stage in shared]
        now, before = (
            read.predict(image[None])[0].detach().numpy()
            for read in (with_changes(one.classifier, own), one.classifier)
        )
        readings.append(Reading(cards[key].title, color_of(key), now, before))
    return readings


def describe(reading: Reading, changes: Changes, data: Dataset) -> str:
    """Return a sentence on what a network answers with the changes."""
    count = len(changes)
    off = all(one.change == Change.OFF for one in changes)
    what = f"{count} {'map' if count == 1 else 'maps'} {'off' if off else 'changed'}" if count else "nothing changed"
    now, before = data.classes[reading.label], reading.changed_from
    reads = f"still reads {now}" if before is None else f"reads {now} instead of {data.classes[before]}"
    return f"**With {what}, {reading.title} {reads} ({reading.confidence} sure).**"


def _describe_loss(network: Classifier, image: Tensor, stages: Sequence[StageMaps], data: Dataset) -> str:
    """Return a sentence on the single map of the last features whose loss costs the answer most."""
    stage, label = _last(stages), int(network(image[None]).argmax())
    each = silence_each(network, image, stage.stage)
    number = int(each[:, label].argmin())
    sure, read = each[number].max(0)
    left = f"Without map {number} of {stage.stage}, the one that the answer needs most, it"
    still = "reads" if int(read) != label else "still reads"
    return f"{left} {still} {data.classes[int(read)]} ({100 * float(sure):.0f} % sure)."


def _switch(chosen: Chosen, changes: Changes, change: Change, *, every: bool) -> None:
    """Change the map that was clicked, or take this change back."""
    one = MapChange(chosen.row, None if every else chosen.tile, change)
    others = tuple(other for other in changes if (other.stage, other.map) != (one.stage, one.map))
    address.change(CHANGED, others if one in changes else (*others, one)[-MAX_CHANGES:])


def _show_buttons(changes: Changes) -> None:
    with st.container(horizontal=True, key="switch-buttons"):  # a projector hides it: a click on a map changes it back
        for label, key, to, useful in (
            ("Undo the last change", "maps undo", changes[:-1], bool(changes)),
            ("Undo all changes", "maps undo all", (), bool(changes)),
            ("Few maps that change the answer", "maps few", None, st.session_state.get(CHANGED) is not None),
        ):
            st.button(label, key=key, disabled=not useful, on_click=address.change, args=(CHANGED, to))


def _read_changes(text: str) -> Changes:
    words = [] if text == NOTHING else text.split(",")
    if len(words) > MAX_CHANGES:
        raise ValueError("too many changes")
    return tuple(_read_change(word) for word in words)


def _read_change(text: str) -> MapChange:
    stage, number, change = text.split(".")
    if not 0 < len(stage) <= 40:
        raise ValueError("no name of a stage")
    return MapChange(stage, None if number == EVERY else whole(most=100_000).read(number), Change(change))


def _write_changes(changes: Changes) -> str:
    words = [f"{one.stage}.{EVERY if one.map is None else one.map}.{one.change}" for one in changes]
    return ",".join(words) or NOTHING


CHANGES = Kind(_read_changes, _write_changes)
