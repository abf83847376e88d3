"""The view "Saturation": the same network of sigmoids learns with and without batch norm, side by side."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import streamlit as st

from core.digits.datasets import Dataset
from core.system.number_format import format_spread
from core.training.saturation import ARMS, WITH, WITHOUT, SaturationConfig, SaturationStep, compare_batch_norm
from core.visualization.palette import BLUE, ORANGE
from core.visualization.saturation import draw_saturation
from dashboard import address
from dashboard.components.player import Frame, Look
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import playing
from dashboard.widgets.cached import load_recorded
from dashboard.widgets.texts import show_text

RECORDED_SATURATION = Path(__file__).with_name("recorded_saturation.webp")
RATES = (0.03, 0.1, 0.3)
LOOK = Look(
    "Accuracy on validation digits, mean of three seeds",
    {WITHOUT: ORANGE, WITH: BLUE},
    unit=" %",
    limits=(0, 100),
    axis="epoch",
    speed=0.25,
)


def show_saturation(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Play both trainings: the distribution of every sigmoid's outputs, and the learning curves."""
    player = st.container()  # above its setting: the result comes first
    first = SaturationConfig().learning_rate
    rate = address.select_slider("rate", "Learning rate", RATES, first, key="saturation rate", width=240)
    config = SaturationConfig(learning_rate=rate)
    with player:
        playing.play(
            lambda: compare_batch_norm(data.train, data.validation, config),
            to_frame,
            key="saturation",
            look=LOOK,
            total=2 * config.epochs + 1,
            about=(data.name, config),
            start="Train both",
            recorded=load_recorded(RECORDED_SATURATION),
            conclude=describe_saturation,
        )
    show_text("convolution_saturation")


def to_frame(step: SaturationStep) -> Frame:
    """Return the frame of one moment: a histogram for every stage of both networks, and their accuracy."""
    rows = {
        arm: [(f"{number}: {one.saturated:.0f} % saturated", one.histogram.numpy()) for number, one in stages]
        for arm, stages in ((arm, list(enumerate(step.stages[arm], 1))) for arm in ARMS)
    }
    drawn = draw_saturation(rows)
    accuracies = {arm: mean(step.accuracies[arm]) for arm in ARMS}
    return Frame(drawn.picture, accuracies, _describe(step), at=step.epoch, labels=drawn.labels)


def _describe(step: SaturationStep) -> str:
    read = "; ".join(f"{arm} {format_spread(step.accuracies[arm])} %" for arm in ARMS)
    last = "; ".join(f"{arm} {step.stages[arm][-1].saturated:.0f} %" for arm in ARMS)
    return f"Epoch {step.epoch:g}. Accuracy: {read}.\nSaturated in the last sigmoid stage: {last}."


def describe_saturation(frames: Sequence[Frame]) -> str:
    """Return a sentence: what both networks read at the last frame."""
    last = frames[-1]
    return (
        f"After {last.at:g} epochs, the network {WITH} reads {last.values[WITH]:.0f} % of the validation digits, the "
        f"same network {WITHOUT} {last.values[WITHOUT]:.0f} %."
    )
