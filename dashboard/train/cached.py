"""The snapshots of a training as frames for the player, each drawn once for all visitors."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.jobs import queue, run_folders, training_estimate, training_job, training_report
from core.jobs.run_folders import Job
from core.jobs.training_snapshots import FOLDER, Snapshot, list_snapshots, load_snapshot
from core.jobs.watched_digits import WatchedStep
from core.networks.dead_units import DeadUnits, find_dead_units
from core.visualization.training import draw_snapshot
from dashboard.components.player import Frame
from dashboard.server import caches, locks

DIGITS = 1000  # that a dead unit does not respond to


def snapshot_frames(folder: Path) -> list[Frame]:
    """Return the frames of a run's snapshots so far, in order; damaged ones are left out."""
    frames = []
    for name in list_snapshots(folder):
        try:
            changed = (folder / FOLDER / f"{name}.safetensors").stat().st_mtime_ns
            frames.append(_frame(folder, name, changed))
        except (OSError, ValueError):  # deleted or damaged
            continue
    return frames


@st.cache_resource(max_entries=1200, show_spinner=False)
def _frame(folder: Path, name: str, changed: int) -> Frame:
    """Return the frame of a snapshot; `changed` is the time of its file. Raises ValueError if it is damaged."""
    return to_frame(load_snapshot(folder, name))


def to_frame(snapshot: Snapshot) -> Frame:
    """Return the frame that shows one snapshot."""
    rows = np.arange(len(snapshot.labels))
    mean_probability = 100 * float(snapshot.probabilities[rows, snapshot.labels].mean())
    correct = int((snapshot.probabilities.argmax(1) == snapshot.labels).sum())
    when = f"Epoch {snapshot.epoch}, batch {snapshot.batch}" if snapshot.epoch else "Before training"
    maps = (snapshot.first_maps, snapshot.last_maps)
    drawn = draw_snapshot(snapshot.digits, snapshot.labels.tolist(), snapshot.probabilities, snapshot.filters, maps)
    text = f"{when}: {correct} of {len(rows)} correct; mean probability of the correct class {mean_probability:.0f} %."
    return Frame(drawn.picture, {}, text, labels=drawn.labels)


def estimate_seconds(settings: dict[str, Any]) -> float:
    """Return about how many seconds this training takes on this machine. Raises ValueError."""
    config = settings["config"]
    speed = {**settings, "config": {name: config[name] for name in ("attack", "device", "optimizer") if name in config}}
    digits = training_estimate.count_digits(settings, caches.dataset(settings["dataset"]))
    return digits * _seconds_per_digit(json.dumps(speed, sort_keys=True))


@st.cache_data(ttl=3600, max_entries=200, show_spinner=False)
def _seconds_per_digit(settings: str) -> float:
    described = json.loads(settings)
    with locks.LONG:
        return training_estimate.measure_seconds_per_digit(described, caches.dataset(described["dataset"]))


def estimate_test_seconds(settings: dict[str, Any]) -> float:
    """Return about how many seconds the test after this training takes on this machine. Raises ValueError."""
    device = settings["config"].get("device")
    fixed = {**settings, "config": {} if device is None else {"device": device}}
    return _test_seconds(json.dumps(fixed, sort_keys=True))


@st.cache_data(ttl=3600, max_entries=200, show_spinner=False)
def _test_seconds(settings: str) -> float:
    described = json.loads(settings)
    with locks.LONG:
        return training_estimate.measure_test_seconds(described, caches.dataset(described["dataset"]))


def seconds_with_others(own: float, but: str = "") -> float:
    """Return in how many seconds a training of `own` seconds ends, since all active jobs take turns.

    `but` is the id of that training, if it is active itself.
    """
    return training_estimate.share_machine(own, (left for name, left in _all_seconds_left().items() if name != but))


@st.cache_data(ttl=5, show_spinner=False)
def _all_seconds_left() -> dict[str, float]:
    """Return about how many seconds each active job still computes, by its id; infinite where nobody can say."""
    return {job.id: seconds_left(job) for job in queue.list_sharing()}


def seconds_left(job: Job) -> float:
    """Return about how many seconds a training and its test still compute; infinite where nobody can say."""
    if job.kind != "train":
        return math.inf
    try:
        config = training_job.read_plan(job.settings).config
        steps = list(run_folders.read_steps(job.id, record=WatchedStep))
        progress = training_report.measure_progress(steps, epochs=config.epochs, batch=config.batch)
        training = estimate_seconds(job.settings) if progress.seconds_left is None else progress.seconds_left
        return training + estimate_test_seconds(job.settings)
    except ValueError:  # what it starts from is gone, or its files are damaged
        return math.inf


@st.cache_data(max_entries=100, show_spinner=False)
def dead_units(name: str, data: str, head_only: bool) -> list[DeadUnits]:
    """Return the dead units of a network, measured on test digits; `head_only`: not those of its convolutions."""
    network, images = caches.classifier(name, data), caches.dataset(data).test.first(DIGITS).images()
    head = dict(network.head.named_children())
    with locks.LONG:
        return [one for one in find_dead_units(network, images) if one.stage in head or not head_only]
