"""What goes wrong around the project: a full disk, folders that may not be written, a clock that is set, a taken port.

All of it is real: the kernel refuses what a full disk would, a small disk is filled, rights are taken away.
"""

import ctypes
import json
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit as st

from core.__main__ import main
from core.digits import datasets
from core.jobs import control, network_files, queue, run_folders
from core.jobs.run_folders import Job, JobError, read_status, read_steps
from core.jobs.training_job import NETWORK_NAME, STATE_FILE
from core.system import checkpoint_files
from core.training.state import load_state
from dashboard.server import caches
from tests import ROOT
from tests.busy_server import press_and_kill
from tests.job_runs import LONG, count, ended, kill, pid_of, reach, until
from tests.pages import html, open_page, press, rerun
from tests.train_page import ANN, SETTINGS, open_as_ann, set_up

NO_ROOM = "There is no room left on the disk; what was finished before is kept."
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("runs")]


@contextmanager
def full_disk(room: int = 0) -> Iterator[None]:
    """Have the kernel refuse, to this process, every file larger than so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk, and not in every container")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


# A full disk


def test_a_job_that_fills_the_disk_says_so_and_keeps_its_records(small_disk: Path, monkeypatch) -> None:
    monkeypatch.setenv(run_folders.RUNS_VARIABLE, str(small_disk / "runs"))
    filler = small_disk / "filler"
    counting = count(to=100_000, pause=0.0001)
    until(lambda: read_steps(counting.id))
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(bytes(300_000))
    status = ended(counting)
    assert (status.state, status.message) == ("failed", NO_ROOM)
    steps = [step["number"] for step in read_steps(counting.id)]
    assert steps and steps == list(range(1, len(steps) + 1))
    with pytest.raises(JobError, match=f"^{NO_ROOM}$"):
        count("bob")
    assert run_folders.list_jobs() == [counting]
    filler.unlink()  # somebody makes room: all goes on
    assert ended(count("bob")).state == "done"
    control.resume(counting.id)
    until(lambda: len(read_steps(counting.id)) > len(steps))
    kill(counting)


def test_a_training_on_a_full_disk_keeps_its_last_whole_epoch_and_goes_on_when_there_is_room() -> None:
    settings = {**SETTINGS, "config": {**SETTINGS["config"], "epochs": 40}}
    training = control.submit("train", "mine", settings, ANN)
    until(lambda: (training.folder / STATE_FILE).exists())
    resource.prlimit(pid_of(training), resource.RLIMIT_FSIZE, (20_000, 20_000))
    status = ended(training)
    assert (status.state, status.message) == ("failed", NO_ROOM)
    kept = load_state(training.folder / STATE_FILE).epoch
    assert 1 <= kept < 40 and not list(training.folder.rglob(".*.partial"))
    control.resume(training.id)
    until(lambda: load_state(training.folder / STATE_FILE).epoch > kept)
    kill(training)


@pytest.mark.parametrize(
    "words", [["train", "assignment", "--epochs", "1"], ["study", "missing-features", "--networks", "talk"]], ids=str
)
def test_a_command_on_a_full_disk_is_one_sentence_and_what_was_there_stays(words, capsys, tmp_path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "assignment.json").write_text("{}")
    more = ["--out", str(out)]
    if words[0] == "study":
        more = ["--out", str(out / "s.json"), "--arms", "standard", "--seeds", "1", "--epochs", "1"]
    with full_disk(room=100):
        assert main([*words, "--dataset", datasets.OFFLINE, *more]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == NO_ROOM and "Traceback" not in "".join(said)
    assert (out / "assignment.json").read_text() == "{}" and not list(out.rglob("*partial"))


def test_on_a_full_disk_a_network_is_not_taken_in_and_the_pages_go_on(job: Job) -> None:
    parcel = network_files.export_network(job.folder)
    app = open_as_ann("Runs")
    app.get("file_uploader")[0].set_value(("mine.zip", parcel, "application/zip"))
    with full_disk():
        assert [one.value for one in rerun(app).warning] == [NO_ROOM]
        open_page("compare", sample="3")
    assert run_folders.list_jobs() == [job] and {path.name for path in job.folder.parent.glob(".*")} <= {".starting"}
    assert network_files.import_network(parcel, ANN).kind == network_files.KIND


def test_on_a_full_disk_the_training_page_says_so_and_starts_when_there_is_room() -> None:
    app = set_up()
    with full_disk():
        press(app, "train go")
        assert [one.value for one in app.warning] == [NO_ROOM] and run_folders.list_jobs() == []
    press(app, "train go")
    (started,) = run_folders.list_jobs()
    assert read_status(started).active and not app.warning


# A checkpoint that is replaced, damaged or removed while the pages use it


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the shipped networks, which the pages use."""
    shelf = tmp_path / "checkpoints"
    shutil.copytree(ROOT / "checkpoints", shelf)
    monkeypatch.setattr(checkpoint_files, "SHIPPED", shelf)
    st.cache_resource.clear()
    yield shelf
    st.cache_resource.clear()


def remove(path: Path) -> None:
    path.unlink()


def damage(path: Path) -> None:
    os.truncate(path, 1000)


def replace(path: Path) -> None:
    shutil.copy(path.with_stem("assignment"), path)


@pytest.mark.parametrize("spoil", [remove, damage, replace])
def test_a_network_spoilt_while_the_pages_use_it_costs_at_most_a_sentence(spoil, shelf: Path) -> None:
    app = open_page("compare", sample="18", networks="standard,missing-feature,missing-alternating,synergy,restoring")
    assert html(app).count("data-answer=") == 5
    for ending in ("safetensors", "json") if spoil is not damage else ("safetensors",):
        spoil(shelf / f"synergy.{ending}")
    assert html(rerun(app)).count("data-answer=") == 5, "who has it goes on with it"
    for kept in (caches._card_and_network, caches.networks):  # as after a while, or in another process
        kept.clear()
    assert html(rerun(app)).count("data-answer=") == 4
    assert [one.value for one in app.warning if "synergy" in one.value]
    for page in ("missing_features", "attack"):
        open_page(page, sample="18")


@pytest.mark.parametrize("spoil", [remove, damage])
def test_a_run_whose_network_is_spoilt_is_no_choice_any_more_and_its_page_goes_on(spoil, job: Job) -> None:
    for view in ("Result", "Runs"):
        app = open_as_ann(view)
        spoilt = job.folder / f"{NETWORK_NAME}.safetensors"
        if spoilt.exists() and spoilt.stat().st_size > 1000:
            spoil(spoilt)
        rerun(app)
        open_as_ann(view)


# Folders that may not be written


def without_rights() -> None:
    """Before a child begins: let even root write only where the rights of a folder say so."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE; refused to those who never had it


def run_without_rights(*commands: list[str]) -> list[str]:
    """Run verbs of the command line in a process of their own, and return what each of them ended with and said."""
    run = "import sys, json; from core.__main__ import main\n"
    run += "for words in json.loads(sys.argv[1]): print(main(words), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", run, json.dumps(commands)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=without_rights,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    """A folder in which nothing can be written."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    return closed


def test_a_folder_that_may_not_be_written_is_a_sentence_before_hours_of_work(read_only: Path) -> None:
    train = ["train", "all", "--out", str(read_only)]
    study = ["study", "missing-features", "--out", str(read_only / "s.json")]
    said = run_without_rights(*([*words, "--dataset", datasets.OFFLINE] for words in (train, study)))
    refusal = f"{read_only} cannot be used: Permission denied."
    assert [line for line in said if not line.startswith("These are the offline digits")] == [refusal, "2"] * 2


def test_runs_that_may_not_be_written_can_still_be_read(job: Job, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(SETTINGS))
    for path in (job.folder, job.folder.parent):
        path.chmod(0o555)
    try:
        said = run_without_rights(["jobs", "show", job.id], ["jobs", "start", str(settings)])
    finally:
        for path in (job.folder.parent, job.folder):
            path.chmod(0o755)
    assert said == ["0", "The folder of the runs cannot be used: Permission denied.", "2"]


def test_without_a_folder_for_runs_the_pages_go_on_and_training_is_a_sentence(monkeypatch, tmp_path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(run_folders.RUNS_VARIABLE, str(tmp_path / "file"))
    app = set_up()
    press(app, "train go")
    assert [one.value for one in app.warning] == ["The folder of the runs cannot be used: File exists."]
    for page in ("compare", "made_digits"):
        assert not open_page(page, sample="3").warning


# A clock that is set


def test_a_clock_that_is_set_back_lets_nobody_push_in() -> None:
    first, second = count("ann", **LONG), count("bob")
    reach(first, "running")
    until((second.folder / "bell").exists)  # from here on it waits and writes nothing
    tomorrow = time.time() + 86_400
    run_folders.write_status(second, state="waiting", queued=tomorrow)  # as if it had come before the clock was set
    third = count("cat")
    assert [control.queue_position(one.id) for one in (second, third)] == [1, 2]
    assert read_status(third).queued > tomorrow
    control.stop(first.id)
    times = [[step["time"] for step in read_steps(one.id)] for one in (second, third) if ended(one)]
    assert times[0][-1] < times[1][0]


@pytest.mark.parametrize("days", [-1, 1, 400])
def test_a_job_lives_as_long_as_its_process_whatever_its_files_say_of_the_time(days: int) -> None:
    counting = count(**LONG)
    reach(counting, "running")
    then = time.time() + days * 86_400
    run_folders.write_status(counting, queued=then, started=then, updated=then)
    for path in counting.folder.iterdir():
        os.utime(path, (then, then))
    assert read_status(counting).state == "running" and queue.waiting_jobs() == []
    until(lambda: len(read_steps(counting.id)) > 3)
    kill(counting)
    assert read_status(counting).state == "lost"


# What is asked for and not there


def test_a_gpu_that_is_not_there_is_a_sentence_for_a_command_and_not_offered_by_the_page(capsys, tmp_path) -> None:
    offered = set_up().segmented_control(key="train device").options
    missing = next(name for name in ("mps", "cuda") if name.upper() not in offered)
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({**SETTINGS, "config": {**SETTINGS["config"], "device": missing}}))
    assert main(["jobs", "start", str(file)]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"This machine has no {missing.upper()} device: use the CPU."
    assert run_folders.list_jobs() == []


def test_a_training_whose_gpu_is_gone_says_so_when_it_is_resumed(runs: Path) -> None:
    settings = {**SETTINGS, "config": {**SETTINGS["config"], "device": "mps"}}
    asked = {"kind": "train", "title": "", "visitor": ANN, "threads": 1}
    elsewhere = run_folders.create_job(settings=settings, **asked)  # it began on another machine
    control.resume(elsewhere.id)
    status = ended(elsewhere)
    assert (status.state, status.message) == ("failed", "This machine has no MPS device: use the CPU.")


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", port]
        more = ["--server.address", "127.0.0.1", "--server.headless", "true"]
        done = subprocess.run([*command, *more], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert f"Port {port} is not available" in said or f"Port {port} is already in use" in said
    assert "Traceback" not in said


# A server that is killed


def test_a_server_killed_while_it_keeps_networks_and_starts_jobs_leaves_nothing_unreadable(
    job: Job,
    tmp_path: Path,
) -> None:
    parcel = tmp_path / "parcel.zip"
    parcel.write_bytes(network_files.export_network(job.folder))
    chance = random.Random(1)
    for _ in range(2):
        assert press_and_kill(parcel, chance, 0.3) == 0
    for left in [
        one for one in run_folders.list_jobs() if one.kind == "count"
    ]:  # those that worked go on by themselves
        if ended(left).state == "lost":
            control.resume(left.id)
        assert ended(left).state == "done"
    assert ended(count()).state == "done"  # the next one clears away what was half made
    assert not [path for path in job.folder.parent.glob(".*") if path.is_dir()]
