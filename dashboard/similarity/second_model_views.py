"""The view "Second network" of the page "Nearest digits": a network trained on another one's feature maps."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.digits.datasets import Dataset
from core.second_model.domain_gap import DomainGap
from core.second_model.training import ALL_MAPS, DIGITS, SecondModelConfig
from core.system.number_format import format_signed
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.network_colors import GOAL_COLORS
from dashboard import address
from dashboard.components.player import Look
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.similarity import recorded_pairs
from dashboard.similarity.second_model_runs import SecondModelRun, Summary, title_of
from dashboard.widgets import playing
from dashboard.widgets.texts import show_caption, show_text

KEY, TRAINING = "second", "second training"  # keys of the player and of the current training
LEARNERS = (DIGITS, "conv1", "conv2", ALL_MAPS)
CLOSE = 2.0  # percentage points: if network 2 is less than this behind, it reads "almost as well"


def show_second(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Draw the choice of two digits, play the training of both networks, and show what they read and why."""
    sentence = st.empty()
    show_text("similarity_second")
    left, right = st.columns([5, 6], gap="medium")
    with left:
        config = _choose(data)
        summary = None if config is None else _play(config, data)
    with right:
        if config is None or summary is None:
            if config is not None and (told := recorded_pairs.describe_pair(data, config.first, config.second)):
                sentence.markdown(f"**{told}** (recorded)")
            recorded_pairs.show_pairs(data)
            return
        names = [data.classes[label] for label in (config.first, config.second)]
        _show_result(summary, names, config.epochs)
        _show_gaps(summary, names)
    recorded_pairs.show_pairs(data)


def _choose(data: Dataset) -> SecondModelConfig | None:
    classes = list(range(len(data.classes)))
    with st.container(horizontal=True, gap="small"):
        first, second = (
            address.selectbox(
                name, label, classes, default, key=f"second {label}", width=120, format_func=data.classes.__getitem__
            )
            for name, label, default in (("one", "One digit", 3), ("other", "The other", 8))
        )
    try:
        return SecondModelConfig(first=first, second=second)
    except ValueError as error:
        st.info(str(error))
        return None


def _play(config: SecondModelConfig, data: Dataset) -> Summary | None:
    """Play the training of both networks; return its summary when it has ended, before that None."""
    training: SecondModelRun | None = st.session_state.get(TRAINING)
    if training is None or training.about != (data.name, config):
        training = st.session_state[TRAINING] = SecondModelRun(config, data)
    colors = dict(zip(map(title_of, LEARNERS), GOAL_COLORS, strict=False))
    look = Look(
        "Accuracy on validation digits, by training data", colors, unit=" %", limits=(0, 100), axis="% of the training"
    )
    playing.play(
        training.steps, training.to_frame, key=KEY, look=look, about=training.about, start="Train both networks"
    )
    run = st.session_state.get(f"{KEY}/run")
    if run is None:
        st.caption("This takes about ten seconds: two convolutions of eight filters, 1,000 digits.")
    return training.summary if run is not None and run.finished else None


def _show_result(summary: Summary, names: Sequence[str], epochs: int) -> None:
    """Say in a sentence how well network 2 reads digits, and show all accuracies."""
    one, two = (summary.accuracies[learner][DIGITS] for learner in (DIGITS, ALL_MAPS))
    how = "almost as well" if one - two < CLOSE else "worse"
    st.markdown(f"#### Network 2 never saw a digit and reads digits {how}: {two:.1f} %; network 1: {one:.1f} %")
    st.table(_table(summary.accuracies))
    st.caption(
        f"Accuracy in percent on {summary.tested:,} test digits and on the maps of {summary.mapped} of them "
        f"({' or '.join(names)}); guessing reaches 50. All networks have the same architecture. Network 1 saw each "
        f"digit {epochs} times, network 2 each map once."
    )


def _table(accuracies: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    rows = {
        title_of(learner): {
            f"{kind} read" if kind in (DIGITS, ALL_MAPS) else f"maps of {kind}": f"{percent:.1f}"
            for kind, percent in read.items()
        }
        for learner, read in accuracies.items()
    }
    return pd.DataFrame(rows).T


def _show_gaps(summary: Summary, names: Sequence[str]) -> None:
    """Show digits beside their maps, and say how far apart they are."""
    st.markdown("#### Why")
    means = {"digits": summary.means, **{f"maps of {stage}": one.means.numpy() for stage, one in summary.gaps.items()}}
    items = [
        GalleryItem(arrays.to_gray(picture), f"{name}: mean of the {kind}")
        for kind, pictures in means.items()
        for name, picture in zip(names, pictures, strict=True)
    ]
    st.html(draw_gallery(items, min_width=90, css_class="ns-means"))
    for stage, gap in summary.gaps.items():
        st.markdown(_describe(gap))
        shown = [GalleryItem(arrays.to_gray(summary.digit), "the digit")]
        for number, (picture, one) in enumerate(zip(summary.maps[stage], gap.correlations.tolist(), strict=True)):
            shown.append(GalleryItem(arrays.to_gray(picture), f"map {number}: {format_signed(one, 2)}"))
        st.html(draw_gallery(shown, min_width=58, css_class="ns-maps"))
    show_caption("similarity", "Maps")


def _describe(gap: DomainGap) -> str:
    return (
        f"**{gap.stage}**: the distance of a map from its digit is {gap.distance:.2f}; two digits of one class are "
        f"{gap.within_class:.2f} apart. {gap.negatives} of {len(gap.correlations)} maps are more like the negative of "
        "the digit. Network 1 learned only light strokes on a dark background, so it cannot read them. Network 2 "
        "learned both."
    )
