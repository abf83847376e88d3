"""Runs and jobs have limits that one visitor cannot use up: neither with many numbers, nor with kept runs."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from core.classroom import led_rooms, room_board, room_players
from core.digits import pictures
from core.jobs import control, limits, network_files, old_runs, queue, run_folders, worker
from core.jobs.run_folders import Job, JobError
from dashboard.server import budget, gate, uploads, visitors
from tests import ROOT
from tests.job_runs import ended, kill

pytestmark = pytest.mark.usefixtures("runs")
LONG = {"to": 1000, "pause": 0.05}


def make_run(visitor: str = "ann", kind: str = "count", *, origin: str = "", steps: int = 1) -> Job:
    """Make a run that has ended."""
    job = run_folders.create_job(
        lambda folder: (folder / "steps.jsonl").write_text("{}\n" * steps),
        kind=kind,
        title="",
        settings={"to": 1},
        visitor=visitor,
        origin=origin,
        threads=1,
    )
    return job


def start(visitor: str, origin: str = "") -> Job:
    return control.submit("count", "Counting", LONG, visitor, origin)


DAY, HOUR, MEGABYTE = 24 * 3600, 3600, 10**6
PROMISED = (  # of the page docs/security.md
    f"{uploads.MAX_SESSION_BYTES / MEGABYTE:.0f} MB and {uploads.MAX_SESSION_FILES} files per tab, "
    f"{uploads.MAX_ADDRESS_BYTES / MEGABYTE:.0f} MB per address, {uploads.MAX_TOTAL_BYTES / MEGABYTE:.0f} MB in total",
    f"*Runs*: {run_folders.MAX_RUNS} that have ended",
    f"*Kept runs*: {limits.MAX_KEPT_PER_VISITOR} per visitor, {limits.MAX_KEPT_PER_ORIGIN} per address, "
    f"{limits.MAX_KEPT} in total, for {run_folders.KEPT_LIFETIME / DAY:.0f} days",
    f"*Jobs*: {control.MAX_JOBS_PER_VISITOR} per visitor, {limits.MAX_JOBS_PER_ORIGIN} per address, "
    f"{limits.MAX_JOBS} in total",
    f"at most {budget.MAX_TIME:.0f} seconds of processor time, or {budget.MAX_PART_TIME:.0f} for each part",
    f"one that computes for {worker.MAX_TIME / HOUR:.0f} hours is stopped",
    f"*Rooms*: {room_board.MAX_ROOMS_PER_VISITOR} per visitor, {room_board.MAX_ROOMS_PER_ORIGIN} per address",
    f"{room_board.MAX_ROOMS:,} in total. A room holds {room_players.MAX_PLAYERS} players. "
    f"A room without a player is deleted after "
    f"{room_board.EMPTY_LIFETIME / HOUR:.0f} hours",
    f"A class takes {led_rooms.MAX_FOLLOWERS} phones and is deleted {room_board.EMPTY_LIFETIME / HOUR:.0f} hours after",
    f"it is deleted after {room_board.ROOM_LIFETIME / DAY:.0f} days in any case",
    f"The visitor's number lasts {gate.A_YEAR / DAY:.0f} days after the last visit",
    f"uploads end at {uploads.FILE_MEGABYTES} MB (pictures and zip files for *Transfer* at "
    f"{uploads.LARGE_FILE_MEGABYTES} MB",
    f"pictures at {pictures.MAX_PIXELS / MEGABYTE:.0f} million pixels",
)


@pytest.mark.parametrize("promise", PROMISED)
def test_the_page_about_security_names_the_limits_that_hold(promise: str) -> None:
    assert promise in " ".join((ROOT / "docs" / "security.md").read_text("utf-8").split())


def left() -> list[str]:
    return [job.id for job in run_folders.list_jobs()]


def test_damaged_runs_make_room_first(monkeypatch: pytest.MonkeyPatch) -> None:
    good, damaged = make_run("ann"), make_run("ann")
    (damaged.folder / "job.json").write_text("{")
    limits.make_room("count")
    assert run_folders.list_damaged("ann") == [damaged.id], "there is room"
    monkeypatch.setattr(run_folders, "MAX_BYTES", run_folders.disk_use() - 10)
    limits.make_room("count")
    assert left() == [good.id] and not damaged.folder.exists()


def test_only_ended_runs_take_the_places_of_runs() -> None:
    done, running = make_run(), start("ann")
    assert [job.id for job in limits.list_ended()] == [done.id]
    control.stop(running.id)


def test_brought_networks_never_remove_a_trained_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_folders, "MAX_RUNS", 4)
    trained = [make_run(), make_run()]
    for number in range(20):
        limits.make_room(limits.BROUGHT)
        make_run(f"stranger {number}", limits.BROUGHT)
    assert {job.id for job in trained} < set(left()) and len(left()) == 4


def test_a_brought_network_is_refused_where_only_trained_ones_could_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_folders, "MAX_RUNS", 2)
    trained = [make_run(), make_run()]
    with pytest.raises(JobError, match="no room for another run"):
        limits.make_room(limits.BROUGHT)
    assert set(left()) == {job.id for job in trained}


def test_trained_runs_leave_places_for_brought_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_folders, "MAX_RUNS", 8)
    for number in range(10):
        limits.make_room("count")
        make_run(f"stranger {number}")
    assert len(left()) == 7
    limits.make_room(limits.BROUGHT)
    brought = make_run("ann", limits.BROUGHT)
    limits.make_room("count")
    make_run()
    assert brought.id in left() and len(left()) == 8


def test_what_is_worth_least_goes_first_then_what_whoever_has_most_made_first(monkeypatch: pytest.MonkeyPatch) -> None:
    classmate = make_run("ann", origin="class")
    many = [make_run("eve", origin="home") for _ in range(2)]
    brought, empty = make_run("bob", limits.BROUGHT), make_run("bob", steps=0)
    for places, gone in ((5, empty), (4, brought), (3, many[0])):
        before = left()
        monkeypatch.setattr(run_folders, "MAX_RUNS", places)
        limits.make_room("count")
        assert set(before) - set(left()) == {gone.id}
    assert set(left()) == {classmate.id, many[1].id}


def test_only_so_many_runs_are_kept_by_one_by_an_origin_and_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_KEPT_PER_VISITOR", 2)
    monkeypatch.setattr(limits, "MAX_KEPT_PER_ORIGIN", 3)
    for visitor in ("a", "a", "b"):
        job = make_run(visitor, origin="here")
        limits.check_keeping(job)
        run_folders.keep(job.id)
        limits.check_keeping(job)  # pressed again
    with pytest.raises(JobError, match="^You keep 2 networks already"):
        limits.check_keeping(make_run("a", origin="there"))
    with pytest.raises(JobError, match="no place left: download yours"):
        limits.check_keeping(make_run("c", origin="here"))
    limits.check_keeping(make_run("c", origin="there"))


def test_a_run_is_kept_for_a_stated_time() -> None:
    job = make_run()
    run_folders.keep(job.id)
    assert run_folders.is_kept(job)
    long_ago = time.time() - run_folders.KEPT_LIFETIME - 1
    os.utime(job.folder / "kept", (long_ago, long_ago))
    assert not run_folders.is_kept(job)
    run_folders.keep(job.id)
    assert run_folders.is_kept(job)


def test_a_full_queue_takes_a_first_job_instead_of_another_s_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_JOBS", 4)
    monkeypatch.setattr(limits, "MAX_JOBS_PER_ORIGIN", 3)
    first, second, other = start("eve"), start("eve"), start("ann")
    new = start("bob")
    assert ended(second).state == "stopped"
    assert all(run_folders.read_status(job).active for job in (first, other, new))
    with pytest.raises(JobError, match="3 jobs wait or run already"):
        start("one more")
    elsewhere = start("dan", origin="elsewhere")
    with pytest.raises(JobError, match="4 jobs wait or run already"):
        start("dora", origin="elsewhere")
    for job in (first, other, new, elsewhere):
        kill(job)


def test_a_visitor_s_first_job_comes_before_another_s_second() -> None:
    running, second, first = start("eve"), start("eve"), start("ann")
    assert [job.id for job, _ in queue.waiting_jobs() if job.id != running.id] == [first.id, second.id]
    for job in (running, second, first):
        kill(job)


def test_what_visitors_made_is_readable_for_the_server_alone(runs: Path) -> None:
    job = make_run()
    assert job.folder.stat().st_mode & 0o777 == 0o700


def test_runs_from_before_visitors_had_hashes_are_theirs_still() -> None:
    job, new = make_run("a" * 32), make_run("b" * 32)
    old: dict[str, Any] = json.loads((job.folder / "job.json").read_text())
    del old["origin"]
    (job.folder / "job.json").write_text(json.dumps(old))
    job.folder.chmod(0o755)
    for damaged in ("[]", "0", "{"):
        (make_run().folder / "job.json").write_text(damaged)
    for _ in range(2):  # a second start changes nothing
        old_runs.make_private(visitors.to_id)
        assert [one.id for one in run_folders.list_jobs(visitors.to_id("a" * 32))] == [job.id]
        assert [one.id for one in run_folders.list_jobs("b" * 32)] == [new.id]
    assert "a" * 32 not in (job.folder / "job.json").read_text()
    assert job.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_forty_uploads_leave_a_classmate_s_finished_network(job: Job) -> None:
    exported = network_files.export_network(job.folder)
    for number in range(run_folders.MAX_RUNS + 5):
        network_files.import_network(exported, f"made up {number // 8}")
    assert job.id in left()
    assert network_files.import_network(exported, "another").id in left()
