"""The view "Map of all digits" of the page "Nearest digits": where the current digit lies, whole and erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from core.digits.datasets import Dataset
from core.networks.classifier import Classifier
from core.networks.evaluation import WHOLE
from core.similarity.digit_map import (
    MIN_DIGITS,
    NEIGHBOURS,
    DigitMap,
    Neighbours,
    Space,
    count_votes,
    fade_out,
    find_neighbours,
    place_among,
    to_box,
    to_spaces,
)
from core.similarity.feature_vectors import LAST_STAGE, MAX_LENGTH, list_stages
from core.studies.recorded_map import STUDY
from core.visualization import arrays
from core.visualization.digit_map import class_centers, draw_path
from core.visualization.similarity import Neighbour, StageComparison, draw_comparisons
from dashboard import address
from dashboard.components.picture_map import picture_map
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.similarity import cached
from dashboard.widgets import maps
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import read_note, show_caption, show_tip

SHOWN = 5  # nearest digits in each space
LAYOUTS = ("t-SNE", "PCA")
KEY = "digit-map"
STYLE = f"""<style>
  .st-key-{KEY} {{ position: relative; max-width: min(34rem, max(240px, 100vh - 232px)); aspect-ratio: 1; }}
  .st-key-{KEY} > :has(.ns-map-path) {{ position: absolute; inset: 0; pointer-events: none; }}
</style>"""  # the way lies over the map, which the browser then need not draw again


@dataclass(frozen=True, eq=False)
class Trail:
    """A digit in one space, in pictures from whole to erased, or one picture."""

    vectors: Tensor
    near: Neighbours
    labels: Tensor
    """Of the neighbours, `(N, NEIGHBOURS)`."""

    def vote(self, at: int) -> tuple[int, int]:
        """Return the class of most neighbours of one picture, and how many they are."""
        label, count = count_votes(self.labels[at][None])
        return int(label), int(count)


def show_map(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show where the current digit lies among many others, and its way there while it is erased."""
    sentence = st.empty()
    left, middle, right = inputs_and_result(300, 500, 380)
    with left:
        show_tip("similarity", "Map of all digits")
        scene = choose_scene(session, data)
    with right:
        space = address.segmented_control("by", "Compared by", list(Space), Space.FEATURES, key="map space")
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            arranged = address.segmented_control("arranged", "Arranged by", LAYOUTS, key="map layout")
            with st.container(width=210):
                name, network = maps.choose_classifier(data, zoo, key="map network")
    if network is None or scene is None:
        return
    with middle:
        if len(data.validation) < MIN_DIGITS or LAST_STAGE not in list_stages(network):
            st.info(read_note("similarity", "No map").format(MIN_DIGITS, f"{MAX_LENGTH:,}"))
            return
        trails = follow(name, network, scene, data)
        sentence.markdown(f"**{describe_way(trails[space], data)}.**")
        _show_digit_on_map(name, trails[space], space, arranged, data)
    with right:
        st.html(draw_comparisons([_to_row(key, trail, data, key == space) for key, trail in trails.items()]))
        show_caption("similarity", "Map neighbours")


def _show_digit_on_map(name: str, trail: Trail, space: Space, arranged: str, data: Dataset) -> None:
    """Show the map with the digit's way, and say how far the map is right."""
    one, recorded = cached.digit_maps(name, data.name)[space], space in cached.tsne_layouts(name, data.name)
    tsne = recorded and arranged == LAYOUTS[0]
    _show_way(name, one, trail, space, tsne, data)
    show_caption("similarity", "Map")
    if arranged == LAYOUTS[0] and not tsne:
        st.caption(read_note("similarity", "No t-SNE"))
    _show_trust(space, tsne, recorded, one, data)


def follow(name: str, network: Classifier, scene: tuple[Digit, Mask], data: Dataset) -> dict[Space, Trail]:
    """Return the digit's way in each space."""
    digit, mask = (torch.from_numpy(one) for one in scene)
    found, atlas = cached.digit_maps(name, data.name), caches.atlas(name, data.name)
    with locks.LIVE:
        vectors = to_spaces(network, atlas, fade_out(digit[None], mask))
        near = {space: find_neighbours(found[space].vectors, one) for space, one in vectors.items()}
    return {space: Trail(vectors[space], one, found[space].labels[one.indices]) for space, one in near.items()}


def describe_way(trail: Trail, data: Dataset) -> str:
    """Return from which class's digits to which a digit moves, or where it stays."""
    (first, _), (last, count) = trail.vote(0), trail.vote(-1)
    near = f"{count} of its {trail.labels.shape[1]} nearest are {name_group(last, data)}"
    if len(trail.vectors) == 1:
        return f"It lies among {name_group(last, data)}: {near}"
    if first == last:
        return f"It stays among {name_group(first, data)}: {near}"
    return f"It moves from {name_group(first, data)} to {name_group(last, data)}: {near}"


def name_group(label: int, data: Dataset) -> str:
    """Return what a class's pictures are called: 4s, T-shirt."""
    name = data.classes[label]
    return f"{name}s" if name.isdigit() else name


def _show_way(name: str, one: DigitMap, trail: Trail, space: Space, tsne: bool, data: Dataset) -> None:
    frame = cached.layout(name, data.name, space, tsne)
    way = place_among(frame, trail.near) if tsne else one.project(trail.vectors)
    neighbours = frame[trail.near.indices[-1]]
    st.html(STYLE)
    with st.container(key=KEY):
        picture_map(
            cached.picture_points(name, data.name, space, tsne),
            key="map points",
            label=f"A map of {len(frame):,} digits, compared by {space}; near ones resemble each other",
        )
        names = class_centers(to_box(frame, frame).numpy(), one.labels.numpy(), data.classes)
        places, rings = to_box(way, frame).numpy(), to_box(neighbours, frame).numpy()
        st.markdown(draw_path(places, rings, names, describe_way(trail, data)), unsafe_allow_html=True)


def _to_row(space: Space, trail: Trail, data: Dataset, chosen: bool) -> StageComparison:
    """Return a digit's neighbours in one space, with the classes of most, also of the whole digit."""
    (first, before), (last, count) = trail.vote(0), trail.vote(-1)
    text = f"{count} of {trail.labels.shape[1]} are {name_group(last, data)}"
    if len(trail.vectors) > 1:
        text += f"; of the whole digit's, {before} are {name_group(first, data)}"
    pictures = cached.map_digits(data.name).images(trail.near.indices[-1][:SHOWN])[:, 0].numpy()
    found = zip(pictures, trail.labels[-1].tolist(), trail.near.distances[-1].tolist(), strict=False)
    neighbours = [Neighbour(arrays.to_gray(one), data.classes[label], far, near=False) for one, label, far in found]
    return StageComparison(str(space).capitalize(), text, neighbours, chosen)


def _show_trust(space: Space, tsne: bool, recorded: bool, one: DigitMap, data: Dataset) -> None:
    """Say how far the map is right, if it was `recorded`, and how much of the variance it shows."""
    if not tsne:
        st.caption(f"The two axes show {100 * one.variance:.0f} % of the variance of {one.vectors.shape[1]} numbers.")
    record = caches.find_record(STUDY, data.name)
    if record is not None:
        if recorded:
            st.caption(describe_trust(record, space, "tsne" if tsne else "pca"))
        with st.expander(f"How reliable is the map? {record['dataset']['images']:,} test digits on it"):
            st.markdown(f"**{describe_spaces(record['rows'])}**")
            st.table(to_table(record["rows"]))
            st.markdown(read_note("similarity", "Map spaces"))


def describe_trust(record: Mapping[str, Any], space: Space, layout: str) -> str:
    """Return how many test digits have their own class around them where the map places them."""
    rows = [row for row in record["rows"] if row["compared by"] == space]
    whole = next(row for row in rows if row["cut"] == WHOLE)
    cut = {key: average_cuts(rows, space, key) for key in (layout, "space")}
    return (
        f"Placed in this way, {whole[layout]:.0f} % of {record['dataset']['images']:,} test digits of "
        f"{record['dataset']['name']} have more of their own class around them on the map than of any other "
        f"({NEIGHBOURS} digits), and {whole['space']:.0f} % by their {space} themselves; partial digits (four cuts) "
        f"{cut[layout]:.0f} % and "
        f"{cut['space']:.0f} %. One network, `{record['network']}`; again with `{record['command']}`."
    )


def average_cuts(rows: Sequence[Mapping[str, Any]], space: Space, kind: str) -> float:
    """Return the mean percentage over the four cuts."""
    return float(np.mean([row[kind] for row in rows if row["compared by"] == space and row["cut"] != WHOLE]))


def describe_spaces(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return by which space partial digits have their own class around them most often, and how often by the others."""
    shares = {space: average_cuts(rows, space, "space") for space in Space}
    best, *others = sorted(shares, key=lambda space: -shares[space])
    less = " and ".join(f"by {space} {shares[space]:.0f} %" for space in others)
    return f"Partial digits keep their own class around them most often by {best}: {shares[best]:.0f} %, {less}."


def to_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the recorded percentages: a line for each space and place, a column for each cut."""
    kinds = {"space": "nearest by {}", "tsne": "on the t-SNE map of {}", "pca": "on the PCA map of {}"}
    lines: dict[str, dict[str, str]] = {}
    for row in rows:
        for kind, title in kinds.items():
            line = lines.setdefault(title.format(row["compared by"]), {})
            line[row["cut"]] = f"{row[kind]:.1f}"
    return pd.DataFrame(lines).T
