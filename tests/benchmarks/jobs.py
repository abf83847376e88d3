"""What a training costs others: the records it writes while it learns, and the strokes of whoever draws meanwhile."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from math import ceil
from pathlib import Path
from statistics import median

import numpy as np
from playwright.sync_api import Page

from core.jobs import control, run_folders
from core.jobs.training_job import MAX_RECORDS_PER_EPOCH
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.training.loop import TrainConfig, TrainStep, train
from core.training.presets import PRESETS
from tests.benchmarks import Measured, mnist
from tests.benchmarks.live_page import ADDRESS, DRAWN, open_dashboard, time_strokes
from tests.benchmarks.timing import ratios, seconds, side_by_side
from tests.browser import drawing_canvas

RECORDS, BATCHES, ROUNDS = 200, 40, 5
VISITS = 2  # with and without a job, in turn
LONG = {**PRESETS["talk: step 1"].to_settings(), "config": asdict(TrainConfig(epochs=60))}  # outlasts what is timed


def record_cost() -> Measured:
    """Time what the worker does for a record against the batches that it reports, as many as in a job (A5)."""
    mnist.dataset()
    with own_runs():
        turns = side_by_side({"records": _write_records, "batches": _learn}, ROUNDS)
    reported = ceil(len(mnist.dataset().train) / TrainConfig().batch / MAX_RECORDS_PER_EPOCH)
    single = [100 * share * BATCHES / RECORDS for share in ratios(seconds(turns["records"]), seconds(turns["batches"]))]
    figures = [cost / reported for cost in single]
    return Measured(median(figures), figures, f"Of {reported} batches; of a single batch {median(single):.2f}.")


def _write_records() -> None:
    """Do what `core.jobs.worker` does with every record, and `core.jobs.training_job` before it."""
    job = run_folders.create_job(kind="train", title="", settings={}, visitor="", threads=1)
    for number in range(RECORDS):
        step = TrainStep(1, number, RECORDS, 0.5, 90.0, 1.0, run_folders.read_request(job).changes.learning_rate or 0.1)
        run_folders.append_step(job, asdict(step))
        run_folders.read_request(job)


def _learn() -> None:
    digits = mnist.dataset().train.first(BATCHES * TrainConfig().batch)
    config = TrainConfig(epochs=1, report_every=BATCHES)
    for _ in train(build(ARCHITECTURES["published"]), digits, digits.first(1), config):
        pass


def stroke_training() -> Measured:
    """Draw on the main page with nothing else going on, then while a job trains, and so again."""
    alone, beside = [], []
    with own_runs(), open_dashboard(ADDRESS) as page:
        for _ in range(VISITS):
            alone += _strokes(page)
            with training():
                beside += _strokes(page)
    waits = [float(np.percentile(taken, 95)) for taken in (alone, beside)]
    note = f"{waits[0]:.0f} ms alone, {waits[1]:.0f} beside it; medians {median(alone):.0f} and {median(beside):.0f}."
    return Measured(waits[1] / waits[0], [waits[1] / waits[0]], note)


def _strokes(page: Page) -> list[float]:
    return time_strokes(page, drawing_canvas(page, 0), DRAWN, clear="Clear")


@contextmanager
def training() -> Iterator[None]:
    """Let a job train as long as this lasts."""
    job = control.submit("train", "beside", LONG, "benchmark")
    try:
        _until(lambda: bool(run_folders.read_steps(job.id)))
        yield
        assert run_folders.read_status(job).state == "running", "the job ended too early to be felt"
    finally:
        control.stop(job.id)
        _until(lambda: not run_folders.read_status(job).active)


def _until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.1)


@contextmanager
def own_runs() -> Iterator[None]:
    """Keep what is measured apart from anybody's runs."""
    before = os.environ.get(run_folders.RUNS_VARIABLE)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[run_folders.RUNS_VARIABLE] = str(Path(folder))
        try:
            yield
        finally:
            os.environ.pop(run_folders.RUNS_VARIABLE)
            os.environ |= {} if before is None else {run_folders.RUNS_VARIABLE: before}
