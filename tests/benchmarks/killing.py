"""What a training loses whose worker is killed, as a machine that goes off would, at any moment."""

from __future__ import annotations

import random
import time

from core import checkpoints, datasets
from core.architectures import POOL, RELU, Architecture, conv
from core.jobs import control, runs
from core.jobs.runs import Job, read_steps
from core.jobs.training_job import NAME, STATE
from core.training_state import load_state
from tests.benchmarks import Measured
from tests.benchmarks.jobs import own_runs
from tests.working import kill, until

KILLS = 50
LONGEST = 0.6  # seconds from a sign of life to the kill: some epochs, each of which ends with a state being written
TINY = Architecture("tiny", (conv(4, 5), POOL, RELU), hidden=(20,))
SETTINGS = {"architecture": TINY.to_dict(), "dataset": datasets.OFFLINE,
            "config": {"epochs": 3000, "batch": 16, "report_every": 20}}  # fmt: skip


def killed_trainings() -> Measured:
    """Kill a training and let it go on, again and again."""
    chance, bad, learned = random.Random(0), 0, 0
    with own_runs():
        job = control.submit("train", "killed", SETTINGS, "benchmark")
        for number in range(KILLS):
            seen = len(read_steps(job.id))
            until(lambda seen=seen: len(read_steps(job.id)) != seen)
            time.sleep(chance.uniform(0, LONGEST))
            kill(job)
            bad += not _is_whole(job)
            learned = max(learned, _reached(job))
            if number < KILLS - 1:
                control.resume(job.id)
    return Measured(bad, [bad], f"{learned} epochs were learned meanwhile.")


def _reached(job: Job) -> int:
    return max((step["epoch"] for step in read_steps(job.id)), default=0)


def _is_whole(job: Job) -> bool:
    """Say whether at most one epoch is lost, and the network, if it was ever kept, can be read."""
    if runs.read_status(job).state != "lost":
        return False
    try:
        kept = load_state(job.folder / STATE).epoch if (job.folder / STATE).exists() else 0
        if (job.folder / f"{NAME}.json").exists():
            checkpoints.load(NAME, folder=job.folder)
    except ValueError:
        return False
    return kept >= _reached(job) - 1
