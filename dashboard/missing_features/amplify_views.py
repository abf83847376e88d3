"""The view "Amplify" of the page "Missing features": turn up what a digit lacks of a class, and read it again."""

from collections.abc import Mapping, Sequence
from statistics import mean

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.digits.datasets import Dataset
from core.inversion.absent_features import Evidence, measure_evidence, rank_lacking_maps
from core.inversion.amplified_features import amplify_lacking, move_to_random_maps
from core.inversion.map_atlas import spread_to_pixels
from core.networks.classifier import Classifier
from core.studies.amplified_features import (
    KINDS,
    LACKING,
    STRENGTHS,
    STUDY,
    describe_amplified,
    list_shares,
)
from core.studies.recorded import Record
from core.studies.seed_networks import MISSING, STANDARD
from core.system.checkpoint_files import CheckpointError
from core.visualization.figures import Curve, draw_curves
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.network_colors import color_of
from core.visualization.palette import BLUE, GRAY, VERMILION
from core.visualization.readings import Reading
from core.visualization.signed_colors import overlay_evidence
from dashboard import address
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.widgets.charts import show_drawn_chart
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.readings import show_readings
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import read_note, show_tip

NAMES = (MISSING, STANDARD)  # the networks that read, and the one whose missing features they are first
COUNTS = {3: "3 maps", 10: "10 maps", 50: "all that lower the score"}  # as the study has them
COLORS = dict(zip(KINDS, (VERMILION, GRAY, BLUE), strict=True))
TITLES = dict(
    zip(KINDS, ("what the digit lacks", "the same in random maps", "what it lacks of a third class"), strict=True)
)


def show_amplified(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the answers to the current digit once what it lacks of a class is turned up, and the recorded study."""
    left, right = inputs_and_result(330, 720)
    with left:
        show_tip("missing_features", "Amplify")
        scene = choose_scene(session, data)
    with right:
        if scene is None:
            return
        try:
            atlas = caches.atlas(MISSING, data.name)
            readers = {name: caches.classifier(name, data.name) for name in NAMES}
        except CheckpointError as error:
            st.warning(str(error))
            return
        digit, mask = scene
        with locks.LIVE:
            evidence = measure_evidence(readers[MISSING], torch.from_numpy(digit)[None], torch.from_numpy(mask))
        sentence = st.empty()
        target, count, strength = _choose(evidence, data.classes)
        with locks.LIVE:
            maps = rank_lacking_maps(evidence, atlas, target)[:count]
            added = amplify_lacking(evidence, atlas, target, maps, strength=strength)
            readings = read_amplified(readers, evidence, added, zoo)
        sentence.markdown(f"#### {describe(readings[0], evidence, target, len(maps), strength, data.classes)}")
        picture, bars = st.columns([1, 3], gap="medium")
        with picture:
            st.html(_draw_places(spread_to_pixels(added.sum(0), atlas.field).numpy(), digit, mask))
        with bars:
            show_readings(readings, data.classes)
        st.caption(read_note("missing_features", "Amplified"))
        if record := caches.find_record(STUDY, data.name):
            _show_record(record, count)


def _draw_places(pixels: NDArray[np.float32], digit: Digit, mask: Mask) -> str:
    limit = float(np.abs(pixels).max()) or 1.0
    item = GalleryItem(overlay_evidence(digit, mask, pixels, limit=limit, factor=4), "Blue: what is turned up")
    return draw_gallery([item], min_width=110, css_class="ns-amplified")


def _choose(evidence: Evidence, classes: Sequence[str]) -> tuple[int, int, float]:
    """Draw what is turned up: the class (at first the second best), the number of maps, and the strength."""
    second = int(evidence.logits.argsort()[-2])
    target = address.segmented_control(
        "target",
        "Turn up what it lacks of a ...",
        range(len(classes)),
        second,
        key=f"amplify target {second}",
        always=True,
        format_func=classes.__getitem__,
        wrap=True,
    )
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        count = address.segmented_control(
            "maps", "How many maps", list(COUNTS), max(COUNTS), key="amplify maps", format_func=COUNTS.__getitem__
        )
        strength = address.slider(
            "strength", "Strength, in percent of the class's mean", 0, 200, 100, 10, key="amplify strength"
        )
    return target, count, strength / 100


def read_amplified(readers: Mapping[str, Classifier], evidence: Evidence, added: Tensor, zoo: Zoo) -> list[Reading]:
    """Return what each network reads with the additions and without, and the first one with them in random maps."""
    first = next(iter(readers))
    control = move_to_random_maps(added, seed=0)
    rows = [(name, zoo[name].title, color_of(name), added) for name in readers]
    rows.append((first, f"{zoo[first].title}, random maps", GRAY, control))
    return [Reading(title, color, *_read(readers[name], evidence.maps, more)) for name, title, color, more in rows]


@torch.no_grad()
def _read(reader: Classifier, maps: Tensor, added: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the probabilities `(classes,)` with the additions and without."""
    now, before = reader.predict_from_features(torch.stack([maps + added, maps]).flatten(1)).numpy()
    return now, before


def describe(
    reading: Reading, evidence: Evidence, target: int, maps: int, strength: float, classes: Sequence[str]
) -> str:
    """Return a sentence: what the missing-feature network reads once the features of a class are turned up."""
    if not maps:
        return f"No feature that this digit lacks lowers the score of {classes[target]}: there is nothing to turn up."
    now, before = classes[reading.label], classes[evidence.answer]
    reads = f"still reads {now}" if now == before else f"reads {now} instead of {before}"
    what = f"what this digit lacks of {classes[target]} at {100 * strength:.0f} % of its usual strength"
    return f"With {what} ({maps} {'map' if maps == 1 else 'maps'}), the network {reading.title} {reads}."


def _show_record(record: Record, count: int) -> None:
    """Show how often the answer followed on many digits, by strength, beside the controls."""
    st.markdown("#### Does the answer follow?")
    said = [describe_amplified(record, MISSING, count=count, strength=strength) for strength in (1.0, 2.0)]
    st.markdown(f"On {record['dataset']['images']:,} test digits: {said[0]}\n\n{said[1][0].upper()}{said[1][1:]}")
    standard = mean(list_shares(record, STANDARD, LACKING, count=count, strength=2.0))
    st.markdown(
        f"The standard network, which reads x and not 1 − x, follows at 200 % in {standard:.1f} % of the digits."
    )
    curves = [
        Curve(
            TITLES[kind],
            COLORS[kind],
            [100 * strength for strength in STRENGTHS],
            [mean(list_shares(record, MISSING, kind, count=count, strength=strength)) for strength in STRENGTHS],
        )
        for kind in KINDS
    ]
    show_drawn_chart(draw_curves, curves, x_title="strength, %", y_title="read as the class, %")
    command = f"`{record['command']}`"
    recorded = read_note("missing_features", "Amplified recorded")
    about = record["dataset"]
    st.caption(recorded.format(about["images"], about["name"], record["seeds"], command))
