"""The view "Second network" of the page "Nearest digits": a network that learns from another one's feature maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.digits.datasets import Dataset
from core.second_model.domain_gap import DomainGap
from core.second_model.training import ALL_MAPS, DIGITS, SecondModelConfig
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.network_colors import GOAL_COLORS
from dashboard import address
from dashboard.components.player import Look
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.similarity import pair_views
from dashboard.similarity.second_model_runs import Learning, Told, title_of
from dashboard.widgets import playing
from dashboard.widgets.texts import show_text

KEY, LEARNING = "second", "second learning"
LEARNERS = (DIGITS, "conv1", "conv2", ALL_MAPS)
CLOSE = 2.0  # points that network 2 may read fewer and still be called as good


def show_second(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Let people choose two digits, watch the networks learn, and see what they read and why."""
    show_text("similarity_second")
    left, right = st.columns([5, 6], gap="medium")
    with left:
        config = _choose(data)
        told = None if config is None else _play(config, data)
    with right:
        if config is None or told is None:
            pair_views.show_pairs(data)
            return
        names = [data.classes[label] for label in (config.first, config.second)]
        _show_result(told, names, config.epochs)
        _show_reasons(told, names)
    pair_views.show_pairs(data)


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


def _play(config: SecondModelConfig, data: Dataset) -> Told | None:
    """Play how both learn; return what came of it once that is over."""
    learning: Learning | None = st.session_state.get(LEARNING)
    if learning is None or learning.about != (data.name, config):
        learning = st.session_state[LEARNING] = Learning(config, data)
    colors = dict(zip(map(title_of, LEARNERS), GOAL_COLORS, strict=False))
    look = Look("Validation digits read right, by what was learned from", colors, unit=" %", limits=(0, 100))
    playing.play(
        learning.steps, learning.to_frame, key=KEY, look=look, about=learning.about, start="Train both networks"
    )
    run = st.session_state.get(f"{KEY}/run")
    if run is None:
        st.caption("About ten seconds: two convolutions of eight filters, 1,000 digits.")
    return learning.told if run is not None and run.finished else None


def _show_result(told: Told, names: Sequence[str], epochs: int) -> None:
    """Say what came of it, and who reads what."""
    one, two = (told.accuracies[learner][DIGITS] for learner in (DIGITS, ALL_MAPS))
    how = "almost as well" if one - two < CLOSE else "worse"
    st.markdown(f"#### Network 2 never saw a digit, and reads them {how}: {two:.1f} %, network 1 {one:.1f} %")
    st.table(_table(told.accuracies))
    st.caption(
        f"Percent of {told.tested:,} test digits, and of the maps of {told.mapped} of them, told apart as "
        f"{' or '.join(names)}; a coin would have 50. All networks have the same architecture; network 1 has "
        f"seen every digit {epochs} times, a network 2 every map once."
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


def _show_reasons(told: Told, names: Sequence[str]) -> None:
    """Show how maps look beside digits, and say how far apart they are."""
    st.markdown("#### Why")
    means = {"digits": told.means, **{f"maps of {stage}": one.means.numpy() for stage, one in told.reasons.items()}}
    items = [
        GalleryItem(arrays.to_gray(picture), f"{name}: mean of the {kind}")
        for kind, pictures in means.items()
        for name, picture in zip(names, pictures, strict=True)
    ]
    st.html(draw_gallery(items, min_width=90, css_class="ns-means"))
    for stage, reason in told.reasons.items():
        st.markdown(_describe(reason))
        words = [
            f"map {number}: {alike:+.2f}".replace("-", "−") for number, alike in enumerate(reason.correlations.tolist())
        ]
        shown = [GalleryItem(arrays.to_gray(told.digit), "the digit")]
        shown += [GalleryItem(arrays.to_gray(one), text) for one, text in zip(told.maps[stage], words, strict=True)]
        st.html(draw_gallery(shown, min_width=58, css_class="ns-maps"))
    st.caption(
        "Under each map: its mean correlation with the digit. +1: the same picture; 0: nothing in common; −1: "
        "the negative, light and dark exchanged."
    )


def _describe(reason: DomainGap) -> str:
    return (
        f"**{reason.stage}**: a map is {reason.distance:.2f} from its digit, pixel by pixel, where two digits of one "
        f"class are {reason.within_class:.2f} apart. {reason.negatives} of {len(reason.correlations)} maps show it "
        "rather as its negative: network 1 knows only light strokes on a dark ground and is lost there, network 2 has "
        "learned both."
    )
