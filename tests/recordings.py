"""Make the recorded runs that pages show at first again: `python -m tests.recordings [NAME...]`.

Names are the views of *What activates a neuron*, *Fine-tuning* and *Saturation*, which run in the real page with their
first settings, and `trainings`, two short trainings for the page *Train*. Digits are those of MNIST.
"""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from unittest.mock import patch

import torch

from core.digits import datasets
from core.jobs import run_folders, training_job
from core.jobs.run_folders import Job
from core.jobs.watched_digits import WatchedStep
from core.networks import evaluation
from core.studies.recorded import RECORDED, Record, to_json, to_record
from core.training.presets import PRESETS
from core.zoo import checkpoints
from dashboard.components.player import Frame, Look
from dashboard.convolution.saturation_views import RECORDED_SATURATION
from dashboard.maximize import VIEWS, runs
from dashboard.maximize.runs import recorded_path
from dashboard.train import cached
from dashboard.train.recorded import RECORDED_GROWTH
from dashboard.train.watch_views import SNAPSHOTS
from dashboard.transfer.tuning_views import RECORDED_TUNING
from dashboard.widgets import playing, recorded_runs
from dashboard.widgets.recorded_runs import RecordedRun
from tests.pages import open_page, press, rerun

TUNING, SATURATION = "Fine-tuning", "Saturation"
ELSEWHERE = {  # views of other pages, and where their runs are kept
    TUNING: ("transfer", RECORDED_TUNING),
    SATURATION: ("convolution", RECORDED_SATURATION),
}
LIMIT = 1200  # seconds for one run
TRAININGS = {"With convolutions": "Keras: small, Adam", "Without convolutions": "no convolution"}
EPOCHS, SHARE = 6, 0.1  # of the trainings; few digits, so that the curves differ
STRIDE = 4  # every fourth record of a training is kept, and the last of each epoch
Shown = dict[str, RecordedRun]
"""What the players show when their runs have ended, by key."""


def main() -> None:
    """Record what is named on the command line, or all. Raises DatasetError where MNIST is missing."""
    datasets.load("MNIST")  # without it the pages would show other digits
    for name in sys.argv[1:] or [*(view.title for view in VIEWS), *ELSEWHERE, "trainings"]:
        if name == "trainings":
            _record_trainings(name)
        else:
            _record_view(name)


def _record_view(view: str) -> None:
    for key, run in _run_view(view).items():
        path = ELSEWHERE[view][1] if view in ELSEWHERE else recorded_path(key.removesuffix("/player"))
        recorded_runs.save(run, path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def _run_view(view: str) -> Shown:
    shown: Shown = {}

    def keep(
        frames: Sequence[Frame], *, key: str, run: str, look: Look, finished: bool, total: int | None = None
    ) -> None:
        if finished and not run.startswith("recorded "):
            shown[key] = RecordedRun(frames, look)

    with patch.object(playing, "player", keep), patch.object(runs, "load_recorded", lambda path: None):
        app = open_page(ELSEWHERE[view][0] if view in ELSEWHERE else "maximize", view=view, sample="0")
        (start,) = [str(button.key) for button in app.button if str(button.key).endswith("/start")]
        run = press(app, start).session_state[start.replace("/start", "/run")]
        end = time.monotonic() + LIMIT
        while not run.finished and time.monotonic() < end:
            time.sleep(1)
        rerun(app)
    return shown


def _record_trainings(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, {run_folders.RUNS_VARIABLE: folder}):
        jobs = [_train(title, preset) for title, preset in TRAININGS.items()]
        rows = [_to_row(job) for job in jobs]
        recorded_runs.save(RecordedRun(cached.snapshot_frames(jobs[0].folder), SNAPSHOTS), RECORDED_GROWTH)
    record = to_record(name, datasets.load("MNIST"), rows, command="make recordings")
    (RECORDED / f"{name}.json").write_bytes(to_json(record))


def _train(title: str, preset: str) -> Job:
    chosen = PRESETS[preset]
    settings = replace(chosen, config=replace(chosen.config, epochs=EPOCHS, report_every=1)).to_settings()
    settings |= {"dataset": "MNIST", "share": SHARE, "validation": None}  # all learn from the same digits
    job = run_folders.create_job(kind="train", title=title, settings=settings, visitor="", threads=1)
    for step in training_job.run(settings, job.folder, run_folders.JobRequest):
        run_folders.append_step(job, vars(step))
    return job


def _to_row(job: Job) -> Record:
    """Return a training with its learning curves, and what the network reads of all test digits."""
    steps = run_folders.read_steps(job.id, record=WatchedStep)
    kept = [one for at, one in enumerate(steps) if at % STRIDE == 0 or one["validation_loss"] is not None]
    test = datasets.load("MNIST").test
    network = checkpoints.load_classifier(training_job.NETWORK_NAME, job.folder)
    predicted = evaluation.predict(network, test.images()).argmax(1)
    card = checkpoints.load_card(training_job.NETWORK_NAME, job.folder)
    return {
        "title": job.title,
        "digits": card.dataset["digits"],
        "epochs": EPOCHS,
        "accuracy": evaluation.accuracy(test.labels, torch.as_tensor(predicted)),
        "confusion": evaluation.confusion(test.labels, torch.as_tensor(predicted), 10).tolist(),
        "steps": [{name: round(value, 4) if value else value for name, value in one.items()} for one in kept],
    }


if __name__ == "__main__":
    main()
