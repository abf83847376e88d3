"""The view "Your digit" of the page "Nearest digits": whom it resembles at each stage, and where that cuts it short."""

from __future__ import annotations

import streamlit as st
import torch
from torch import Tensor

from core.digits.datasets import Dataset
from core.networks.classifier import Classifier
from core.similarity.feature_vectors import list_stages
from core.similarity.reference_vectors import ReferenceVectors, compute_vectors
from core.visualization import arrays
from core.visualization.number_format import format_distance
from core.visualization.similarity import Neighbour, StageComparison, draw_comparisons
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.similarity.settings import WORDS, Setting, choose_setting
from dashboard.widgets import maps
from dashboard.widgets.scene import choose_scene

SHOWN = 8  # nearest digits


def show_digit(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the digit of now on its way through the network, and the digits it meets."""
    left, right = st.columns([300, 880], gap="medium")
    with left:
        st.caption("Try: move *Near enough* until the digit is cut short. Rub out a part: whom does it resemble now?")
        scene = choose_scene(session, data)
    with right:
        setting = choose_setting(data, zoo)
        if setting is None or scene is None:
            return
        _show_way(setting, maps.to_image(*scene), data)


def _show_way(setting: Setting, image: Tensor, data: Dataset) -> None:
    """Say where the digit was cut short and what the network would have said; show the nearest at every stage."""
    network = caches.classifier(setting.network, data.name)
    seen = caches.reference_vectors(setting.network, setting.count, data.name)
    with locks.LIVE, torch.no_grad():
        probabilities = network.predict(image[None])[0]
        rows, taken = _compare(network, seen, image, setting, data)
    label, sure = int(probabilities.argmax()), float(probabilities.max())
    said = f"{data.classes[label]} ({100 * sure:.1f} % sure)"
    if taken is None:
        st.markdown(f"#### Nobody is near enough: the network reads it itself, a {said}")
    else:
        stage, other = taken
        agrees = "the network would have said the same" if other == label else "the network would have said otherwise"
        st.markdown(f"#### Cut short at {WORDS.get(stage, stage)}: taken for a {data.classes[other]}")
        st.markdown(f"All deeper layers are skipped; {agrees}: {said}.")
    st.html(draw_comparisons(rows))
    st.caption(
        f"The nearest of the first {len(seen):,} training digits, by the cosine distance of how strong each "
        "feature map is and how much that varies over its places. *Where* in the picture something was found "
        "has no part in it until the last pooled vector."
    )


def _compare(
    network: Classifier, seen: ReferenceVectors, image: Tensor, setting: Setting, data: Dataset
) -> tuple[list[StageComparison], tuple[str, int] | None]:
    """Return a row for every stage, also those that are not asked, and the stage and label that cut it short."""
    vectors = compute_vectors(network, image[None], list_stages(network))
    rows: list[StageComparison] = []
    taken: tuple[str, int] | None = None
    for stage, lookup in seen.lookups.items():
        found = lookup.neighbours(vectors[stage][0], SHOWN)
        asked = stage in setting.stages
        threshold = setting.thresholds.get(stage, -1.0)
        label, distance = int(seen.labels[found.indices[0]]), float(found.distances[0])
        hit = taken is None and asked and distance <= threshold
        words = _verdict(data.classes[label], distance, threshold, hit=hit, asked=asked, skipped=taken is not None)
        neighbours = [
            Neighbour(
                arrays.to_gray(picture),
                data.classes[int(seen.labels[index])],
                float(far),
                asked and float(far) <= threshold,
            )
            for picture, index, far in zip(
                data.train.images(found.indices)[:, 0].numpy(), found.indices, found.distances, strict=True
            )
        ]
        rows.append(StageComparison(WORDS.get(stage, stage), words, neighbours, hit, skipped=taken is not None))
        taken = (stage, label) if hit else taken
    return rows, taken


def _verdict(label: str, distance: float, threshold: float, *, hit: bool, asked: bool, skipped: bool) -> str:
    near = f"nearest a {label} at {format_distance(distance)}"
    if skipped:
        return f"never computed; {near}"
    if not asked:
        return f"not compared here; {near}"
    limit = f"than {format_distance(threshold)}" if threshold >= 0 else "than nothing"
    return f"{near}, nearer {limit}: it takes over its label" if hit else f"{near}, not nearer {limit}: deeper"
