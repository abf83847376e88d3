"""The view "The idea" of the page "Missing features"."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch

from core.digits.datasets import Dataset
from core.inversion import absent_features
from core.inversion.absent_features import Evidence, MissingFeature
from core.inversion.map_atlas import MapAtlas, spread_to_pixels
from core.system.checkpoint_files import CheckpointError
from core.system.number_format import format_signed
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.inversion import FeatureCard, draw_contributions, draw_feature_cards, draw_map_strengths
from core.visualization.signed_colors import overlay_evidence
from dashboard import address
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.widgets.charts import show_drawn_chart
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import show_caption, show_tip

NAME, READER = "missing-feature", "The missing-feature network"  # its name in the zoo and in sentences
WEAKEST_MAPS = 6  # shown of one class


def show_idea(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show which features a digit lacks, and which classes that makes less likely."""
    left, right = inputs_and_result(330, 720)
    with left:
        show_tip("missing_features", "The idea")
        scene = choose_scene(session, data)
    with right:
        if scene is None:
            return
        try:
            atlas, network = caches.atlas(NAME, data.name), caches.classifier(NAME, data.name)
        except CheckpointError as error:
            st.warning(str(error))
            return
        digit, mask = scene
        with locks.LIVE:
            evidence = absent_features.measure_evidence(network, torch.from_numpy(digit)[None], torch.from_numpy(mask))
            said = absent_features.describe_digit(evidence, atlas, data.classes, reader=READER)
            st.markdown(f"#### {said}")
            _show_other_classes(evidence, atlas, digit, mask, data.classes)
            _show_features(evidence, atlas, digit, mask, data.classes)
    with st.expander("How much do absent and present features change the scores?", expanded=True):
        _show_balance(evidence, atlas, data.classes)


def _show_other_classes(evidence: Evidence, atlas: MapAtlas, digit: Digit, mask: Mask, classes: Sequence[str]) -> None:
    """Show for every other class where the digit lacks a feature that the class usually has."""
    votes = absent_features.missing_evidence(evidence, atlas)
    pixels = [spread_to_pixels(places, atlas.field).numpy() for places in votes.sum(1)]
    limit = max(float(np.abs(values).max()) for values in pixels)
    items = []
    for label, values in enumerate(pixels):
        is_answer = label == evidence.answer
        lowered = format_signed(float(votes[label].sum()))
        caption = f"reads {classes[label]}" if is_answer else f"not {classes[label]}: {lowered}"
        picture = overlay_evidence(digit, mask, 0 * values if is_answer else values, limit=limit, factor=3)
        items.append(GalleryItem(picture, caption))
    st.html(draw_gallery(items, min_width=62, css_class="ns-rivals"))
    show_caption("missing_features", "Other classes")


def _show_features(evidence: Evidence, atlas: MapAtlas, digit: Digit, mask: Mask, classes: Sequence[str]) -> None:
    """Show the inactive feature maps that lower the scores most, of one class or of all."""
    rival = address.segmented_control(
        "of",
        "What would it need to be a …?",
        range(len(classes)),
        required=False,
        key="missing of",
        always=True,
        format_func=classes.__getitem__,
        wrap=True,
    )
    found = absent_features.find_missing_features(evidence, atlas, rival=rival)
    needed = absent_features.describe_need(found, rival, evidence, atlas, classes, reader=READER)
    st.markdown(f"**{needed}**")
    cards = [_to_card(feature, evidence, atlas, digit, mask, classes) for feature in found]
    st.html(draw_feature_cards(cards, classes))


def _to_card(
    feature: MissingFeature, evidence: Evidence, atlas: MapAtlas, digit: Digit, mask: Mask, classes: Sequence[str]
) -> FeatureCard:
    pixels = spread_to_pixels(feature.places, atlas.field).numpy()
    where = overlay_evidence(digit, mask, pixels, limit=float(np.abs(pixels).max()), factor=4)
    patches = arrays.contact_sheet(list(atlas.patches[feature.map, :6].numpy()), 3, factor=2)
    text = absent_features.describe_feature(feature, evidence.answer, classes)
    return FeatureCard(f"Map {feature.map}", patches, where, feature.votes.numpy(), text)


def _show_balance(evidence: Evidence, atlas: MapAtlas, classes: Sequence[str]) -> None:
    """Show which part of each class's distance to the answer comes from missing features."""
    found = absent_features.split_gap(evidence, atlas)
    st.markdown(absent_features.describe_gap(evidence, found, classes))
    show_drawn_chart(draw_contributions, found.missing.tolist(), found.there.tolist(), found.rest.tolist(), classes)
    st.caption(
        f"Each bar is the distance between a class's logit and the answer's. Each of the {evidence.maps.numel()} "
        "features is counted once: its inverted value times the gradient of the head at this digit. The parts sum to "
        "the bar exactly. A feature is missing if it has less than half of its average. The bars count all features; "
        "the pictures above show only those that the class usually has."
    )


def show_atlas(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the maps that are weakest in a class, and the strength of every map in every class; no digit changes it."""
    try:
        atlas, classes = caches.atlas(NAME, data.name), data.classes
    except CheckpointError:
        return  # the view above shows the warning
    st.markdown("#### Which maps are usually inactive in which class?")
    label = address.segmented_control(
        "class",
        "Usually inactive in a ...",
        range(len(classes)),
        5,
        key="atlas class",
        format_func=classes.__getitem__,
    )
    strengths = atlas.strengths().numpy()
    items = []
    for number in atlas.weakest_maps(label, WEAKEST_MAPS):
        sheet = arrays.contact_sheet(list(atlas.patches[number].numpy()), 3, factor=3)
        usual = " ".join(classes[one] for one in atlas.classes_of_map(number))
        caption = f"map {number}: {100 * strengths[label, number]:.0f} % · usual in {usual}"
        items.append(GalleryItem(sheet, caption))
    st.html(draw_gallery(items, min_width=110, css_class="ns-silent"))
    show_drawn_chart(draw_map_strengths, strengths, classes)
    thing = name_drawing(data)
    st.caption(
        f"How strong each of the {len(atlas.patches)} last feature maps is in each class, in percent of the class that "
        f"it is strongest in (black: inactive), over {atlas.digits:,} training {thing}s. The pictures are the parts of "
        f"training {thing}s that activate a map most. With 1 − x, an inactive map has the largest value."
    )
