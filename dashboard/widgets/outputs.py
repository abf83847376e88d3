"""What pages show: readings, fills, preparation steps, data notices, and generators with their progress."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import streamlit as st
import torch

from core.digits import datasets, drawing
from core.digits.datasets import Dataset
from core.networks.evaluation import TALK_ACCURACY, TALK_GAIN, PredictionCounts
from core.pmnist.masks import SIDE, cut_mask, cut_masks, erase
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.network_colors import color_of
from core.visualization.readings import Reading, draw_readings
from core.zoo.checkpoints import Card, Network
from dashboard.server import caches
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session

TEXTS = Path(__file__).parents[1] / "texts"
PLAIN = {"displayModeBar": False}  # of Plotly
Record = TypeVar("Record")


def show_text(name: str) -> None:
    """Show a page's teaching prose."""
    st.markdown((TEXTS / f"{name}.md").read_text("utf-8"))


def current_data() -> Dataset:
    """Return the digits to work with now, and say which they are whenever they are not MNIST."""
    name = caches.current_dataset_name()
    try:
        data = caches.dataset(name)
    except datasets.DatasetError as error:
        st.warning(f"{error} The offline digits are shown instead.")
        return caches.dataset(datasets.OFFLINE)
    if data.name == datasets.OFFLINE:
        _show_offline()
    return data


OFFLINE_NOTICE = "These are the **offline digits** (1,797 real ones from scikit-learn), not MNIST."


def _show_offline() -> None:
    download = caches.mnist_download()
    if not download.finished:
        return _watch_download()
    with st.container(horizontal=True, vertical_alignment="center"):
        why = "MNIST was not fetched." if download.cancelled else "MNIST could not be fetched."
        st.caption(f"{OFFLINE_NOTICE} {why}", help=download.error, width="content")
        st.button("Try again", on_click=caches.mnist_download.clear, key="fetch again", type="tertiary")


@st.fragment(run_every=1.0)
def _watch_download() -> None:
    download = caches.mnist_download()
    if download.finished:
        st.rerun()
    share = download.step.share if download.step else 0.0
    bar, stop = st.columns([6, 1], vertical_alignment="center")
    bar.progress(share, f"{OFFLINE_NOTICE} Fetching MNIST in the background: {100 * share:.0f} %")
    stop.button("Cancel", on_click=download.cancel, key="cancel fetching", type="tertiary")


def show_problems(sentences: Sequence[str]) -> None:
    """Show what could not be read, a sentence each."""
    for sentence in sentences:
        st.warning(sentence)


def load_networks(names: Sequence[str], data: Dataset) -> dict[str, Network]:
    """Return the networks by name, and say in a sentence which of them cannot be used."""
    networks, problems = caches.networks(tuple(names), data.name)
    show_problems(problems)
    return networks


def read_all(
    networks: Mapping[str, Network], zoo: Mapping[str, Card], digit: Digit, mask: Mask, data: Dataset
) -> list[Reading]:
    """Return every network's reading of the erased digit beside that of the whole one."""
    now = whole = caches.readings(tuple(networks), data.name, digit, mask)
    if not mask.all():
        whole = caches.readings(tuple(networks), data.name, digit, np.ones_like(mask))
    notes = {name: "knows what is missing" for name in networks if zoo[name].track == "mask known"}
    notes |= {name: "finds what is missing" for name in networks if zoo[name].finds_holes}
    return [Reading(zoo[name].title, color_of(name), now[name], whole[name], notes.get(name, "")) for name in networks]


def show_readings(readings: Sequence[Reading], classes: Sequence[str]) -> None:
    """Show the networks side by side."""
    st.html(draw_readings(readings, classes))


def show_preparation(preparation: drawing.Preparation) -> None:
    """Show each step from the picture to the 28x28 digit."""
    items = [GalleryItem(arrays.to_gray(step), caption) for caption, step in preparation.steps]
    st.html(draw_gallery(items, min_width=130, css_class="ns-steps"))


def show_downloads(session: Session, classes: Sequence[str]) -> None:
    """Offer the erased digit as a picture and the probabilities as a table, as they are when they are asked for."""
    png, csv, text = st.columns([1, 1, 2], vertical_alignment="center")
    png.download_button("The 28×28 digit (PNG)", lambda: to_png(session), "digit.png", "image/png", width="stretch")
    csv.download_button(
        "The table (CSV)", lambda: to_csv(session.readings, classes), "readings.csv", "text/csv", width="stretch"
    )
    text.caption("The address of this page holds the whole scene: copy it, and it opens the same for everyone.")


def to_png(session: Session) -> bytes:
    """Return the erased digit, 28x28; a black sheet before there is one."""
    digit = np.zeros((SIDE, SIDE)) if session.chosen is None else session.chosen.digit * session.scene.mask
    return arrays.to_png(arrays.to_gray(digit))


def to_csv(readings: Sequence[Reading], classes: Sequence[str]) -> bytes:
    """Return the table of probabilities, a network in each row."""
    rows = {reading.title: reading.probabilities for reading in readings}
    table = pd.DataFrame(rows, index=list(classes)).T.rename_axis("network").round(6)
    return bytes(table.to_csv().encode())


def with_progress(steps: Iterable[Record], count: int, text: str) -> Iterator[Record]:
    """Pass the records on while a bar shows how many of `count` are there; the bar goes at the end."""
    bar = st.progress(0.0, text)
    for done, step in enumerate(steps, 1):
        bar.progress(min(1.0, done / count), text)
        yield step
    bar.empty()


def show_accuracies(table: Mapping[str, Mapping[str, float]], zoo: Mapping[str, Card]) -> None:
    """Show accuracies in percent, a table for each track, with the difference to the standard network."""
    for track in dict.fromkeys(zoo[name].track for name in table):
        rows = {zoo[name].title: _row(table[name], table) for name in table if zoo[name].track == track}
        st.markdown(f"*{track.capitalize()}*")
        st.table(pd.DataFrame(rows).T)


def _row(accuracies: Mapping[str, float], table: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    base = table.get("standard", accuracies)
    return {
        column: f"{value:.1f}" + ("" if base is accuracies else f"  :small[({value - base[column]:+.1f})]")
        for column, value in accuracies.items()
    }


def show_talk() -> None:
    """Show the talk's own Table 1 beside ours, clearly told apart."""
    rows = {column: f"{TALK_ACCURACY[column]:.1f}  :small[({TALK_GAIN[column]:+.1f})]" for column in TALK_ACCURACY}
    st.markdown(
        "*The talk's own figures (EuroPython 2019, Table 1): blind; the best epoch on the test digits themselves*"
    )
    st.table(pd.DataFrame({"Talk: missing-feature": rows}).T)


def show_cell(
    data: Dataset, labels: torch.Tensor, predicted: torch.Tensor, column: str, cell: list[int] | None
) -> None:
    """Show the digits of one cell of the confusion matrix."""
    if cell is None:
        st.info("Click a square: its digits appear here. The darker it is, the more often it happens.")
        return
    true, read = cell
    found = torch.nonzero((labels == true) & (predicted == read)).flatten()[:60]
    st.markdown(f"**Really a {data.classes[true]}, read as {data.classes[read]}**")
    masks = cut_masks(column, len(labels))
    images = erase(data.test.images(found), masks if masks.ndim == 2 else masks[found])
    st.image(arrays.contact_sheet(list(images[:, 0].numpy()), 10, factor=2), output_format="PNG")


def show_who_is_right(counts: PredictionCounts, name: str, rival: str) -> None:
    """Show how often both are right, neither, or only one."""
    words = {
        "both right": counts.both,
        f"only {name}": counts.only_a,
        f"only {rival}": counts.only_b,
        "neither": counts.neither,
    }
    for place, (label, value) in zip(st.columns(4), words.items(), strict=True):
        place.metric(label, f"{value:,}")


def show_opening(data: Dataset, zoo: Mapping[str, Card]) -> None:
    """Show the idea in one picture: a digit, what is left of it, and what might have been there."""
    digit, mask = sample(data, 19), cut_mask("HCUT").numpy()
    items = [
        GalleryItem(arrays.mark_erased(digit, np.ones_like(mask), 10), "a digit"),
        GalleryItem(arrays.mark_erased(digit, mask, 10), "what is left"),
    ]
    if load_networks([name for name in zoo if name == "restoring"], data):
        fills = caches.restored("restoring", data.name, digit, mask).fills
        assert fills is not None
        items.append(GalleryItem(arrays.tint_erased(fills.images[0, 0].numpy(), mask), "what might be there"))
    st.html(draw_gallery(items, min_width=90, css_class="ns-opening"))


def show_stop(data: Dataset, index: int, cut: str) -> None:
    """Show the digit of one stop of the tour, cut as it will be found there."""
    picture = arrays.mark_erased(sample(data, index), cut_mask(cut).numpy(), 6)
    st.image(picture, output_format="PNG", width=140)


def sample(data: Dataset, index: int) -> Digit:
    """Return one test digit `(28, 28)` in [0, 1]."""
    image: Digit = data.test.images(slice(index, index + 1))[0, 0].numpy()
    return image


def show_loaded(data: Dataset, zoo: Mapping[str, Card]) -> None:
    """Show which digits and which networks are loaded, with what each was trained and measured on."""
    sizes = f"{len(data.train):,} for training, {len(data.validation):,} for validation, {len(data.test):,} for tests"
    st.markdown(f"**Digits:** {data.name} ({data.source}): {sizes}.")
    rows = {
        card.title: {
            "reads": card.track,
            "trained on": f"{card.dataset['digits']:,} whole {card.dataset['name']} digits",
            "whole MNIST test digits": f"{card.accuracies().get('whole', float('nan')):.1f} %",
            "made by": f"`{card.command}`",
        }
        for card in zoo.values()
    }
    st.table(pd.DataFrame(rows).T)
