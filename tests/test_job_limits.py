"""How many jobs and runs there may be, which make room, and what is no run: each refusal is one sentence."""

import resource

import pytest

from core.jobs import control, run_folders
from core.jobs.run_folders import JobError
from core.system import locks
from tests.job_runs import LONG, count, ended, numbers, pid_of, until

pytestmark = pytest.mark.usefixtures("runs")


def test_a_visitor_has_only_so_many_jobs_at_once():
    mine = [count(**LONG) for _ in range(control.MAX_JOBS_PER_VISITOR)]
    with pytest.raises(JobError, match="^You have 2 jobs already: wait until one has ended, or stop one.$"):
        count()
    assert count("bob").visitor == "bob"
    control.stop(mine[0].id)
    ended(mine[0])
    assert count().visitor == "ann"
    assert {job.id for job in run_folders.list_jobs("ann")} > {job.id for job in mine}


def test_the_oldest_runs_that_nobody_keeps_make_room(monkeypatch):
    monkeypatch.setattr(run_folders, "MAX_RUNS", 3)
    old = []
    for _ in range(3):
        old.append(count(to=1))
        ended(old[-1])
    run_folders.keep(old[0].id)
    newest = count(to=1)
    assert [job.id for job in run_folders.list_jobs()] == [newest.id, old[2].id, old[0].id]
    with pytest.raises(JobError, match="it may have been removed for newer ones.$"):
        run_folders.load_job(old[1].id)


def test_runs_take_only_so_much_disk(monkeypatch):
    monkeypatch.setattr(run_folders, "MAX_BYTES", 100_000)
    big = count(to=1)
    ended(big)
    (big.folder / "network.safetensors").write_bytes(bytes(200_000))
    assert 200_000 < run_folders.disk_use() < 220_000
    small = count(to=1)
    assert run_folders.list_jobs() == [small] and run_folders.disk_use() < 20_000


def test_when_everything_is_kept_there_is_no_room(monkeypatch):
    monkeypatch.setattr(run_folders, "MAX_RUNS", 1)
    job = count(to=1)
    ended(job)
    run_folders.keep(job.id)
    with pytest.raises(JobError, match="^There is no room for another run: stop keeping one"):
        count()
    run_folders.keep(job.id, kept=False)
    assert count().id != job.id


def test_a_job_at_work_is_not_removed():
    job = count(**LONG)
    with pytest.raises(JobError, match="^This job has not ended: stop it first.$"):
        run_folders.remove(job.id)
    control.stop(job.id)
    ended(job)
    run_folders.remove(job.id)
    assert run_folders.list_jobs() == []


@pytest.mark.parametrize("name", ["../runs", "", "nobody", "a/b"])
def test_a_run_that_is_none_is_one_sentence(name):
    with pytest.raises(JobError, match="^(There is no run called|.* is no name of a run)"):
        run_folders.load_job(name)


def test_settings_that_a_kind_refuses_start_nothing():
    with pytest.raises(ValueError, match="^Count to 1 at least.$"):
        count(to=0)
    with pytest.raises(JobError, match="^There is no kind of job called 'dance'; there are train"):
        control.submit("dance", "Dancing", {}, "ann")
    assert run_folders.list_jobs() == []


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv(run_folders.RUNS_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(JobError, match="^The folder of the runs cannot be used: .+[.]$"):
        count()


def test_a_full_disk_ends_a_job_with_a_sentence_and_whole_records():
    job = count(to=10_000, pause=0.001)
    until(lambda: numbers(job))
    resource.prlimit(pid_of(job), resource.RLIMIT_FSIZE, (20_000, 20_000))
    status = ended(job)
    assert status.state == "failed"
    assert status.message == "There is no room left on the disk; what was finished before is kept."
    assert numbers(job) == list(range(1, len(numbers(job)) + 1))


def test_foreign_folders_among_the_runs_are_passed_over(runs):
    job = count()
    (runs / "notes").mkdir()
    (runs / "broken").mkdir()
    (runs / "broken" / "job.json").write_text("{")
    assert run_folders.list_jobs() == [job]


def test_a_lock_is_let_go_when_its_holder_closes_it(tmp_path):
    lock = locks.acquire(tmp_path / "lock")
    assert lock is not None and locks.is_held(tmp_path / "lock") and locks.acquire(tmp_path / "lock") is None
    lock.close()
    assert not locks.is_held(tmp_path / "lock") and not locks.is_held(tmp_path / "none")
