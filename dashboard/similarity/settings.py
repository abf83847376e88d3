"""What can be set of the shortcut: the network, how many digits it has seen, where they are compared, and how near."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.digits.datasets import Dataset
from core.similarity.feature_vectors import LAST_STAGE, list_stages
from core.similarity.thresholds import Comparison, evaluate_thresholds, quantile_thresholds
from core.visualization.number_format import format_distance
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.similarity import cached
from dashboard.widgets import maps

SEEN = (0.02, 0.1, 0.5)  # shares of the training digits: of MNIST's 1,000, 5,000 and the half of the proposal
SHARES = (0.0, 0.01, 0.02, 0.03, 0.05, 0.075, *(step / 20 for step in range(2, 21)))
WORDS = {LAST_STAGE: "last vector"}
SHARE = "shortcut share"  # the key of its slider


@dataclass(frozen=True)
class Setting:
    """A shortcut as it is set now."""

    network: str
    title: str
    count: int
    """Digits seen."""
    stages: tuple[str, ...]
    """Where they are compared, in the order of the network."""
    share: float
    """Of the validation digits, so many would pass the threshold at any one stage."""
    thresholds: dict[str, float]
    """The cosine distance of that, by stage."""


def choose_setting(data: Dataset, zoo: Zoo) -> Setting | None:
    """Let people choose; None, after a sentence, while there is nothing to compare or nowhere."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        with st.container(width=210):
            name, network = maps.choose_network(data, zoo, key="shortcut network")
        counts = [max(1, round(share * len(data.train))) for share in SEEN]
        count = address.segmented_control(
            "seen",
            "Digits seen before",
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
        st.info("Choose at least one place in the network at which digits are compared.")
        return None
    title = (zoo | caches.own_networks())[name].title
    found = cached.comparison(name, count, chosen, "validation", data.name)
    share = _choose_share(found, chosen)
    return Setting(name, title, count, chosen, share, thresholds_of(found, share))


def _choose_stages(stages: tuple[str, ...]) -> tuple[str, ...]:
    """Let people choose where; at first after each convolution, as the proposal has it."""
    known = [stage for stage in stages if stage != LAST_STAGE] or list(stages)
    chosen = address.several_pills(
        "after",
        "Compared after",
        stages,
        known,
        key="shortcut stages",
        always=True,
        wrap=True,
        format_func=lambda stage: WORDS.get(stage, stage),
    )
    return tuple(stage for stage in stages if stage in chosen)


def _choose_share(found: Comparison, stages: tuple[str, ...]) -> float:
    slider, loss, button = st.columns([5, 1.5, 2.2], vertical_alignment="bottom", gap="small")
    points = address.number_input(
        "cost",
        "may cost, points",
        0.0,
        20.0,
        0.3,
        0.1,
        key="shortcut loss",
        place=loss,
        format="%.1f",
        help="Of accuracy on validation digits; the test digits have no say in the choice.",
    )
    button.button(
        "Choose for me",
        on_click=_choose_for,
        args=(found, points),
        width="stretch",
        key="shortcut choose",
        help="The largest threshold that costs no more than that on validation digits.",
    )
    deeper = " (deeper ones: the same share of digits)" if len(stages) > 1 else ""
    return address.select_slider(
        "share",
        f"Near enough: cosine distance at {WORDS.get(stages[0], stages[0])}{deeper}",
        SHARES,
        0.2,
        key=SHARE,
        place=slider,
        format_func=lambda one: _write_share(found, stages[0], one),
    )


def _write_share(found: Comparison, stage: str, share: float) -> str:
    return "never" if share == 0 else format_distance(thresholds_of(found, share)[stage])


def thresholds_of(found: Comparison, share: float) -> dict[str, float]:
    """Return by stage the distance that this share of the digits would pass; none is below -1."""
    return quantile_thresholds(found, share) if share else dict.fromkeys(found.distances, -1.0)


def _choose_for(found: Comparison, points: float) -> None:
    """Move the slider to the largest threshold that costs no more than so many points."""
    least = found.accuracy - points - 1e-9
    fair = [share for share in SHARES if evaluate_thresholds(found, thresholds_of(found, share)).accuracy >= least]
    st.session_state[SHARE] = max(fair)
