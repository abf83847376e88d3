"""Jobs as processes of their own: they outlive who started them, wait for each other, and are taken up again."""

import json
import os
import subprocess
import sys

import pytest

from core.jobs import control, run_folders, turns
from core.jobs.run_folders import JobError, read_status, read_steps
from core.training.changes import TrainingChanges
from tests import ROOT
from tests.job_runs import LONG, count, ended, kill, numbers, reach, until

pytestmark = pytest.mark.usefixtures("runs")


# A job runs, and says what it does


@pytest.mark.slow
def test_a_job_writes_down_every_record_and_that_it_is_done():
    job = count(to=5)
    status = ended(job)
    assert (status.state, status.message) == ("done", "")
    assert numbers(job) == [1, 2, 3, 4, 5]
    assert job.created <= status.queued <= status.started <= status.updated
    assert run_folders.load_job(job.id) == job and run_folders.list_jobs() == [job]


def test_records_can_be_read_from_where_one_was():
    job = count(to=5)
    ended(job)
    assert [step["number"] for step in read_steps(job.id, since=3)] == [4, 5]
    assert read_steps(job.id, since=5) == read_steps(job.id, since=99) == []


@pytest.mark.slow
def test_a_job_outlives_the_process_that_started_it(runs):
    start = (
        "from core.jobs import control; control.KINDS['count'] = 'tests.counting_job';"
        "print(control.submit('count', 'Counting', {'to': 40, 'pause': 0.02}, 'ann').id)"
    )
    started = subprocess.run([sys.executable, "-c", start], cwd=ROOT, capture_output=True, text=True, timeout=60)
    job = run_folders.load_job(started.stdout.strip())
    assert read_status(job).active  # its starter is gone by now
    assert ended(job).state == "done" and len(numbers(job)) == 40


def test_whoever_starts_a_job_has_no_child_to_bury():
    job = count(**LONG)
    pid = reach(job, "running").pid
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    control.stop(job.id)
    ended(job)


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ("value", "Three is too many."),
        ("other", "It failed unexpectedly (RuntimeError); worker.log in its folder has the details."),
    ],
)
def test_a_job_that_fails_says_why_and_keeps_its_records(over, said):
    job = count(to=5, stumble=3, over=over)
    status = ended(job)
    assert (status.state, status.message) == ("failed", said)
    assert numbers(job) == [1, 2]
    assert ("RuntimeError: a bug" in (job.folder / "worker.log").read_text()) == (over == "other")


# One at a time


def test_jobs_wait_for_each_other_in_the_order_in_which_they_came():
    first, second, third = count("ann", **LONG), count("bob", to=20), count("cat", to=20)
    reach(first, "running")
    assert [control.queue_position(job.id) for job in (first, second, third)] == [None, 1, 2]
    control.stop(first.id)
    for job in (second, third):
        assert ended(job).state == "done"
    times = [[step["time"] for step in read_steps(job.id)] for job in (first, second, third)]
    assert times[0][-1] < times[1][0] and times[1][-1] < times[2][0]


def test_more_than_one_at_a_time_on_a_machine_that_is_told_so(monkeypatch):
    monkeypatch.setenv(turns.JOBS_VARIABLE, "2")
    both = [count("ann", **LONG), count("bob", **LONG)]
    waiting = count("cat")
    for job in both:
        reach(job, "running")
    assert control.queue_position(waiting.id) == 1


def test_a_killed_job_lets_the_next_one_go():
    first, second = count("ann", **LONG), count("bob")
    reach(first, "running")
    kill(first)
    assert ended(second).state == "done"


@pytest.mark.slow
def test_two_people_who_start_the_same_have_a_job_each():
    start = "import sys; from core.jobs import control; control.KINDS['count'] = 'tests.counting_job';"
    start += "print(control.submit('count', 'Counting', {'to': 2}, sys.argv[1]).id)"
    both = [subprocess.Popen([sys.executable, "-c", start, name], cwd=ROOT, stdout=-1, text=True) for name in "ab"]
    names = {process.communicate(timeout=60)[0].strip() for process in both}
    assert len(names) == 2
    assert {ended(run_folders.load_job(name)).state for name in names} == {"done"}
    assert {job.visitor for job in run_folders.list_jobs()} == {"a", "b"}


# Stop, pause, another learning rate


def test_stop_ends_a_job_after_a_whole_record_and_closes_its_generator():
    job = count(**LONG)
    until(lambda: numbers(job))
    control.stop(job.id)
    control.stop(job.id)  # impatient
    status = ended(job)
    assert (status.state, status.message) == ("stopped", "It was stopped. What it had done is saved.")
    assert numbers(job) == list(range(1, len(numbers(job)) + 1)) and (job.folder / "closed").exists()


def test_stop_reaches_a_job_that_waits():
    first, second = count("ann", **LONG), count("bob")
    reach(first, "running")
    control.stop(second.id)
    status = ended(second)
    assert (status.state, status.message) == ("stopped", "It was stopped before it began.") and numbers(second) == []


@pytest.mark.parametrize("ask", [control.stop, control.pause, lambda name: control.change(name, TrainingChanges())])
def test_asking_something_of_a_job_that_has_ended_is_one_sentence(ask):
    job = count()
    ended(job)
    with pytest.raises(JobError, match="^This job has ended.$"):
        ask(job.id)


def test_a_paused_job_gives_its_turn_away_and_joins_the_end_of_the_queue():
    first, second = count("ann", **LONG), count("bob", to=100)
    until(lambda: numbers(first))
    control.pause(first.id)
    reach(first, "paused")
    held = numbers(first)
    reach(second, "running")
    control.resume(first.id)
    reach(first, "waiting")
    assert control.queue_position(first.id) == 1 and numbers(first) == held
    assert ended(second).state == "done"
    until(lambda: len(numbers(first)) > len(held))
    assert numbers(first) == list(range(1, len(numbers(first)) + 1))


def test_a_job_that_is_paused_for_too_long_ends_and_can_be_resumed(monkeypatch):
    monkeypatch.setattr(turns, "MAX_PAUSE", 0.1)
    job = run_folders.create_job(kind="count", title="", settings={"to": 3}, visitor="ann", threads=1)
    run_folders.write_request(job, state="pause")
    with pytest.raises(turns.JobStopped, match="^It was paused for too long; you can resume it from"):
        turns.wait_for_turn(job)
    assert control.resume(job.id) == job and ended(job).state == "done"


def test_a_run_from_before_its_module_moved_is_listed_and_resumed():
    job = count(to=5, stumble=3, over="value")
    ended(job)
    path = job.folder / "job.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "module": "core.jobs.a_module_that_is_gone"}))
    assert run_folders.load_job(job.id) == job and run_folders.list_jobs() == [job]
    control.resume(job.id)
    assert (ended(job).message, numbers(job)) == ("Three is too many.", [1, 2])


def test_a_run_of_an_unknown_kind_cannot_be_resumed():
    job = run_folders.create_job(kind="cook", title="", settings={}, visitor="ann", threads=1)
    with pytest.raises(JobError, match="^There is no kind of job called 'cook'"):
        control.resume(job.id)


def test_the_learning_rate_reaches_a_running_job():
    job = count(**LONG)
    until(lambda: numbers(job))
    control.change(job.id, TrainingChanges(learning_rate=0.25))
    until(lambda: read_steps(job.id)[-1]["learning_rate"] == 0.25)
    control.change(job.id, TrainingChanges())
    until(lambda: read_steps(job.id)[-1]["learning_rate"] is None)


def test_a_job_that_failed_can_go_on_with_another_learning_rate():
    job = count(to=5, stumble=3, over="value")
    assert ended(job).state == "failed"
    control.change(job.id, TrainingChanges(learning_rate=0.5))
    control.resume(job.id)
    ended(job)
    assert run_folders.read_request(job) == run_folders.JobRequest(
        state="run", changes=TrainingChanges(learning_rate=0.5)
    )


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_learning_rate_that_is_none_is_one_sentence(rate):
    job = count(**LONG)
    with pytest.raises(ValueError, match="^The learning rate must be a number above 0, not"):
        control.change(job.id, TrainingChanges(learning_rate=rate))
    assert run_folders.read_request(job).changes == TrainingChanges()


# Killed in the middle


def test_a_killed_job_says_that_it_is_lost_and_goes_on_when_resumed():
    job = count(to=60, pause=0.02)
    until(lambda: len(numbers(job)) > 3)
    kill(job)
    status = read_status(job)
    assert (status.state, status.message) == ("lost", run_folders.LOST_MESSAGE)
    with (job.folder / "steps.jsonl").open("ab") as file:
        file.write(b'{"number": 1')  # it was just writing
    before = numbers(job)
    control.resume(job.id)
    assert ended(job).state == "done"
    assert numbers(job) == list(range(1, 61)) and len(before) < 60


def test_a_job_killed_while_it_waits_is_lost_and_out_of_the_queue():
    first, second, third = count("ann", **LONG), count("bob"), count("cat")
    reach(first, "running")
    kill(second)
    assert read_status(second).state == "lost" and control.queue_position(third.id) == 1


def test_a_job_that_is_resumed_twice_works_once():
    job = count(to=60, pause=0.02)
    until(lambda: numbers(job))
    kill(job)
    for _ in range(2):
        control.resume(job.id)
    ended(job)
    assert numbers(job) == list(range(1, 61))


def test_a_done_job_is_not_resumed():
    job = count()
    ended(job)
    with pytest.raises(JobError, match="^This job is done: nothing is left to do.$"):
        control.resume(job.id)


def test_a_torn_last_line_is_no_record_yet():
    job = count()
    ended(job)
    with (job.folder / "steps.jsonl").open("ab") as file:
        file.write(b'{"number": 4, "ti')
    assert numbers(job) == [1, 2, 3]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": "dancing", "unknown": 1}'])
def test_a_status_that_cannot_be_read_is_a_lost_job_that_can_be_resumed(content):
    job = count()
    ended(job)
    until(lambda: not run_folders.is_alive(job))
    (job.folder / "status.json").write_bytes(content)
    assert (read_status(job).state, read_status(job).message) == ("lost", run_folders.LOST_MESSAGE)
    control.resume(job.id)
    assert ended(job).state == "done"
