"""The settings of the shortcut: network, number of reference digits, stages of comparison, and threshold."""

from dataclasses import dataclass

import streamlit as st

from core.digits.datasets import Dataset
from core.similarity.feature_vectors import LAST_STAGE, list_stages
from core.similarity.thresholds import Comparison, evaluate_thresholds, quantile_thresholds
from core.system.number_format import format_distance
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.similarity import cached
from dashboard.widgets import maps
from dashboard.widgets.texts import read_note

SEEN = (0.02, 0.1, 0.5)  # shares of the training digits: in MNIST 1,000, 5,000 and half of them, as in the proposal
SHARES = (0.0, 0.01, 0.02, 0.03, 0.05, 0.075, *(step / 20 for step in range(2, 21)))  # that pass the threshold
SHARE = "shortcut share"  # the key of the threshold's slider


def stage_name(stage: str) -> str:
    """Return a stage's name on the screen."""
    return "last vector" if stage == LAST_STAGE else stage


@dataclass(frozen=True)
class ShortcutSettings:
    """A shortcut: a digit near enough to a reference digit at a stage gets that one's label."""

    network: str
    title: str
    count: int
    """Reference digits."""
    stages: tuple[str, ...]
    """The stages at which digits are compared, in the network's order."""
    share: float
    """The share of validation digits that pass the threshold, the same at every stage."""
    thresholds: dict[str, float]
    """The largest cosine distance that passes, by stage."""


def choose_settings(data: Dataset, zoo: Zoo) -> ShortcutSettings | None:
    """Draw the settings and return them; None, after a sentence, without a network or a stage."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        with st.container(width=210):
            name, network = maps.choose_classifier(data, zoo, key="shortcut network")
        counts = [max(1, round(share * len(data.train))) for share in SEEN]
        count = address.segmented_control(
            "seen",
            "Reference digits",
            counts,
            counts[1],
            key="shortcut seen",
            format_func=lambda one: f"{one:,}" + (" (half)" if one == counts[-1] else ""),
        )
        stages = list_stages(network) if network is not None else ()
        chosen = _choose_stages(stages)
    if network is None:
        return None
    if not chosen:
        st.info("Choose at least one layer after which digits are compared.")
        return None
    title = (zoo | caches.own_networks())[name].title
    found = cached.comparison(name, count, chosen, "validation", data.name)
    share = _choose_share(found, chosen)
    return ShortcutSettings(name, title, count, chosen, share, thresholds_at(found, share))


def _choose_stages(stages: tuple[str, ...]) -> tuple[str, ...]:
    """Draw the choice of stages; return them (default: after each convolution, as in the proposal)."""
    known = [stage for stage in stages if stage != LAST_STAGE] or list(stages)
    chosen = address.several_pills(
        "after",
        "Compared after",
        stages,
        known,
        key="shortcut stages",
        always=True,
        wrap=True,
        format_func=stage_name,
    )
    return tuple(stage for stage in stages if stage in chosen)


def _choose_share(found: Comparison, stages: tuple[str, ...]) -> float:
    """Draw the threshold, and a button that finds it from the accuracy one may lose; return the share that passes."""
    slider, loss, button = st.columns([4.5, 2.4, 1.8], vertical_alignment="bottom", gap="small")
    points = address.number_input(
        "cost",
        "Accuracy you may lose (points)",
        0.0,
        20.0,
        0.3,
        0.1,
        key="shortcut loss",
        place=loss,
        format="%.1f",
        help="Measured on validation digits; test digits are not used for this choice.",
    )
    button.button(
        "Set threshold",
        on_click=_choose_largest,
        args=(found, points),
        width="stretch",
        key="shortcut choose",
        help=read_note("similarity", "Set threshold"),
    )
    deeper = " (later layers: the same share of digits)" if len(stages) > 1 else ""
    return address.select_slider(
        "share",
        f"Similarity threshold: cosine distance at {stage_name(stages[0])}{deeper}",
        SHARES,
        0.2,
        key=SHARE,
        place=slider,
        format_func=lambda one: _write_share(found, stages[0], one),
    )


def _write_share(found: Comparison, stage: str, share: float) -> str:
    return "never" if share == 0 else format_distance(thresholds_at(found, share)[stage])


def thresholds_at(found: Comparison, share: float) -> dict[str, float]:
    """Return by stage the threshold that this share of the digits passes; for 0 that is -1, which no digit passes."""
    return quantile_thresholds(found, share) if share else dict.fromkeys(found.distances, -1.0)


def _choose_largest(found: Comparison, points: float) -> None:
    """Move the slider to the largest threshold that loses at most so many points of accuracy."""
    least = found.accuracy - points - 1e-9
    fair = [share for share in SHARES if evaluate_thresholds(found, thresholds_at(found, share)).accuracy >= least]
    st.session_state[SHARE] = max(fair)
