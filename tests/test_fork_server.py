"""Jobs are forks of one process that has imported PyTorch: they begin at once, share its memory, and need nobody."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.digits import datasets
from core.jobs import control, fork_server, run_folders, training_job
from core.jobs.run_folders import Job
from tests import ROOT
from tests.job_runs import LONG, count, ended, numbers, pid_of, until

pytestmark = [
    pytest.mark.usefixtures("runs"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc"),
]
MAX_OWN = 40_000  # kB; one that has imported PyTorch itself has 200,000


def server_of(job: Job) -> int:
    """Return the process of which the job's is a fork."""
    until(lambda: pid_of(job))
    return int(Path(f"/proc/{pid_of(job)}/stat").read_text().rpartition(")")[2].split()[1])


def open_files(pid: int) -> list[str]:
    return [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()]


def own_memory(pid: int) -> int:
    """Return the kilobytes that only this process has."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))


def test_jobs_are_forks_of_one_process_and_hardly_need_memory_while_they_wait():
    jobs = [count(visitor, **LONG) for visitor in ("ann", "bob", "cat")]
    assert len({server_of(job) for job in jobs}) == 1
    for job in jobs:
        assert own_memory(pid_of(job)) < MAX_OWN


def test_a_job_has_its_own_files_open_and_no_others():
    other, job = count("ann", **LONG), count("bob", **LONG)
    server = server_of(job)
    until((job.folder / "bell").exists)  # it waits for its turn, and writes nothing
    own = {str(job.folder / name) for name in ("lock", "worker.log", "bell")} | {"/dev/null"}
    until(lambda: set(open_files(pid_of(job))) <= own)  # a state may just be written
    runs = str(run_folders.runs_folder())
    until(lambda: not any(runs in name for name in open_files(server) if "worker.log" not in name))
    threads = [(task / "comm").read_text().strip() for task in Path(f"/proc/{server}/task").iterdir()]
    of_allocator = "jemalloc_bg_thd"  # of pyarrow, which other data sets import; it is ready for forks
    assert len([name for name in threads if name != of_allocator]) == 1, "a fork copies only one thread"
    assert os.getsid(pid_of(job)) == pid_of(job) and other.id != job.id


@pytest.mark.slow
def test_a_killed_server_takes_no_job_with_it_and_the_next_job_starts_another():
    first = count("ann", to=100, pause=0.02)
    until(lambda: numbers(first))
    server = server_of(first)
    os.kill(server, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{server}").exists())
    second = count("bob")
    assert [ended(job).state for job in (first, second)] == ["done", "done"]
    third = count("cat", **LONG)
    assert server_of(third) != server


@pytest.mark.slow
def test_the_server_ends_with_its_starter_but_starts_what_was_asked_of_it(runs: Path):
    start = "import sys, os; from core.jobs import control; control.KINDS['count'] = 'tests.counting_job';"
    start += "print(control.submit('count', 'Counting', {'to': 40, 'pause': 0.02}, 'ann').id, flush=True); os._exit(1)"
    name = subprocess.run([sys.executable, "-c", start], cwd=ROOT, stdout=-1, text=True, timeout=60).stdout.strip()
    job = run_folders.load_job(name)
    server = server_of(job)
    assert ended(job).state == "done"
    until(lambda: server == 1 or not Path(f"/proc/{server}").exists())


@pytest.mark.slow
def test_the_server_ends_when_nobody_starts_a_job_and_the_next_job_starts_another(monkeypatch):
    first = count("ann", **LONG)
    server = server_of(first)
    connection = fork_server._connections[0]
    connection.shutdown(1)  # the server takes it as the end of its starter
    until(lambda: not Path(f"/proc/{server}").exists())
    assert server_of(count("bob", **LONG)) != server


def test_a_starter_needs_no_torch():
    loaded = "import sys, core.jobs.control; print(len({'torch', 'numpy'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", loaded], cwd=ROOT, text=True) == "0\n"


def test_digits_are_loaded_once_and_again_when_their_files_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    loaded: list[str] = []
    monkeypatch.setattr(datasets, "load", lambda name: loaded.append(name))
    file = tmp_path / "digits"
    file.write_bytes(b"1")
    monkeypatch.setattr(datasets, "describe_files", lambda name: ((str(file), 0, file.stat().st_size),))
    training_job._load.cache_clear()
    for content in (b"1", b"1", b"12"):
        file.write_bytes(content)
        training_job.load_digits("MNIST")
    training_job._load.cache_clear()
    assert loaded == ["MNIST"] * 2


@pytest.mark.slow
def test_a_training_in_a_fork_has_its_own_number_of_threads(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    settings = {"start": "standard", "frozen": True, "dataset": datasets.OFFLINE, "config": {"epochs": 1}}
    job = control.submit("train", "threads", settings, "ann")
    assert job.threads == 2 and ended(job).state == "done"
