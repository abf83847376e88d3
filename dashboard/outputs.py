"""What pages show: readings, fills, preparation steps, data notices, and generators with their progress."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import streamlit as st
import torch
from numpy.typing import NDArray

from core import datasets, drawing
from core.checkpoints import Card, CheckpointError, Network
from core.datasets import Dataset
from core.evaluation import TALK, TALK_DELTA, WhoIsRight, read_digit
from core.pmnist import cut_mask, cut_masks, erase
from core.restoration import Fills, Restorer
from core.visualization import arrays
from core.visualization.bars import Reading, draw_readings
from core.visualization.palette import color_of
from dashboard import cache
from dashboard.state import Digit, Mask

TEXTS = Path(__file__).parent / "texts"
Record = TypeVar("Record")


def show_text(name: str) -> None:
    """Show a page's teaching prose."""
    st.markdown((TEXTS / f"{name}.md").read_text("utf-8"))


def current_data() -> Dataset:
    """Return the digits to work with now, and say which they are whenever they are not MNIST."""
    name = cache.wanted()
    try:
        data = cache.dataset(name)
    except datasets.DatasetError as error:
        st.warning(f"{error} The offline digits are shown instead.")
        return cache.dataset(datasets.OFFLINE)
    if data.name == datasets.OFFLINE:
        _show_download()
    return data


@st.fragment(run_every=1.0)
def _show_download() -> None:
    download = cache.mnist_download()
    if download.finished and not download.error:
        st.rerun()
    offline = "You are looking at the offline digits (1,797 real ones from scikit-learn), not at MNIST."
    if download.error:
        st.info(f"{offline} {download.error}")
        st.button("Try to fetch MNIST again", on_click=cache.mnist_download.clear, key="fetch again")
    else:
        share = download.step.share if download.step else 0.0
        st.progress(share, f"{offline} Fetching MNIST in the background: {100 * share:.0f} %")


def show_problems(sentences: Sequence[str]) -> None:
    """Show what could not be read, a sentence each."""
    for sentence in sentences:
        st.warning(sentence)


def load_networks(names: Sequence[str], data: Dataset) -> dict[str, Network]:
    """Return the networks by name, and say in a sentence which of them cannot be used."""
    networks = {}
    for name in names:
        try:
            networks[name] = cache.network(name, data.name)
        except CheckpointError as error:
            st.warning(str(error))
    return networks


def read_all(
    networks: Mapping[str, Network], zoo: Mapping[str, Card], digit: Digit, mask: Mask
) -> tuple[list[Reading], dict[str, NDArray[np.float32]]]:
    """Return every network's reading of the erased digit beside that of the whole one, and the plain probabilities."""
    now = read_digit(networks, digit, mask)
    whole = now if mask.all() else read_digit(networks, digit, np.ones_like(mask))
    notes = {name: "knows what is missing" for name in networks if zoo[name].track == "mask known"}
    readings = [
        Reading(zoo[name].title, color_of(name), now[name], whole[name], notes.get(name, "")) for name in networks
    ]
    return readings, now


def show_readings(readings: Sequence[Reading], classes: Sequence[str]) -> None:
    """Show the networks side by side."""
    st.html(draw_readings(readings, classes))


def show_fills(restorer: Restorer, digit: Digit, mask: Mask, classes: Sequence[str]) -> None:
    """Show what the restoring network thinks was there: its best fills with their weights."""
    fills = restorer.fill(torch.from_numpy(digit * mask)[None, None], torch.from_numpy(mask))
    st.html(_fills_html(fills, mask, classes))


def _fills_html(fills: Fills, mask: Mask, classes: Sequence[str]) -> str:
    cells = "".join(
        f'<figure style="margin:0;text-align:center;font-size:.78rem"><img alt="a fill" '
        f'src="{arrays.to_data_url(arrays.enlarge(arrays.tint_erased(image, mask), 3))}" '
        f'style="width:100%;max-width:84px;image-rendering:pixelated;border-radius:3px">'
        f"<figcaption>{100 * weight:.0f} % · a {classes[label]}</figcaption></figure>"
        for image, weight, label in zip(
            fills.images[0].numpy(), fills.weights[0].tolist(), fills.labels[0].tolist(), strict=True
        )
    )
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(58px,1fr));gap:.5rem"
    return f'<div class="ns-fills" style="{grid}">{cells}</div>'


def show_preparation(preparation: drawing.Preparation) -> None:
    """Show each step from the picture to the 28x28 digit."""
    columns = st.columns(len(preparation.steps))
    for column, (caption, step) in zip(columns, preparation.steps, strict=True):
        picture = arrays.enlarge(arrays.to_gray(step), max(1, 112 // max(step.shape)))
        column.image(picture, caption=caption, output_format="PNG", width="stretch")


def show_downloads(digit: Digit, probabilities: Mapping[str, NDArray[np.float32]], classes: Sequence[str]) -> None:
    """Offer the erased digit as a picture and the probabilities as a table."""
    png, csv, text = st.columns([1, 1, 2], vertical_alignment="center")
    png.download_button(
        "The 28×28 digit (PNG)", lambda: arrays.to_png(arrays.to_gray(digit)), "digit.png", "image/png", width="stretch"
    )
    csv.download_button(
        "The table (CSV)", lambda: to_csv(probabilities, classes), "readings.csv", "text/csv", width="stretch"
    )
    text.caption("The address of this page holds the whole scene: copy it, and it opens the same for everyone.")


def to_csv(probabilities: Mapping[str, NDArray[np.float32]], classes: Sequence[str]) -> bytes:
    """Return the table of probabilities, a network in each row."""
    table = pd.DataFrame(dict(probabilities), index=list(classes)).T.rename_axis("network").round(6)
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
    rows = {column: f"{TALK[column]:.1f}  :small[({TALK_DELTA[column]:+.1f})]" for column in TALK}
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


def show_who_is_right(counts: WhoIsRight, name: str, rival: str) -> None:
    """Show how often both are right, neither, or only one."""
    words = {"both right": counts.both, f"only {name}": counts.only_a, f"only {rival}": counts.only_b,
             "neither": counts.neither}  # fmt: skip
    for place, (label, value) in zip(st.columns(4), words.items(), strict=True):
        place.metric(label, f"{value:,}")


def show_opening(data: Dataset, zoo: Mapping[str, Card]) -> None:
    """Show the idea in one picture: a digit, what is left of it, and what might have been there."""
    digit = data.test.images(slice(4, 5))[0, 0].numpy()
    mask = cut_mask("HCUT").numpy()
    pictures = {
        "a digit": arrays.mark_erased(digit, np.ones_like(mask), 10),
        "what is left": arrays.mark_erased(digit, mask, 10),
    }
    if "restoring" in zoo:
        fills = cache.restorer(data.name).fill(torch.from_numpy(digit * mask)[None, None], torch.from_numpy(mask))
        pictures["what might be there"] = arrays.enlarge(arrays.tint_erased(fills.images[0, 0].numpy(), mask), 10)
    for place, (caption, picture) in zip(st.columns(len(pictures)), pictures.items(), strict=True):
        place.image(picture, caption=caption, output_format="PNG", width="stretch")


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
