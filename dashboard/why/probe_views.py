"""The view "Where it is lost": what linear probes read after each layer of a network, for one digit and recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
import torch

from core.digits.datasets import Dataset
from core.inversion.functions import INVERSIONS
from core.networks.classifier import Classifier
from core.networks.evaluation import COLUMNS, WHOLE
from core.pmnist.masks import CUT_NAMES, cut_mask
from core.probes.learning import find_loss, read_along
from core.probes.measuring import ColumnRow, Probes
from core.probes.places import ANSWER, PIXELS, find_places
from core.probes.probe_checkpoint import ProbeCard
from core.system.checkpoint_files import CheckpointError
from core.system.intervals import wilson_interval
from core.system.number_format import with_minus
from core.visualization.arrays import mark_erased
from core.visualization.network_colors import color_of
from core.visualization.probes import ProbeRow, draw_probe_accuracies, draw_probe_rows
from core.visualization.readings import Reading
from dashboard import address
from dashboard.server import locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit
from dashboard.server.session import Session
from dashboard.why import cached
from dashboard.why.network_readings import NetworkReading, choose_readings
from dashboard.widgets.charts import show_drawn_chart
from dashboard.widgets.progress import with_progress
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import read_note, read_tip, show_caption, show_problems, show_text

CUT = "HCUT"  # of the example where nothing is erased, and of the record at first
HEADINGS = {WHOLE: "whole", **{cut: f"{cut} · {name} erased" for cut, name in CUT_NAMES.items()}}


@dataclass(frozen=True, eq=False)
class LayerReading:
    """What one network's probes read in the current digit and in the whole one."""

    network: NetworkReading
    readings: Sequence[Reading]
    """By place, first to last."""
    whole: int
    """The class that the network reads in the whole digit."""
    lost: int
    """At which place that class is lost; the number of places: it is not."""


def show_probes(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show what each chosen network's probes read after each layer, and where cut test digits are lost."""
    scene, right = choose_beside(read_tip("why", "Where it is lost"), session, data)
    with right:
        if scene is None:
            return
        digit, mask = scene
        if mask.all():
            st.caption("As an example, the top half is erased.")
            mask = cut_mask(CUT).numpy()
        readings = choose_readings(digit, mask, data, zoo)
        if not readings:
            return
        probes, cards = _find_shipped(readings, zoo)
        _show_digit(readings, probes, digit, data)
        show_caption("why", "Probes")
        _show_recorded(readings, cards)
    with st.expander("What a linear probe is, and what it does not show"):
        show_text("why_probes")


def _find_shipped(readings: Sequence[NetworkReading], zoo: Zoo) -> tuple[dict[str, Probes], dict[str, ProbeCard]]:
    """Return the shipped probes of networks that have some, and the cards of those that do not restore."""
    probes: dict[str, Probes] = {}
    cards: dict[str, ProbeCard] = {}
    problems = []
    for one in readings:
        try:
            found = cached.shipped_probes(zoo[one.name].weights_sha256)
        except CheckpointError as error:
            problems.append(str(error))
            continue
        if found is not None:
            probes[one.name] = found.probes
            cards |= {} if one.network.restores else {one.name: found.card}
    show_problems(list(dict.fromkeys(problems)))
    return probes, cards


def _show_digit(readings: Sequence[NetworkReading], probes: Mapping[str, Probes], digit: Digit, data: Dataset) -> None:
    """Show the networks whose probes are there at once, each of the others when its probes have been trained."""
    sentence, place = st.empty(), st.empty()
    found: dict[str, LayerReading | None] = {}
    for one in sorted(readings, key=lambda one: one.name not in probes):
        known = probes.get(one.name) or (_learn(one, data) if data.labelled else None)
        found[one.name] = None if known is None else _read(one, known, digit)
        read = [layers for other in readings if (layers := found.get(other.name)) is not None]
        sentence.markdown(f"**{describe_losses(read, data) or read_note('why', 'No probes')}**")
        rows = [_to_row(other, found[other.name], digit) for other in readings if other.name in found]
        place.html(draw_probe_rows(rows, data.classes))


def _learn(reading: NetworkReading, data: Dataset) -> Probes:
    """Return probes that have just been trained on a few digits, or for an earlier visit; a bar shows how far it is."""
    places = find_places(reading.classifier)
    steps = (cached.learned_probe(reading.name, data.name, place, reading.classifier) for place in places)
    text = f"Probes of {reading.title} are trained ..."
    return dict(zip(places, with_progress(steps, len(places), text), strict=True))


def _read(reading: NetworkReading, probes: Probes, digit: Digit) -> LayerReading:
    images = torch.from_numpy(np.stack([reading.digit, digit]))[:, None]
    with locks.LIVE:
        read = read_along(reading.classifier, probes, images)
    whole = int(read[ANSWER][1].argmax())
    titles = name_places(reading.classifier)
    return LayerReading(
        reading,
        [Reading(titles[place], color_of(reading.name), *shares.numpy()) for place, shares in read.items()],
        whole,
        int(find_loss({place: shares[:1] for place, shares in read.items()}, torch.tensor([whole]))),
    )


def name_places(network: Classifier) -> dict[str, str]:
    """Return a title for each place where a network is read; after the inversion it says so."""
    titles = {PIXELS: "pixels", ANSWER: "answer"}
    formula = INVERSIONS[getattr(network.inversion, "name", "identity")].formula
    for place, stage in find_places(network).items():
        inverted = f", {with_minus(formula)}" if stage == "inverted" and formula != "x" else ""
        titles.setdefault(place, f"after {place}{inverted}")
    return titles


def _to_row(reading: NetworkReading, layers: LayerReading | None, digit: Digit) -> ProbeRow:
    picture = mark_erased(reading.digit if reading.filled else digit, reading.mask, 2)
    if layers is None:
        return ProbeRow(reading.title, color_of(reading.name), picture, read_note("why", "No probes"))
    note = "reads what it has filled in" if reading.filled else ""
    return ProbeRow(reading.title, color_of(reading.name), picture, note, layers.readings, layers.lost)


def describe_losses(layers: Sequence[LayerReading], data: Dataset) -> str:
    """Return a sentence for each network: where it loses the class that it reads in the whole digit."""
    return " ".join(
        f"{one.network.title} {_describe_loss(one)} the {data.classes[one.whole]}{_describe_place(one)}."
        for one in layers
    )


def _describe_loss(one: LayerReading) -> str:
    return "loses" if one.lost < len(one.readings) else "still reads"


def _describe_place(one: LayerReading) -> str:
    if one.lost == len(one.readings):
        return ""
    if one.lost == 0 and one.network.filled:
        return " in what it has filled in"
    places = [*find_places(one.network.classifier), ANSWER]
    return f" in {name_layer(places[one.lost])}"


def name_layer(place: str) -> str:
    """Return in words where a class is lost that was still read at the place before."""
    return {PIXELS: "the pixels", ANSWER: "the last layer"}.get(place, place)


def _show_recorded(readings: Sequence[NetworkReading], cards: Mapping[str, ProbeCard]) -> None:
    """Show the recorded accuracy by layer, and where the test digits with a cut are lost."""
    known = [one for one in readings if one.name in cards]
    if not known:
        return
    column = address.segmented_control(
        "cut", "Test digits", list(COLUMNS), CUT, key="why cut", format_func=HEADINGS.__getitem__, wrap=True
    )
    rows = {one.title: cards[one.name].rows[column] for one in known}
    if column != WHOLE:
        said = [describe_record(one, rows[one.title]) for one in known]
        st.markdown(f"**Without the {CUT_NAMES[column]}: {' '.join(said)}**")
    show_drawn_chart(
        draw_probe_accuracies,
        {title: row.accuracy for title, row in rows.items()},
        {title: row.relearned for title, row in rows.items()},
        {one.title: color_of(one.name) for one in known},
    )
    if column != WHOLE:
        st.table(pd.DataFrame({title: _write_losses(row) for title, row in rows.items()}).T)
    learned, digits = cards[known[0].name].dataset, rows[known[0].title].digits
    note = read_note("why", "Recorded probes")
    st.caption(note.format(learned["digits"], learned["name"], digits, " ".join(one.name for one in known)))


def describe_record(reading: NetworkReading, row: ColumnRow) -> str:
    """Return a sentence: how many test digits the network loses, in its features and in the layers behind."""
    places = list(row.lost)
    stages = find_places(reading.classifier)
    end = 1 + max((places.index(place) for place, stage in stages.items() if stage == "inverted"), default=0)
    features, pixels = (
        100 * sum(row.lost[place] for place in some) / max(1, row.misread) for some in (places[:end], places[:1])
    )
    return (
        f"{reading.title} misreads {row.misread:,} digits that it reads whole. It loses {features:.0f} % of them in "
        f"its features ({pixels:.0f} % in the pixels) and {100 - features:.0f} % in the layers behind."
    )


def _write_losses(row: ColumnRow) -> dict[str, str]:
    """Return the share of the misread digits that are lost at each place, with its interval."""
    cells = {"misread with the cut": f"{row.misread:,}"}
    for place, count in row.lost.items():
        low, high = wilson_interval(count, row.misread)
        cells[f"lost in {name_layer(place)}"] = f"{100 * count / max(1, row.misread):.1f} % ({low:.1f}–{high:.1f})"
    return cells
