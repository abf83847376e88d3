"""Jobs share the machine in short turns: nobody waits for a long job of somebody else, and results stay the same."""

import time
from collections.abc import Iterator

import pytest

from core.digits import datasets
from core.jobs import control, fork_server, queue, run_folders, turns
from core.jobs.run_folders import Job, read_status, read_steps
from core.networks.architectures import POOL, RELU, Architecture, conv
from tests.job_runs import LONG, count, ended, kill, numbers, reach, until

TURN = 0.2  # seconds

pytestmark = pytest.mark.usefixtures("short_turns")


@pytest.fixture
def short_turns(runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(turns.TURN_VARIABLE, str(TURN))


def owners_in_order(*jobs: Job) -> list[str]:
    """Return whose records were written, in order, a letter for each stretch of one visitor's."""
    written = sorted((step["time"], job.visitor) for job in jobs for step in read_steps(job.id))
    owners = [visitor for _, visitor in written]
    return [owner for before, owner in zip([None, *owners], owners, strict=False) if owner != before]


def seconds_of(job: Job, start: float, end: float) -> float:
    """Return about how long a counting job computed between two times."""
    return sum(LONG["pause"] for step in read_steps(job.id) if start < step["time"] < end)


@pytest.mark.slow
def test_jobs_take_turns_until_each_is_done():
    ann, bob = count("ann", to=60, pause=0.02), count("bob", to=60, pause=0.02)
    assert [ended(job).state for job in (ann, bob)] == ["done", "done"]
    assert [numbers(job) for job in (ann, bob)] == [list(range(1, 61))] * 2
    owners = owners_in_order(ann, bob)
    assert len(owners) >= 6 and owners[:2] == ["ann", "bob"]


@pytest.mark.slow
def test_only_one_of_them_computes_at_a_time():
    jobs = [count(visitor, to=40, pause=0.02) for visitor in ("ann", "bob", "cat")]
    seen = 0
    while any(read_status(job).active for job in jobs):
        before, after = ([read_status(job) for job in jobs] for _ in range(2))
        if before == after:  # all of them at one time
            seen = max(seen, sum(status.has_turn and status.active for status in before))
        time.sleep(0.01)
    assert seen == 1


def test_a_job_alone_goes_on_without_a_break():
    job = count(to=60, pause=0.02)
    joined = reach(job, "running").queued
    assert ended(job).queued == joined, "it joined the queue again"
    assert (job.folder / "steps.jsonl").exists() and not (job.folder / turns.BELL).exists()


def test_who_comes_later_sees_a_first_record_at_once(monkeypatch):
    """However long the turns of the others are, once they have shown something."""
    monkeypatch.setenv(turns.TURN_VARIABLE, "2")
    others = [count(visitor, **LONG) for visitor in ("ann", "bob", "cat", "dan", "eve")]
    until(lambda: all(map(numbers, others)))
    start = time.monotonic()
    late = count("late", **LONG)
    until(lambda: numbers(late))
    assert time.monotonic() - start < 6, "it waited for all others"


@pytest.mark.slow
def test_visitors_share_the_machine_alike_whatever_number_of_jobs_they_have():
    jobs = [count("ann", **LONG), count("ann", **LONG), count("bob", **LONG)]
    until(lambda: all(map(numbers, jobs)))
    start = time.time()
    time.sleep(30 * TURN)
    first, second, other = (seconds_of(job, start, time.time()) for job in jobs)
    assert 0.6 < (first + second) / other < 1.67
    assert first and second


@pytest.mark.usefixtures("only_folders")
def test_a_visitor_s_jobs_wait_until_the_other_visitors_had_their_turn():
    ann, again, bob = (run_folders.create_job(kind="count", title="", settings={}, visitor=v, threads=1) for v in "aab")
    for job, queued in ((bob, 10.0), (again, 5.0), (ann, 20.0)):
        run_folders.write_status(job, state="running", started=1.0, queued=queued)
    assert [job.id for job, _ in queue.waiting_jobs()] == [bob.id, again.id, ann.id]
    run_folders.write_status(bob, has_turn=True)
    assert [job.id for job, _ in queue.waiting_jobs()] == [again.id, ann.id]


@pytest.mark.slow
def test_a_record_that_takes_long_is_interrupted():
    slow = count("ann", to=2, pause=0.02, parts=150)
    reach(slow, "running")
    quick = count("bob", to=5)
    until(lambda: numbers(quick))
    assert ended(quick).state == "done" and len(numbers(slow)) < 2
    assert ended(slow).state == "done"


def test_stop_reaches_a_job_that_waits_for_its_next_turn(monkeypatch):
    first = count("ann", **LONG)
    until(lambda: numbers(first))
    monkeypatch.setenv(turns.TURN_VARIABLE, "1000")
    second = count("bob", **LONG)
    reach(second, "running")
    until(lambda: not read_status(first).has_turn)
    control.stop(first.id)
    assert ended(first).state == "stopped" and (first.folder / "closed").exists()
    assert read_status(second).has_turn


def test_a_job_killed_in_its_turn_lets_the_others_go_on():
    first, second = count("ann", **LONG), count("bob", to=60, pause=0.02)
    until(lambda: numbers(first) and numbers(second))
    kill(first)
    assert ended(second).state == "done"


@pytest.fixture
def only_folders(runs, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Jobs have no processes, but seem to be alive."""
    with monkeypatch.context() as patch:
        patch.setattr(fork_server, "start_worker", lambda job, *given: run_folders.write_status(job, pid=1))
        patch.setattr(run_folders, "is_alive", lambda job: True)
        yield


@pytest.mark.usefixtures("only_folders")
def test_a_job_whose_process_is_not_ready_stops_nobody_but_has_its_place_in_the_queue():
    loading, ready = count("ann"), count("bob")
    run_folders.write_status(loading, pid=None)
    turns._close(turns.wait_for_turn(ready))
    assert queue.next_job() is None and control.queue_position(loading.id) == 1


@pytest.mark.usefixtures("only_folders")
def test_a_stopped_job_leaves_the_queue_and_is_not_resumed_before_it_has_ended():
    stopped = count("ann")
    control.stop(stopped.id)
    with pytest.raises(turns.JobStopped):
        turns.wait_for_turn(stopped)
    assert queue.waiting_jobs() == []
    with pytest.raises(run_folders.JobError, match="still stopping"):
        control.resume(stopped.id)


@pytest.mark.usefixtures("only_folders")
def test_a_job_takes_a_core_for_each_of_its_threads(monkeypatch):
    """So one that began alone uses the whole machine, and others beside it a core each."""
    monkeypatch.delenv(turns.JOBS_VARIABLE)
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(turns.os, "cpu_count", lambda: 2)
    alone, second, third = count("ann"), count("bob"), count("cat")
    assert [job.threads for job in (alone, second, third)] == [2, 1, 1]
    whole = turns.wait_for_turn(alone)
    assert len(whole) == 2 and turns._take_slots(second, 0) == []
    turns._close(whole)
    run_folders.write_status(alone, has_turn=False, queued=queue.next_queue_time())
    one, other = turns.wait_for_turn(second), turns.wait_for_turn(third)
    assert len(one) == len(other) == 1 and turns._take_slots(alone, 0) == []
    turns._close([*one, *other])


def test_a_disk_without_pipes_only_makes_jobs_slower(monkeypatch):
    job = run_folders.create_job(kind="count", title="", settings={"to": 3}, visitor="ann", threads=1)
    monkeypatch.setattr(turns.os, "mkfifo", lambda *given: (_ for _ in ()).throw(PermissionError()))
    assert turns._open_bell(job) is None and turns._hear(None) is False


TINY = Architecture("tiny", (conv(4, 5), POOL, RELU), hidden=(20,), dropout=0.5)
CONFIG = {"epochs": 3, "batch": 16, "report_every": 5, "learning_rate": 0.003, "optimizer": "adam"}


def learn(visitor: str) -> Job:
    settings = {"architecture": TINY.to_dict(), "dataset": datasets.OFFLINE, "config": CONFIG}
    return control.submit("train", "A network", settings, visitor)


@pytest.mark.slow
def test_a_training_in_turns_ends_bit_by_bit_as_one_without_and_counts_its_own_time_alone(monkeypatch):
    whole = learn("ann")
    ended(whole)
    monkeypatch.setenv(turns.TURN_VARIABLE, "0.03")
    shared, other = learn("bob"), count("cat", to=100_000, pause=0.05)
    status = ended(shared, 300)
    kill(other)
    assert status.state == "done" and len(numbers(other)) > 10
    networks = [(job.folder / "network.safetensors").read_bytes() for job in (whole, shared)]
    assert networks[0] == networks[1]
    untimed = [[{**step, "seconds": 0} for step in read_steps(job.id)] for job in (whole, shared)]
    assert untimed[0] == untimed[1]
    waited = 0.05 * len(numbers(other))
    assert read_steps(shared.id)[-1]["seconds"] < status.updated - status.started - 0.8 * waited
