"""The view "Result" of the page "Train": what a trained network reads, mixes up, and is sure of without being right."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from core.digits import datasets
from core.digits.datasets import Dataset
from core.jobs import trained_networks, training_report
from core.jobs.run_folders import Job
from core.networks import evaluation
from core.networks.architectures import Architecture
from core.pmnist.masks import CUT_NAMES, CUTS
from core.visualization import arrays
from core.visualization.figures import draw_confusion
from core.visualization.gallery import GalleryItem, draw_gallery, draw_metrics
from core.visualization.signed_colors import NEGATIVE, POSITIVE
from core.visualization.training import VALIDATION, draw_stage_table
from core.zoo.checkpoints import Card, CheckpointError
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.server.visitors import get_visitor_id
from dashboard.train.setup_views import to_rows
from dashboard.train.watch_views import choose_run, my_jobs, read_steps, show_curves
from dashboard.widgets.data_set import sample
from dashboard.widgets.tables import show_cell

SHOWN, WRONG = 32, 48  # digits
Shares = NDArray[np.float32]


def show_result(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show what one of the visitor's networks can do."""
    cards = trained_networks.list_networks(get_visitor_id() or "")
    by_run = {trained_networks.find_checkpoint(name).folder.name: name for name in cards}
    which, parts = st.columns([330, 710], gap="medium", vertical_alignment="bottom")
    with which:
        job = choose_run([job for job in my_jobs() if job.id in by_run], "Network")
    if job is None:
        return
    card = cards[by_run[job.id]]
    with parts:
        part = address.segmented_control("part", "Part", list(PARTS), label_visibility="collapsed", wrap=True)
    try:
        tested = caches.dataset(card.dataset["name"]) if card.dataset["name"] in _known() else data
        with st.spinner(f"Reading all {len(tested.test):,} test digits ..."):
            shares = caches.probabilities(by_run[job.id], len(tested.test), tested.name)
    except (CheckpointError, datasets.DatasetError) as error:
        st.warning(str(error))
        return
    PARTS[part](job, card, tested, shares)


def _known() -> tuple[str, ...]:
    return datasets.DATASETS


def show_short(job: Job, card: Card, data: Dataset, shares: Shares) -> None:
    """Show how well it reads (T2), whether it overfits (T12), and how it learned (T1)."""
    steps = read_steps(job)
    test = evaluation.accuracy(data.test.labels, torch.from_numpy(shares.argmax(1)))
    outcome = training_report.summarize_run(steps, test)
    figures = {f"of all {len(data.test):,} test digits of {data.name}": f"{test:.2f} %"}
    if card.accuracies():
        figures |= {CUT_NAMES[cut]: f"{card.accuracies()[cut]:.1f} %" for cut in CUTS}
    st.html(draw_metrics(figures))
    if outcome is not None:
        st.markdown(training_report.judge_fit(outcome))
        show_curves(steps, job.settings["config"].get("epochs", 10), st.columns(2, gap="medium"))


def show_random(job: Job, card: Card, data: Dataset, shares: Shares) -> None:
    """Show random test digits with the true and the predicted label (T3)."""
    seed = st.session_state.setdefault("train random", 0)
    found = np.random.default_rng(seed).choice(len(shares), min(SHOWN, len(shares)), replace=False)
    st.html(_draw_digits(found, data, shares))
    st.button("Others", on_click=_draw_others, key="others")


def _draw_others() -> None:
    st.session_state["train random"] += 1


def _draw_digits(found: NDArray[np.int64], data: Dataset, shares: Shares, *, sure: bool = False) -> str:
    labels = data.test.labels[found].tolist()
    items = []
    for index, label in zip(found.tolist(), labels, strict=True):
        read = int(shares[index].argmax())
        color = POSITIVE if read == label else NEGATIVE
        words = f"read as {data.classes[read]}" + (f", {100 * shares[index, read]:.1f} % sure" if sure else "")
        below = f'<b style="font-size:.85rem;color:rgb{color}">{words}</b>'
        items.append(GalleryItem(arrays.to_gray(sample(data, index)), f"a {data.classes[label]}", below))
    return draw_gallery(items, min_width=78, css_class="ns-tested")


def show_confusion(job: Job, card: Card, data: Dataset, shares: Shares) -> None:
    """Show what the network mixes up; a click shows the digits."""
    predicted, labels = torch.from_numpy(shares.argmax(1)), data.test.labels
    matrix, digits = st.columns(2, gap="medium")
    counts = evaluation.confusion(labels, predicted, len(data.classes)).numpy()
    clicked = matrix.plotly_chart(
        draw_confusion(counts, data.classes, VALIDATION),
        on_select="rerun",
        selection_mode="points",
        key="train confusion",
        width="stretch",
        config={"displayModeBar": False},
    )
    with digits:
        points = clicked.selection.points
        show_cell(data, labels, predicted, "whole", points[0]["customdata"] if points else None)


def show_wrong(job: Job, card: Card, data: Dataset, shares: Shares) -> None:
    """Show the digits that are read wrong, the surest first."""
    labels = data.test.labels.numpy()
    wrong = np.flatnonzero(shares.argmax(1) != labels)
    found = wrong[np.argsort(-shares[wrong].max(1), kind="stable")]
    if not len(found):
        st.info("Not a single test digit is read wrong.")
        return
    st.markdown(f"**{len(found):,} of {len(labels):,} test digits are read wrong**, the surest mistakes first.")
    st.html(_draw_digits(found[:WRONG], data, shares, sure=True))


def show_table(job: Job, card: Card, data: Dataset, shares: Shares) -> None:
    """Show the network's stages and parameters, and how it was made."""
    st.html(draw_stage_table(to_rows(Architecture.from_dict(card.architecture))))
    made = f"{card.epochs} epochs on {card.dataset['digits']:,} digits of {card.dataset['name']}, seed {card.seed}"
    st.caption(f"{made}; the head reads the features by: {card.inversion}.")


PARTS = {
    "In short": show_short,
    "Random digits": show_random,
    "What it mixes up": show_confusion,
    "Surest mistakes": show_wrong,
    "Stages": show_table,
}
