"""The view "Switch off" of the page "Feature maps": maps changed by hand on the current digit, and what is read then.

It opens with a few maps off that are enough to change the answer.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from html import escape

import streamlit as st
import torch
from torch import Tensor

from core.digits.datasets import Dataset
from core.feature_maps.changed_maps import Change, MapChange, SilencedMaps, with_changes
from core.feature_maps.stage_maps import StageMaps, compute_stage_maps
from core.networks.classifier import Classifier
from core.visualization.feature_maps import draw_legend
from core.visualization.network_colors import color_of
from core.visualization.readings import Reading
from dashboard import address
from dashboard.components.board import Row, board
from dashboard.components.instant import Switching, scene_mark
from dashboard.feature_maps import cached, map_rows, opening
from dashboard.feature_maps.digit_views import to_pixels
from dashboard.feature_maps.least_changes import show_least
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit
from dashboard.server.session import Session
from dashboard.widgets import maps, networks
from dashboard.widgets.browser_parts import show_instant_answers
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.map_changes import (
    CHANGED,
    CHANGES,
    MAX_CHANGES,
    Changes,
    choose_change,
    choose_strength,
    keep_changes,
)
from dashboard.widgets.readings import WHOLE, networks_or_warn, show_readings
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import read_note, show_tip

STRENGTH = ".st-key-maps-strength input"  # the slider, for the browser


def show_switched(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the current digit's maps with some of them changed, and what networks with these maps answer."""
    left, middle, right = inputs_and_result(300, 570, 260)
    with left:
        show_tip("feature_maps", "Switch off")
        scene = choose_scene(session, data)
    with right:
        names = networks.choose_networks(zoo)
    with middle:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            name, network = maps.choose_classifier(data, zoo)
            about = scene and opening.About(name, data.name, opening.source_of(session.scene))
            opening.keep(about, scene and to_pixels(*scene))
            held: Changes | None = address.hold("changed", CHANGES, key=CHANGED)
            change = choose_change()
            every = address.toggle("every", "The whole stage", key="maps every")
        strength = choose_strength(held or (), change)
        if network is None or scene is None:
            return
        pixels = to_pixels(*scene)
        with locks.LIVE:
            used = {one.stage for one in held or ()}
            found = caches.stage_maps(name, data.name, pixels)[:-1]
            stages = [one for one in found if not one.repeats or one.stage in used]
            fewest = cached.fewest_maps(name, data.name, pixels, last_maps_of(stages).stage, network)
            changes = _find_changes(held, fewest, stages)
            if held is None and about is not None and changes and not address.stroke_goes_on():
                opening.remember(about, pixels, changes)
            changed = with_changes(network, [replace(one, strength=strength) for one in changes])
            rows = _to_rows(changed, torch.from_numpy(pixels)[None], stages, changes)
            readings = _read_all((name, *names), changed, pixels, changes, data, zoo)
            loss = _describe_loss(name, network, pixels, stages, data)
        sentence = escape(describe(readings[name], changes, data))
        st.html(f'<p class="ns-switched">{sentence}</p>')
        if held is not None:
            st.caption(read_note("feature_maps", "By hand"))
        elif changes:
            st.caption(read_note("feature_maps", "Opening"))
        _show_buttons(changes)
        label = "All feature maps; a click changes one, dragging the mouse changes many"
        board(rows, key="maps switched", label=label, switchable=True)
        st.html(f'<p class="ns-later">{escape(loss)}</p>{draw_legend()}{scene_mark(*scene, session.base_mask)}')
    with right:
        show_readings([*readings.values()], data.classes)
        with st.container(key="later-least"):
            show_least(name, network, *scene, last_maps_of(stages), fewest, data)
    listed = [asdict(one) for one in changes]
    switching = Switching(changes=listed, change=change, every=every, strength=strength, slider=STRENGTH)
    cards = zoo | caches.own_networks()
    show_instant_answers(readings, cards, data, pixels=pixels, switching=switching, on_switch=keep_changes)


def _find_changes(held: Changes | None, fewest: SilencedMaps | None, stages: Sequence[StageMaps]) -> Changes:
    """Return the changes that the visitor has made, or that the view opens with: a few maps are off."""
    if held is None:
        numbers = fewest.maps[:MAX_CHANGES] if fewest is not None and fewest.changed else ()
        return tuple(MapChange(last_maps_of(stages).stage, number, Change.OFF) for number in numbers)
    sizes = {one.stage: len(one.maps) for one in stages}
    known = tuple(one for one in held if one.stage in sizes and (one.map or 0) < sizes[one.stage])
    if left_out := len(held) - len(known):
        changes_are = "1 change is" if left_out == 1 else f"{left_out} changes are"
        st.caption(f"{changes_are} left out: this network has no such maps.")
    return known


def last_maps_of(stages: Sequence[StageMaps]) -> StageMaps:
    """Return the last features before any inversion; in a network without maps its last hidden units."""
    return ([one for one in stages[1:] if one.spatial and one.stage != "inverted"] or list(stages))[-1]


def _nearest_first(stages: Sequence[StageMaps]) -> list[StageMaps]:
    """Return the last features first, back to the pixels, then the units that follow: the changes are in sight."""
    end = stages.index(last_maps_of(stages)) + 1
    return [*reversed(stages[:end]), *stages[end:]]


def _to_rows(changed: Classifier, image: Tensor, stages: Sequence[StageMaps], changes: Changes) -> list[Row]:
    after = {one.stage: one for one in compute_stage_maps(changed, image)}
    rows = []
    for one in _nearest_first(stages):
        row = map_rows.to_row(after[one.stage], each=False)
        numbers = [change.map for change in changes if change.stage == one.stage]
        marked = range(len(one.maps)) if None in numbers else [number for number in numbers if number is not None]
        count = "all" if None in numbers else len(numbers)
        note = f"{map_rows.describe(one)}\n{count} changed" if numbers else row.note
        rows.append(replace(row, note=note, marked=marked))
    return rows


@torch.no_grad()
def _read_all(
    names: Sequence[str], changed: Classifier, pixels: Digit, changes: Changes, data: Dataset, zoo: Zoo
) -> dict[str, Reading]:
    """Return the answers of the changed network, named first, and of others that share its maps, now and before.

    The features are computed once for all. What follows them is changed in the first one alone.
    """
    cards, readings = zoo | caches.own_networks(), {}
    found = networks_or_warn(list(dict.fromkeys(names)), data)
    original = found[names[0]].classifier.features
    sharing = {name: one.classifier for name, one in found.items() if one.classifier.features is original}
    vector = changed.extract(torch.from_numpy(pixels)[None, None])
    for name, one in sharing.items():
        if not found[name].restores:
            now = (changed if name == names[0] else one).predict_from_features(vector)[0].numpy()
            before = caches.readings((name,), data.name, pixels, WHOLE)[name]
            readings[name] = Reading(cards[name].title, color_of(name), now, before)
    return readings


def describe(reading: Reading, changes: Changes, data: Dataset) -> str:
    """Return a sentence on what a network answers with the changes."""
    now, before = data.classes[reading.label], reading.changed_from
    still = "still reads" if changes else "reads"
    reads = f"{still} {now}" if before is None else f"reads {now} instead of {data.classes[before]}"
    return f"With {_name_changes(changes)}, {reading.title} {reads} ({reading.confidence} sure)."


def _name_changes(changes: Changes) -> str:
    """Return what is changed, as the browser says it, too (`instant/switching.js`)."""
    stages = [f"all of {one.stage}" for one in changes if one.map is None]
    count = len(changes) - len(stages)
    maps_changed = [f"{count} {'map' if count == 1 else 'maps'}"] if count else []
    kind = "off" if all(one.change == Change.OFF for one in changes) else "changed"
    return f"{' and '.join([*stages, *maps_changed])} {kind}" if changes else "nothing changed"


def _describe_loss(name: str, network: Classifier, pixels: Digit, stages: Sequence[StageMaps], data: Dataset) -> str:
    """Return a sentence on the single map of the last features whose loss costs the answer most."""
    stage = last_maps_of(stages).stage
    label = int(caches.readings((name,), data.name, pixels, WHOLE)[name].argmax())
    each = cached.without_each(name, data.name, pixels, stage, network)
    number = int(each[:, label].argmin())
    sure, read = each[number].max(0)
    left = f"Without map {number} of {stage}, the one that the answer needs most, it"
    still = "reads" if int(read) != label else "still reads"
    return f"{left} {still} {data.classes[int(read)]} ({100 * float(sure):.0f} % sure)."


def _show_buttons(changes: Changes) -> None:
    with st.container(horizontal=True, key="switch-buttons"):  # a projector hides it: a click on a map changes it back
        for label, key, to, useful in (
            ("Undo the last change", "maps undo", changes[:-1], bool(changes)),
            ("Undo all changes", "maps undo all", (), bool(changes)),
            ("Few maps that change the answer", "maps few", None, st.session_state.get(CHANGED) is not None),
        ):
            st.button(label, key=key, disabled=not useful, on_click=address.change, args=(CHANGED, to))
