"""Fixtures that several tests share: a server, a browser (skipped where there is none), runs, mirrors."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported: more threads would only wait

import pytest
import torch
from playwright.sync_api import Browser, Page, sync_playwright
from streamlit.components.v2 import manifest_scanner

from core.classroom import room_database
from core.classroom.room_board import RoomBoard
from core.digits import datasets, downloads
from core.digits.datasets import Dataset
from core.jobs import control, run_folders, training_job
from core.jobs.run_folders import Job
from dashboard.server import caches
from tests.browser import LAPTOP, PHONE, find_chromium, launch_chromium, open_tab, serve, serve_text
from tests.job_runs import own_runs, without_mnist
from tests.mirror import Mirror, start_mirrors
from tests.postgres import Postgres, own_postgres
from tests.train_page import ANN, SETTINGS

# A shell that runs us in the background has us ignore it, and so would the processes that we start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.setdefault(downloads.MIRROR_VARIABLE, downloads.OFF)  # a test never fetches MNIST into this project
# AppTest searches all installed packages for components in every run of a page, which takes longer than the page.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
torch.set_num_threads(1)  # as the dashboard has it: on shared cores more threads only wait for each other


MISSING = {  # what tests with a marker need, and what is missing here
    "mnist": None
    if datasets.is_available("MNIST")
    else f"the real MNIST: set {datasets.DATA_VARIABLE} or run `make data`",
    "cuda": None if torch.cuda.is_available() else "a CUDA device",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that need what this machine has not; the longest files, those with a browser, come first."""
    with_browser = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in with_browser)  # so that both workers end at about the same time
    for item in items:
        for marker, missing in MISSING.items():
            if missing and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=f"needs {missing}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line how many tests were skipped for want of something, and what would run them."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())]
    for missing in filter(None, MISSING.values()):
        if count := sum(f"needs {missing}" in reason for reason in skipped):
            terminalreporter.write_line(f"{count} tests were skipped because they need {missing}.")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of the dashboard, started once for all tests."""
    with serve("dashboard/app.py", NEGATIVE_SPACE_NICE="0") as address:
        yield address


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a dashboard with the offline digits, whose runs end with the test."""
    with own_runs(tmp_path, monkeypatch) as folder:
        with serve(**without_mnist(tmp_path), **{run_folders.RUNS_VARIABLE: str(folder)}) as address:
            yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    if find_chromium() is None:
        pytest.skip("no Chromium or Chrome is installed: the tests in the browser cannot run")
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A new visitor's empty tab of a laptop's size; `complaints_of` returns the errors in its console."""
    with open_tab(chromium, **LAPTOP) as tab:
        yield tab


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """A new visitor's empty tab of a phone's size, with touch."""
    with open_tab(chromium, **PHONE) as tab:
        yield tab


@pytest.fixture(scope="module")
def board(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the page whose script is the test file's `BOARD`."""
    with serve_text(request.module.BOARD) as address:
        yield address


@pytest.fixture
def no_sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No data set is on this machine but those that a test makes (or asks for with `real_mnist`)."""
    monkeypatch.delenv(datasets.DATA_VARIABLE, raising=False)
    monkeypatch.setattr(datasets, "PROJECT_DATA", tmp_path / "data")


@pytest.fixture(scope="module")
def real_mnist() -> Dataset:
    return datasets.load("MNIST")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of this test's own runs, whose workers end with it; jobs of the kind "count" may be started too."""
    monkeypatch.setitem(control.KINDS, "count", "tests.counting_job")
    with own_runs(tmp_path, monkeypatch) as folder:
        caches._networks_of.clear()  # it remembers for two seconds
        yield folder


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of a file of its own."""
    with own_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def rooms_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database, which may hold other tests' rooms."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/rooms.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.url


@pytest.fixture
def rooms(rooms_url: str) -> Iterator[RoomBoard]:
    """The board of all rooms in that database."""
    opened = RoomBoard(rooms_url)
    yield opened
    opened.close()


@pytest.fixture
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of rooms that failed is asked again at once."""
    monkeypatch.setattr(room_database, "RETRY_AFTER", 0.0)


@pytest.fixture(scope="session")
def finished_training(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a small training, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(run_folders.RUNS_VARIABLE, str(tmp_path_factory.mktemp("finished")))
        asked = {"kind": "train", "title": "mine", "visitor": ANN, "threads": 1}
        job = run_folders.create_job(settings=SETTINGS, **asked)
        for step in training_job.run(job.settings, job.folder, lambda: run_folders.read_request(job)):
            run_folders.append_step(job, asdict(step))
        run_folders.write_status(job, state="done")
        return job.folder


@pytest.fixture
def job(finished_training: Path, runs: Path) -> Job:
    """Ann's training, which is done."""
    shutil.copytree(finished_training, runs / finished_training.name)
    return run_folders.load_job(finished_training.name)


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Mirror]]:
    """Start mirrors that serve given files; nothing of this machine's own is found."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv(downloads.MIRROR_VARIABLE, raising=False)
    monkeypatch.delenv(datasets.DATA_VARIABLE, raising=False)
    with start_mirrors() as start:
        yield start
