"""The view "Your digit" of the page "Nearest digits": the nearest digits at each stage, and the first hit."""

import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from core.digits.datasets import Dataset
from core.networks.classifier import Classifier
from core.similarity.feature_vectors import list_stages
from core.similarity.lookup import NearestVectors
from core.similarity.reference_vectors import ReferenceVectors, compute_vectors
from core.system.number_format import format_distance
from core.visualization import arrays
from core.visualization.similarity import Neighbour, StageComparison, draw_comparisons
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.similarity.form import ShortcutSettings, choose_settings, stage_name
from dashboard.widgets import maps
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import show_tip

SHOWN = 8  # nearest digits


def show_digit(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the reference digits nearest to the current digit at every stage, and where the shortcut stops."""
    left, right = inputs_and_result(300, 880)
    with left:
        show_tip("similarity", "Your digit")
        scene = choose_scene(session, data)
    with right:
        answer = st.container()  # above the settings: a phone shows it first
        settings = choose_settings(data, zoo)
        if settings is None or scene is None:
            return
        _show_stages(settings, maps.to_image(*scene), data, answer)


def _show_stages(settings: ShortcutSettings, image: Tensor, data: Dataset, answer: DeltaGenerator) -> None:
    """Say where the network stopped early and what it reads without the shortcut; show each stage's nearest digits."""
    network = caches.classifier(settings.network, data.name)
    seen = caches.reference_vectors(settings.network, settings.count, data.name)
    with locks.LIVE, torch.no_grad():
        probabilities = network.predict(image[None])[0]
        rows, hit = _compare(network, seen, image, settings, data)
    label, sure = int(probabilities.argmax()), float(probabilities.max())
    read = f"{data.classes[label]} ({100 * sure:.1f} % sure)"
    thing = name_drawing(data)
    if hit is None:
        answer.markdown(f"#### No {thing} is near enough: the network computes all layers and reads {read}")
    else:
        stage, other = hit
        agrees = "the whole network reads the same" if other == label else "the whole network reads another class"
        answer.markdown(f"#### Stopped early at {stage_name(stage)}: labelled {data.classes[other]}")
        answer.markdown(f"All later layers are skipped. Without the shortcut {agrees}: {read}.")
    st.html(draw_comparisons(rows))
    st.caption(
        f"The nearest of the first {len(seen):,} training {thing}s, by the cosine distance of the mean and the spread "
        "of each feature map. The position in the picture counts only in the last vector."
    )


def _compare(
    network: Classifier, seen: ReferenceVectors, image: Tensor, settings: ShortcutSettings, data: Dataset
) -> tuple[list[StageComparison], tuple[str, int] | None]:
    """Return a row for every stage, also those not compared, and the stage and label of the first hit, if any."""
    vectors = compute_vectors(network, image[None], list_stages(network))
    rows: list[StageComparison] = []
    first_hit: tuple[str, int] | None = None
    for stage, lookup in seen.lookups.items():
        found = lookup.neighbours(vectors[stage][0], SHOWN)
        threshold = settings.thresholds.get(stage, -1.0) if stage in settings.stages else None
        label, distance = int(seen.labels[found.indices[0]]), float(found.distances[0])
        skipped = first_hit is not None
        hit = not skipped and threshold is not None and distance <= threshold
        text = _describe(data.classes[label], distance, threshold, hit=hit, skipped=skipped)
        neighbours = _to_neighbours(found, seen, threshold, data)
        rows.append(StageComparison(stage_name(stage), text, neighbours, hit, skipped=skipped))
        first_hit = (stage, label) if hit else first_hit
    return rows, first_hit


def _to_neighbours(
    found: NearestVectors, seen: ReferenceVectors, threshold: float | None, data: Dataset
) -> list[Neighbour]:
    pictures = data.train.images(found.indices)[:, 0].numpy()
    return [
        Neighbour(
            arrays.to_gray(picture),
            data.classes[int(seen.labels[index])],
            float(distance),
            threshold is not None and float(distance) <= threshold,
        )
        for picture, index, distance in zip(pictures, found.indices, found.distances, strict=True)
    ]


def _describe(label: str, distance: float, threshold: float | None, *, hit: bool, skipped: bool) -> str:
    near = f"nearest a {label} at {format_distance(distance)}"
    if skipped:
        return f"not computed; {near}"
    if threshold is None:
        return f"not compared here; {near}"
    limit = f"threshold {format_distance(threshold)}" if threshold >= 0 else "threshold: never"
    return f"{near}, below the {limit}: takes this label" if hit else f"{near}, above the {limit}: continues"
