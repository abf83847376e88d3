"""The view "Fine-tuning": the last layer first and then all, compared with all layers at once."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from core.digits.datasets import Dataset
from core.system.intervals import wilson_interval
from core.transfer.backbones import Backbone
from core.transfer.fine_tuning import ARMS, COLOR_SIDE, TuneConfig, TuneStep, fine_tune
from core.transfer.tasks import Task
from core.visualization.network_colors import GOAL_COLORS
from core.visualization.transfer import draw_tuning
from dashboard import address
from dashboard.components.player import Frame, Look
from dashboard.server import locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.transfer import layers, pictures
from dashboard.widgets import playing
from dashboard.widgets.cached import load_recorded
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.texts import show_caption

RECORDED_TUNING = Path(__file__).with_name("recorded_tuning.webp")
SHOWN = 10  # held-out pictures of all classes
COLORS = dict(zip(ARMS, GOAL_COLORS, strict=False))
LOOK = Look("Accuracy on held-out pictures", COLORS, unit=" %", limits=(0, 100), axis="epoch", speed=0.25)
COLOR_SECONDS = 0.15  # of training VGG16 on one picture, on one core of a usual machine
RATES = (0.001, 0.003, 0.01, 0.03)


def show_tuning(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Fine-tune a network in two phases, in one phase, and from random weights; show all three side by side."""
    left, right = inputs_and_result(260, 780)
    with left:
        source = pictures.choose_source()
        backbone = layers.choose_backbone(data, zoo)
        config = _choose_settings()
    with right:
        task = pictures.show_task(source, data)
        if task is None or backbone is None:
            return
        _play_tuning(task, backbone, config)


def _play_tuning(task: Task, backbone: Backbone, config: TuneConfig) -> None:
    large = backbone.channels == 3
    if large:
        epoch = 3 * COLOR_SECONDS * int((~task.test).sum())
        st.caption(
            f"VGG16 is fine-tuned at {COLOR_SIDE} × {COLOR_SIDE} pixels. One epoch of all three takes about "
            f"{epoch:.0f} seconds, so start with few epochs."
        )
    tuning = Tuning(task, backbone, config, locks.VGG16_TUNING if large else None)
    playing.play(
        tuning.steps,
        tuning.to_frame,
        key="transfer tuning",
        look=LOOK,
        total=config.epochs + 1,
        about=(task.digest, layers.network_id(backbone), config),
        start="Fine-tune",
        recorded=load_recorded(RECORDED_TUNING),
        conclude=describe_accuracies,
    )
    show_caption("transfer", "Fine-tuning")
    st.caption(describe_uncertainty(int(task.test.sum())))


def describe_uncertainty(held_out: int) -> str:
    """Return a sentence about how exact an accuracy of 90 % on so many pictures is."""
    right = round(0.9 * held_out)
    low, high = wilson_interval(right, held_out)
    interval = f"the 95 % interval {low:.0f} to {high:.0f} %"
    return f"With {held_out} held-out pictures an accuracy is not exact: {right} right ones have {interval}."


def describe_accuracies(frames: Sequence[Frame]) -> str:
    """Return a sentence about the newest accuracies of the three networks."""
    last = frames[-1]
    reached = ", ".join(f"{accuracy:.0f} % with {name.lower()}" for name, accuracy in last.values.items())
    return f"After {last.at:.0f} epochs, the accuracy on held-out pictures is {reached}."


def _choose_settings() -> TuneConfig:
    epochs = address.slider("epochs", "Epochs", 4, 40, 20, always=True)
    label, usual = "Epochs of the last layer alone", min(8, epochs - 1)
    first = address.slider("alone", label, 1, epochs - 1, usual, key=f"transfer first {epochs}")
    rate = address.select_slider("rate", "Learning rate", RATES, 0.01)
    return TuneConfig(epochs=epochs, first=first, learning_rate=rate)


@dataclass(frozen=True, eq=False)
class Tuning:
    """The fine-tuning of a network for a task, as frames for the player."""

    task: Task
    backbone: Backbone
    config: TuneConfig
    lock: "threading.Lock | None" = None
    """Held during the whole run, if given."""

    def steps(self) -> Iterator[TuneStep]:
        """Yield the state before the first epoch and after each. Raises ValueError if the lock is taken."""
        steps = fine_tune(self.backbone, self.task, self.config)
        return steps if self.lock is None else _hold_lock(steps, self.lock)

    def to_frame(self, step: TuneStep) -> Frame:
        """Return the frame of one epoch."""
        held_out = np.flatnonzero(self.task.test)
        labels = self.task.labels[held_out]
        classes = range(len(self.task.classes))
        each = SHOWN // len(classes)
        shown = np.concatenate([pictures.pick_evenly(np.flatnonzero(labels == label), each) for label in classes])
        predicted = {f"{name}: {step.accuracies[name]:.0f} %": read[shown] for name, read in step.predicted.items()}
        drawn = draw_tuning([self.task.pixels[held_out[one]] for one in shown], labels[shown], predicted)
        return Frame(drawn.picture, step.accuracies, _describe(step), at=step.epoch, labels=drawn.labels)


def _hold_lock(steps: Iterator[TuneStep], lock: threading.Lock) -> Iterator[TuneStep]:
    """Yield the steps while holding the lock: training three copies of VGG16 takes half a gigabyte."""
    if not lock.acquire(blocking=False):
        raise ValueError("another visitor is fine-tuning VGG16 now. Try again in a few minutes.")
    try:
        yield from steps
    finally:
        lock.release()


def _describe(step: TuneStep) -> str:
    if not step.epoch:
        return "Before training: the last layer is new and guesses."
    moved = ", ".join(f"{name} {share:.1f} %" for name, share in step.weight_changes.items())
    return (
        f"Epoch {step.epoch} of {step.epochs}. In two phases, {step.phase} learn{'s' * ('last' in step.phase)} now.\n"
        f"Change of the other layers' weights: {moved}."
    )
