"""The views of the page "PMNIST": partial digits, and how well networks read them."""

from collections.abc import Sequence
from itertools import product

import pandas as pd
import streamlit as st
import torch

from core.digits.datasets import Dataset
from core.networks import evaluation
from core.networks.evaluation import COLUMNS, TALK_ACCURACY, TALK_GAIN
from core.networks.growing_hole import HoleStep, grow_hole, hole_masks
from core.pmnist.masks import CUT_NAMES, CUTS, GROWTH_DIRECTIONS, Variant, cut_mask
from core.visualization import arrays
from core.visualization.figures import Curve, draw_confusion, draw_curves
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.network_colors import color_of
from core.visualization.readings import draw_answers
from dashboard import address
from dashboard.components.player import Frame, Look
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit
from dashboard.server.session import Session
from dashboard.widgets import networks as network_inputs
from dashboard.widgets import playing
from dashboard.widgets.charts import PLAIN
from dashboard.widgets.digit import choose_digit
from dashboard.widgets.mask import choose_variant
from dashboard.widgets.progress import with_progress
from dashboard.widgets.readings import networks_or_warn, read_all
from dashboard.widgets.tables import choose_cell, show_accuracies, show_cell, show_who_is_right
from dashboard.widgets.texts import show_text

HEADINGS = {"whole": "whole", **{cut: f"{cut} · {name}" for cut, name in CUT_NAMES.items()}}
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def show_cuts(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show any digit whole and under each cut, with what every chosen network reads."""
    left, right = st.columns([280, 760], gap="medium")
    with left:
        choice = choose_digit(session, data, first="Sample")
        variant = choose_variant("variant")
    with right:
        names = network_inputs.choose_networks(zoo)
        if choice is None:
            st.info("As soon as there is a digit, its four cuts appear here.")
            return
        networks = networks_or_warn(names, data)
        items = []
        for column in COLUMNS:
            mask = cut_mask(column, variant=variant).numpy()
            answers = draw_answers(read_all(networks, zoo, choice.digit, mask, data), data.classes)
            items.append(GalleryItem(arrays.mark_erased(choice.digit, mask, 6), HEADINGS[column], answers))
        st.html(draw_gallery(items, min_width=130, css_class="ns-cuts"))


def show_growth(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Play a hole that grows over a digit, with each network's probability of what it read in the whole digit."""
    left, right = st.columns([280, 760], gap="medium")
    with left:
        choice = choose_digit(session, data, first="Sample")
    with right:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = choose_growth()
            names = network_inputs.choose_networks(zoo)
        networks = networks_or_warn(names, data)
        if choice is None:
            st.info("As soon as there is a digit, a hole can grow over it here.")
            return
        digit, titles = choice.digit, {name: zoo[name].title for name in networks}
        look = Look(
            "How sure each still is of what it read in the whole digit",
            {titles[name]: color_of(name) for name in networks},
            unit=" %",
            limits=(0, 100),
            speed=0.25,
        )
        playing.play(
            lambda: grow_hole(networks, digit, kind),
            lambda step: to_frame(step, digit, titles, data.classes),
            key="growth",
            look=look,
            total=len(hole_masks(kind)),
            about=(digit.tobytes(), kind, *networks),
            start="Watch it go",
        )


def to_frame(step: HoleStep, digit: Digit, titles: dict[str, str], classes: Sequence[str]) -> Frame:
    """Return the frame of one size of the hole."""
    sure = {titles[name]: round(100 * float(step.probabilities[name][label])) for name, label in step.whole.items()}
    answers = " · ".join(f"{titles[name]} {classes[label]}" for name, label in step.labels.items())
    changed = " · ".join(f"{titles[name]} (was {classes[step.whole[name]]})" for name in step.changed)
    minds = f"Changed their minds: {changed}" if changed else "Nobody has changed their mind."
    text = f"{100 * step.missing:.0f} % of the picture is gone. They read: {answers}\n{minds}"
    return Frame(arrays.mark_erased(digit, step.mask, 5), sure, text)


def choose_growth() -> str:
    """Draw the choice of where the hole begins; return the chosen option."""
    return address.segmented_control("hole", "The hole grows", GROWTH_DIRECTIONS, key="growing")


def choose_count(data: Dataset, key: str, first: int) -> int:
    """Draw how many test digits are measured, `first` of them at first."""
    most = len(data.test)
    return address.select_slider(
        "digits",
        "Test digits",
        sorted({count for count in (100, 250, 500, 1000, 2500, 5000, most) if count <= most}),
        min(first, most if most < 500 else first),
        key=key,
    )


def show_table(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the recorded MNIST table, and the same measured here and now on the current digits."""
    variant = choose_variant("variant")
    show_text("pmnist_table")
    st.markdown("#### Recorded: 10,000 MNIST test digits")
    recorded = {name: card.accuracies(variant) for name, card in zoo.items() if card.accuracies(variant)}
    show_accuracies(recorded, zoo)
    _show_talk()
    st.caption("Recorded when the networks were made; `python -m core train all` repeats every row.")

    st.markdown(f"#### Live: measured now on {data.name}")
    names = tuple(networks_or_warn(network_inputs.choose_networks(zoo), data))
    count = choose_count(data, "live count", 1000)
    if not st.button("Measure", type="primary", key="measure"):
        st.caption(f"{len(names)} networks × {len(COLUMNS)} sets × {count:,} digits.")
        return
    cells = list(product(COLUMNS, names))
    table: dict[str, dict[str, float]] = {name: {} for name in names}
    labels = data.test.first(count).labels
    for column, name in with_progress(cells, len(cells), "Reading partial digits ..."):
        predicted = caches.predicted(name, column, variant, count, data.name)
        table[name][column] = evaluation.accuracy(labels, torch.from_numpy(predicted))
    show_accuracies(table, zoo)
    st.caption(f"The first {count:,} test digits of {data.name} ({data.source}), just now.")


def _show_talk() -> None:
    """Show the talk's own Table 1 beside ours, clearly told apart."""
    rows = {column: f"{TALK_ACCURACY[column]:.1f}  :small[({TALK_GAIN[column]:+.1f})]" for column in TALK_ACCURACY}
    st.markdown(
        "*The talk's own figures (EuroPython 2019, Table 1): blind; the best epoch on the test digits themselves*"
    )
    st.table(pd.DataFrame({"Talk: missing-feature": rows}).T)


def show_curve(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show accuracy against how much of each digit is missing."""
    kind = choose_growth()
    names = tuple(networks_or_warn(network_inputs.choose_networks(zoo), data))
    count = choose_count(data, "curve count", 250)
    if not st.button("Draw the curves", type="primary", key="curves"):
        return
    points: dict[str, list[float]] = {name: [] for name in names}
    cells = list(product(SHARES, names))
    for share, name in with_progress(cells, len(cells), "Erasing more and more ..."):
        points[name].append(caches.accuracy_when_missing(name, kind, share, count, data.name))
    percent = [100 * share for share in SHARES]
    curves = [Curve(zoo[name].title, color_of(name), percent, points[name]) for name in names]
    figure = draw_curves(curves, x_title="missing, % of the picture", y_title="read right, %")
    st.plotly_chart(figure, width="stretch", config=PLAIN)
    st.caption(f"The first {count:,} test digits of {data.name}. Restoring networks know the hole, the others do not.")


def show_confusions(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show a network's confusion matrix (a click on a cell shows its digits), and compare it with a second network."""
    variant: Variant = "text"
    which, other, on, how_many = st.columns(4)
    title = {name: card.title for name, card in zoo.items()}
    with which:
        name = network_inputs.choose_network(zoo, key="confused")
    if not name:
        return
    with other:
        rival = network_inputs.choose_network(
            zoo, name="beside", key="rival", label="beside", first=list(zoo)[min(1, len(zoo) - 1)]
        )
    column = address.selectbox(
        "on", "Digits", COLUMNS, COLUMNS[1], key="column", place=on, format_func=HEADINGS.__getitem__
    )
    with how_many:
        count = choose_count(data, "confusion count", 1000)
    if len(networks_or_warn([name, rival], data)) < len({name, rival}):
        return
    with st.spinner("Reading ..."):
        predicted, theirs = (
            torch.from_numpy(caches.predicted(one, column, variant, count, data.name)) for one in (name, rival)
        )
    labels = data.test.first(count).labels
    matrix, digits = st.columns([1, 1], gap="medium")
    with matrix:
        counts = evaluation.confusion(labels, predicted, len(data.classes)).numpy()
        cell = choose_cell(draw_confusion(counts, data.classes, color_of(name)), "confusion")
    with digits:
        show_cell(data, labels, predicted, column, cell)
        show_who_is_right(evaluation.compare_predictions(labels, predicted, theirs), title[name], title[rival])


def show_download(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the download of all partial test digits."""
    variant = choose_variant("variant")
    st.markdown(
        f"{len(CUTS) * len(data.test):,} partial digits made from the {len(data.test):,} test digits of {data.name}."
    )
    st.download_button(
        "All cuts as one NumPy file (npz)",
        lambda: caches.pmnist_file(variant, data.name),
        f"pmnist-{variant}.npz",
        "application/octet-stream",
        type="primary",
    )
    st.caption(f"As IDX files, MNIST's own format: `python -m core pmnist --variant {variant} --out pmnist`")
