"""Studies on a real Dask cluster of this machine: the same table, whoever dies meanwhile; else a sentence."""

import json
import shutil
import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from distributed import Client

from core.__main__ import main
from core.commands.studies import adversarial, second_model
from core.digits import datasets
from core.digits.datasets import Dataset
from core.studies import dask_cluster
from core.studies.dask_cluster import ClusterError
from core.studies.missing_features import StudyConfig, run_study
from core.studies.noise_transfer import TransferConfig, run_transfer
from core.studies.pretraining import PretrainingConfig, run_pretraining
from core.studies.workers import WorkerPool
from tests import ROOT
from tests.job_runs import until
from tests.sample_digits import made_dataset

pytestmark = pytest.mark.slow
SMALL = StudyConfig(dataset=datasets.OFFLINE, networks=("talk",), arms=("standard",), seeds=4, epochs=1)


class Cluster:
    """A scheduler, and workers that may be killed; all of them processes of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.workers = folder, list[subprocess.Popen[bytes]]()
        self._file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(self._file))
        until(self._file.is_file)
        self.address = json.loads(self._file.read_text())["address"]

    def ready(self) -> None:
        """Wait until all workers are there."""
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=60)

    def add_worker(self, *, threads: int = 1, folder: Path = ROOT) -> None:
        """Let one more come; one in another folder than the project's does not know it."""
        place = ["--scheduler-file", str(self._file), "--local-directory", str(self._folder)]
        worker = self._start("worker", "--nthreads", str(threads), "--no-nanny", *place, folder=folder)
        self.workers.append(worker)

    def kill_worker(self) -> None:
        """Let the first one end as a machine that goes off would."""
        worker = self.workers.pop(0)
        worker.kill()
        worker.wait()

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _start(self, what: str, *options: str, folder: Path = ROOT) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--host", "127.0.0.1", "--no-dashboard"]
        with (self._folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen([*command, *options], cwd=folder, stdout=log, stderr=log)


@contextmanager
def own_cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    found = Cluster(folder)
    try:
        for _ in range(workers):
            found.add_worker()
        if workers:
            found.ready()
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler with two workers."""
    with own_cluster(tmp_path_factory.mktemp("cluster"), 2) as found:
        yield found


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process of this machine finds, by the file of each part."""
    out = tmp_path_factory.mktemp("here") / "study.json"
    list(run_study(SMALL, datasets.load(datasets.OFFLINE), out))
    return parts_beside(out)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for."""
    monkeypatch.setattr(dask_cluster, "TIMEOUT", 1.0)


def parts_beside(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.with_suffix("").iterdir()}


def command(out: Path, address: str) -> list[str]:
    chosen = ["--networks", "talk", "--arms", "standard", "--epochs", "1", "--dataset", datasets.OFFLINE]
    return ["study", "missing-features", *chosen, "--out", str(out), "--dask", address]


def sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one sentence that was said, with nothing on stdout."""
    heard = capsys.readouterr()
    (said,) = [line for line in heard.err.splitlines() if not line.startswith("These are the offline digits")]
    assert heard.out == "" and said.endswith((".", "?"))
    return said


# The same table


def test_two_workers_make_the_table_of_one_process_bit_by_bit(two, table, tmp_path):
    assert main([*command(tmp_path / "s.json", two.address), "--seeds", "4", "--json"]) == 0
    assert parts_beside(tmp_path / "s.json") == table and len(table) == 4


def test_a_worker_that_is_killed_costs_nothing_but_time(two, table, tmp_path):
    out, pool = tmp_path / "s.json", WorkerPool(dask=two.address)
    steps = run_study(SMALL, datasets.load(datasets.OFFLINE), out, pool=pool)
    next(steps)
    two.kill_worker()  # three parts are left, so both were at work
    two.add_worker()  # for those who come after us
    assert [step.done for step in steps] == [2, 3, 4]
    assert parts_beside(out) == table


def pairs(out: Path, pool: WorkerPool) -> object:
    digits = replace(datasets.load(datasets.OFFLINE), classes=tuple("012"))
    *_, last = second_model.run(Namespace(learned=2, epochs=1), digits, out, pool)
    return last.record


def beginnings(out: Path, pool: WorkerPool) -> object:
    config = PretrainingConfig(labelled=(20, 30), seeds=2, gan_epochs=1, batches=2, epochs=1)
    *_, last = run_pretraining(datasets.load(datasets.OFFLINE), config, out, pool=pool)
    return last.share


def noises(out: Path, pool: WorkerPool) -> object:
    config = TransferConfig(digits=10, epsilons=(0.1,), crossed=(0.1,), steps=1, universal_steps=1)
    load = partial(adversarial.load_networks, ("standard", "restoring"))
    return len(list(run_transfer(load, datasets.load(datasets.OFFLINE), config, out, pool=pool)))


@pytest.mark.parametrize("study", [pairs, beginnings, noises], ids=lambda study: study.__name__)
def test_other_studies_find_the_same(two, tmp_path, study):
    here, there = tmp_path / "here.json", tmp_path / "there.json"
    found = study(here, WorkerPool())
    # What is trained before there are parts is not trained twice.
    shutil.copytree(tmp_path / "here", tmp_path / "there", ignore=shutil.ignore_patterns("*.json"))
    assert study(there, WorkerPool(dask=two.address)) == found
    assert parts_beside(here) == parts_beside(there) and len(parts_beside(here)) >= 3


# What can go wrong


def test_no_scheduler_is_a_sentence(hasty, tmp_path, capsys):
    assert main(command(tmp_path / "s.json", "tcp://127.0.0.1:9")) == 2
    assert sentence(capsys) == "No Dask scheduler answers at tcp://127.0.0.1:9."
    assert main(command(tmp_path / "s.json", "nonsense://x")) == 2
    assert sentence(capsys) == "No Dask scheduler answers at nonsense://x."


def test_a_cluster_has_workers_of_its_own(tmp_path, capsys):
    assert main([*command(tmp_path / "s.json", "tcp://127.0.0.1:9"), "--workers", "2"]) == 2
    assert sentence(capsys) == "A Dask cluster has its own workers: give --workers or --dask, not both."


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (replace(made_dataset(), name="KMNIST"), "cannot go on: KMNIST is not on this machine. "),
        (replace(made_dataset(), name=datasets.OFFLINE), "cannot go on: It has other digits under the name of "),
    ],
    ids=["none", "others"],
)
def test_a_worker_without_the_digits_is_named(two, monkeypatch, tmp_path, dataset: Dataset, said):
    steps = run_study(
        replace(SMALL, dataset=dataset.name), dataset, tmp_path / "s.json", pool=WorkerPool(dask=two.address)
    )
    with pytest.raises(ClusterError, match=f"^The worker tcp://127.0.0.1:[0-9]+ {said}"):
        next(steps)


def test_workers_that_would_find_other_figures_are_refused_and_no_workers_waited_for(hasty, tmp_path, capsys):
    with own_cluster(tmp_path, 0) as own:
        assert main(command(tmp_path / "s.json", own.address)) == 2
        assert sentence(capsys) == f"The Dask cluster at {own.address} has no workers."
        for strange, said in (
            ({"threads": 2}, "has 2 threads: it must have one."),
            ({"folder": tmp_path}, "No module named 'core'\")."),
        ):
            own.add_worker(**strange)
            own.ready()
            assert main(command(tmp_path / "s.json", own.address)) == 2
            assert sentence(capsys).endswith(said)
            own.kill_worker()


def test_a_scheduler_that_is_killed_is_a_sentence_and_what_was_finished_is_kept(hasty, tmp_path):
    with own_cluster(tmp_path, 1) as own:
        out, pool = tmp_path / "s.json", WorkerPool(dask=own.address)
        steps = run_study(SMALL, datasets.load(datasets.OFFLINE), out, pool=pool)
        next(steps)
        own.scheduler.kill()
        with pytest.raises(ClusterError, match=f"^The Dask scheduler at {own.address} is gone.$"):
            list(steps)
        assert "talk-42.json" in parts_beside(out)


def test_an_interrupted_study_ends_with_130_and_its_finished_seeds_are_kept(two, tmp_path):
    out = tmp_path / "s.json"
    asked = [sys.executable, "-m", "core", *command(out, two.address), "--seeds", "40"]
    with subprocess.Popen(asked, cwd=ROOT, stdout=-1, stderr=-1, text=True) as process:
        until(lambda: out.is_file() and json.loads(out.read_text())["seeds"])
        process.send_signal(signal.SIGINT)
        said, heard = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
    assert heard.splitlines()[1:] == ["Interrupted; what was finished is kept."]
    assert "talk-42.json" in parts_beside(out)


def test_dask_is_not_imported_unless_it_is_asked_for():
    program = "import sys, core.commands.study; sys.exit('distributed' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0
