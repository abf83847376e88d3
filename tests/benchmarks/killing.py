"""What is lost when workers that train, and servers that start jobs and keep networks, are killed at any moment.

A server is killed in two ways: as a dashboard in which somebody has just pressed Train, and, to hit the moments of
writing more often, as a process that does nothing but what such presses lead to.
"""

import random
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from playwright.sync_api import Browser, sync_playwright

from core.digits import datasets
from core.jobs import control, network_files, run_folders
from core.jobs.run_folders import Job, read_steps
from core.jobs.training_job import NETWORK_NAME, STATE_FILE
from core.networks.architectures import POOL, RELU, Architecture, conv
from core.training.state import load_state
from core.zoo import checkpoints
from tests.benchmarks import Measured, NotMeasurable
from tests.benchmarks.jobs import own_runs
from tests.browser import LAPTOP, find_chromium, launch_chromium, open_tab, start_server
from tests.busy_server import press_and_kill
from tests.job_runs import ended, kill, until, without_mnist

WORKERS, SERVERS = 25, 25  # killed of each
PATIENCE = 300.0  # seconds, on a busy machine
MAX_DELAY = 0.6  # seconds from a sign of life to the kill: some epochs, each of which ends with a state being written
AFTER_PRESS = 3.0  # seconds, at most, from the press of Train to the kill: until the job is made, begins, and is shown
TINY = Architecture("tiny", (conv(4, 5), POOL, RELU), hidden=(20,))
SETTINGS = {
    "architecture": TINY.to_dict(),
    "dataset": datasets.OFFLINE,
    "config": {"epochs": 3000, "batch": 16, "report_every": 20},
}


def killed_trainings() -> Measured:
    """Kill a training and let it go on, again and again; then servers that take in, keep, start and remove runs."""
    chance = random.Random(0)
    with own_runs():
        job = control.submit("train", "killed", SETTINGS, "benchmark")
        workers, learned = _kill_workers(job, chance)
        control.stop(job.id)
        ended(job, PATIENCE)
        parcel = run_folders.runs_folder() / "parcel.zip"
        parcel.write_bytes(network_files.export_network(job.folder))
        servers = _kill_servers(parcel, chance)
    return Measured(workers + servers, [workers, servers], f"{learned} epochs were learned meanwhile.")


def _kill_workers(job: Job, chance: random.Random) -> tuple[int, int]:
    """Return how often more than an epoch was lost, and how many were learned."""
    bad = learned = 0
    for _ in range(WORKERS):
        _see_it_learn(job)
        time.sleep(chance.uniform(0, MAX_DELAY))
        kill(job)
        bad += not _is_whole(job)
        learned = max(learned, _reached(job))
        control.resume(job.id)
    _see_it_learn(job)
    return bad, learned


def _see_it_learn(job: Job) -> None:
    seen = len(read_steps(job.id))
    until(lambda: len(read_steps(job.id)) != seen, PATIENCE)


def _kill_servers(parcel: Path, chance: random.Random) -> int:
    """Return how many runs could not be read afterwards, of all servers together."""
    return sum(press_and_kill(parcel, chance, MAX_DELAY) for _ in range(SERVERS))


def killed_servers() -> Measured:
    """Press Train on the real dashboard, kill its server soon after, and start the next one on the same runs."""
    if find_chromium() is None:
        raise NotMeasurable("no Chromium or Chrome is installed.")
    chance, found = random.Random(0), Faults()
    with own_runs(), sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for _ in range(SERVERS):
            _train_and_kill(browser, chance, found)
    return Measured(found.count, [found.count], f"{found.begun} trainings had begun, all of which went on without it.")


@dataclass
class Faults:
    """What went wrong with the servers so far, and of how many trainings."""

    count: int = 0
    begun: int = 0


def _train_and_kill(browser: Browser, chance: random.Random, found: Faults) -> None:
    with TemporaryDirectory() as nowhere, TemporaryFile() as log, open_tab(browser, **LAPTOP) as page:
        server, address = start_server("dashboard/app.py", log.fileno(), **without_mnist(Path(nowhere)))
        page.goto(f"{address}/train")
        page.get_by_role("button", name="Train", exact=True).click(timeout=1000 * PATIENCE)
        time.sleep(chance.uniform(0, AFTER_PRESS))
        found.count += page.get_by_test_id("stException").count()
        server.kill()
        server.wait()
    jobs = run_folders.list_jobs()
    found.count += len([*run_folders.runs_folder().glob("[!.]*/")]) - len(jobs)  # what cannot be read is not listed
    found.begun += len(jobs)
    for job in jobs:
        until(lambda job=job: read_steps(job.id), PATIENCE)  # type: ignore[misc]
        control.stop(job.id)
        found.count += ended(job, PATIENCE).state not in ("stopped", "done")
        run_folders.remove(job.id)


def _reached(job: Job) -> int:
    return max((step["epoch"] for step in read_steps(job.id)), default=0)


def _is_whole(job: Job) -> bool:
    """Say whether at most one epoch is lost, and the network, if it was ever kept, can be read."""
    if run_folders.read_status(job).state != "lost":
        return False
    try:
        kept = load_state(job.folder / STATE_FILE).epoch if (job.folder / STATE_FILE).exists() else 0
        if (job.folder / f"{NETWORK_NAME}.json").exists():
            checkpoints.load_network(NETWORK_NAME, folder=job.folder)
    except ValueError:
        return False
    return kept >= _reached(job) - 1
