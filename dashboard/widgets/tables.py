"""Tables of accuracies, who is right, and the digits of one cell of a confusion matrix."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st
import torch
from plotly.graph_objects import Figure

from core.digits.datasets import Dataset
from core.networks.evaluation import PredictionCounts
from core.pmnist.masks import cut_masks, erase
from core.system.number_format import format_signed
from core.visualization import arrays
from core.zoo.checkpoints import Card
from dashboard.widgets.charts import read_clicked_cell, show_chart
from dashboard.widgets.pictures import show_picture


def show_accuracies(table: Mapping[str, Mapping[str, float]], zoo: Mapping[str, Card]) -> None:
    """Show accuracies in percent, a table for each track, with the difference to the standard network."""
    for track in dict.fromkeys(zoo[name].track for name in table):
        rows = {zoo[name].title: _row(table[name], table) for name in table if zoo[name].track == track}
        st.markdown(f"*{track.capitalize()}*")
        st.table(pd.DataFrame(rows).T)


def _row(accuracies: Mapping[str, float], table: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    base = table.get("standard", accuracies)
    return {
        column: f"{value:.1f}" + ("" if base is accuracies else f"  :small[({format_signed(value - base[column])})]")
        for column, value in accuracies.items()
    }


def choose_cell(figure: Figure, key: str) -> list[int] | None:
    """Draw a confusion matrix; return the clicked cell as [class, class read], None before a click."""
    clicked = show_chart(figure, on_select="rerun", selection_mode="points", key=key)
    return read_clicked_cell(clicked, figure)


def show_cell(
    data: Dataset, labels: torch.Tensor, predicted: torch.Tensor, column: str, cell: list[int] | None
) -> None:
    """Show the digits of one cell of the confusion matrix."""
    if cell is None:
        st.info("Click a square to see its digits. A stronger colour means more digits, an orange frame right answers.")
        return
    true, read = cell
    found = torch.nonzero((labels == true) & (predicted == read)).flatten()[:60]
    st.markdown(f"**Really a {data.classes[true]}, read as {data.classes[read]}**")
    masks = cut_masks(column, len(labels))
    images = erase(data.test.images(found), masks if masks.ndim == 2 else masks[found])
    sheet = arrays.contact_sheet(list(images[:, 0].numpy()), 10, factor=2)
    names = f"{len(found)} digits that are really a {data.classes[true]} and are read as {data.classes[read]}"
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
