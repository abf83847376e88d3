"""Tables of accuracies, who is right, and the digits of one cell of a confusion matrix."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st
import torch
from numpy.typing import NDArray
from plotly.graph_objects import Figure

from core.digits.datasets import Dataset
from core.networks.evaluation import PredictionCounts
from core.pmnist.masks import cut_masks, erase
from core.system.number_format import format_signed
from core.visualization import arrays
from core.zoo.checkpoints import Card
from dashboard.widgets.charts import read_clicked_cell, show_chart
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.texts import read_note

TRACKS = {
    "blind": "Blind: these networks are not given which pixels are erased",
    "mask known": "Mask known: these networks are given which pixels are erased",
    "partial samples": "Partial samples: these networks also learned from partial digits",
}


def show_accuracies(table: Mapping[str, Mapping[str, float]], zoo: Mapping[str, Card]) -> None:
    """Show accuracies in percent, a table for each track, with the difference to the standard network."""
    tracks = list(dict.fromkeys(zoo[name].track for name in table))
    for track in tracks:
        rows = {zoo[name].title: _row(table[name], table) for name in table if zoo[name].track == track}
        if tracks != ["blind"]:  # where all are blind, there is nothing to tell apart
            st.markdown(describe_track(track))
        st.table(pd.DataFrame(rows).T)


def describe_track(track: str) -> str:
    """Return the heading of a table of networks that solve the same task."""
    return f"*{TRACKS.get(track, track)}*"


def _row(accuracies: Mapping[str, float], table: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    base = table.get("standard", accuracies)
    return {
        column: f"{value:.1f}" + ("" if base is accuracies else f"  :small[({format_signed(value - base[column])})]")
        for column, value in accuracies.items()
    }


def choose_cell(figure: Figure, counts: NDArray[np.int64], key: str) -> list[int] | None:
    """Draw the confusion matrix of these counts; return the clicked cell as [class, class read].

    None before a click, and for a cell whose count is 0.
    """
    clicked = show_chart(figure, on_select="rerun", selection_mode="points", key=key)
    cell = read_clicked_cell(clicked, figure)
    return cell if cell and counts[tuple(cell)] else None


def show_cell(
    data: Dataset, labels: torch.Tensor, predicted: torch.Tensor, column: str, cell: list[int] | None
) -> None:
    """Show the digits of one cell of the confusion matrix."""
    if cell is None:
        st.info(read_note("widgets", "Confusion matrix"))
        return
    true, read = cell
    found = torch.nonzero((labels == true) & (predicted == read)).flatten()[:60]
    st.markdown(f"**Really a {data.classes[true]}, read as {data.classes[read]}**")
    masks = cut_masks(column, len(labels))
    images = erase(data.test.images(found), masks if masks.ndim == 2 else masks[found])
    sheet = arrays.contact_sheet(list(images[:, 0].numpy()), 10, factor=2)
    names = f"{len(found)} that are really a {data.classes[true]} and are read as {data.classes[read]}"
    show_picture(sheet, names, width=sheet.shape[1])


def show_who_is_right(counts: PredictionCounts, name: str, rival: str) -> None:
    """Show how often both are right, neither, or only one."""
    st.markdown(f"**{name} and {rival}: who is right?**")
    words = {
        "both right": counts.both,
        f"only {name}": counts.only_a,
        f"only {rival}": counts.only_b,
        "neither": counts.neither,
    }
    with st.container(horizontal=True, gap="medium"):
        for label, value in words.items():
            st.metric(label, f"{value:,}", width="content")
