"""The database of rooms when it fails: killed, full, missing, damaged, removed or replaced."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from core.classroom import room_database
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import RoomError, RoomUnreachable, database_url
from core.classroom.room_tables import TABLES
from core.jobs import run_folders
from tests.job_runs import until
from tests.postgres import own_postgres
from tests.room_answers import answer, answer_until_killed, open_room, start_writer


@pytest.mark.slow
def test_a_postgresql_that_is_killed_keeps_every_answer_that_it_took(no_rest: None) -> None:
    with own_postgres() as server:
        board = RoomBoard(server.url)
        room = open_room(board)
        taken, refused = answer_until_killed(server, lambda number: board.add(room, [answer(number)]))
        assert "cannot be reached now" in refused
        server.start()
        assert {one.number for one in board.tallies(room)[1]} >= set(taken)
        everything = range(len(taken) + 1)  # the refused answer is sent again, and with it all the others
        board.add(room, [answer(number) for number in everything])
        assert sorted((one.number, one.people) for one in board.tallies(room)[1]) == [(n, 1) for n in everything]
        board.close()


@pytest.mark.slow
def test_a_process_that_is_killed_keeps_every_answer_that_sqlite_took(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/rooms.db"
    board = RoomBoard(url)
    room = open_room(board)
    writer = start_writer(url, room, "--taken", str(tmp_path / "taken"))
    until(lambda: (tmp_path / "taken").exists() and (tmp_path / "taken").stat().st_size > 60)
    writer.kill()
    writer.wait()
    taken = {int(line) for line in (tmp_path / "taken").read_text().splitlines()[:-1]}  # the last may be half a line
    assert {one.number for one in board.tallies(room)[1]} >= taken and len(taken) > 10
    board.add(room, [answer(10_000)])
    board.close()


def test_a_database_that_failed_is_left_alone_for_a_while(tmp_path: Path) -> None:
    (tmp_path / "rooms.db").write_text("this is no database, however long one reads in it" * 10)
    board = RoomBoard(f"sqlite:///{tmp_path}/rooms.db")
    with pytest.raises(RoomUnreachable, match="cannot be reached now"):
        open_room(board)
    with pytest.raises(RoomUnreachable, match="does not answer; it is tried again"):
        open_room(board)


def test_a_server_that_is_not_there_costs_a_sentence_and_no_time(no_rest: None) -> None:
    board = RoomBoard("postgresql+psycopg://nobody:secret@127.0.0.1:9/rooms")
    with pytest.raises(RoomUnreachable, match="cannot be reached now") as found:
        open_room(board)
    assert "secret" not in str(found.value)


def test_a_full_disk_is_said_in_a_sentence_and_what_was_there_stays(no_rest: None, tmp_path: Path) -> None:
    board = RoomBoard(f"sqlite:///{tmp_path}/rooms.db")
    room = open_room(board)
    board.add(room, [answer(0)])
    with board._database._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # of this connection, which the pool gives again
    with pytest.raises(RoomUnreachable, match="no space left on the disk"):
        board.add(room, [answer(number) for number in range(1, 5_000)])
    assert [one.number for one in board.tallies(room)[1]] == [0]
    board.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/db", "postgresql+nothing://host/db", "sqlite://"])
def test_what_is_no_address_of_such_a_database_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(RoomError, match="is no address of a database"):
        RoomBoard(url)


def test_rooms_are_kept_beside_the_runs_or_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(run_folders.RUNS_VARIABLE, str(tmp_path / "with 100 % and ?"))
    monkeypatch.delenv(room_database.DATABASE_VARIABLE, raising=False)
    board = RoomBoard(database_url())
    open_room(board)
    board.close()
    with sqlite3.connect(tmp_path / "with 100 % and ?" / "rooms.db") as file:
        assert file.execute("SELECT count(*) FROM rooms").fetchone() == (1,)
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    monkeypatch.setenv(room_database.DATABASE_VARIABLE, "postgresql+psycopg://somewhere/else")
    assert database_url() == "postgresql+psycopg://somewhere/else"


def damage(file: Path) -> None:
    file.write_bytes(b"this is no database" * 500)
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def test_a_removed_database_is_made_again_and_rooms_work(no_rest: None, tmp_path: Path) -> None:
    board = RoomBoard(f"sqlite:///{tmp_path}/rooms.db")
    open_room(board)
    (tmp_path / "rooms.db").unlink()
    room = open_room(board)
    board.add(room, [answer()])
    other = RoomBoard(f"sqlite:///{tmp_path}/rooms.db")  # what it wrote is where everybody looks for it
    assert other.tallies(room)[0] == 1
    board.close()
    other.close()


def test_a_damaged_database_is_called_so_and_works_when_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_database, "RETRY_AFTER", 0.2)
    file = tmp_path / "rooms.db"
    board = RoomBoard(f"sqlite:///{file}")
    room = open_room(board)
    board.add(room, [answer()])
    board.close()
    whole = file.read_bytes()
    damage(file)
    with pytest.raises(RoomUnreachable, match="its file is damaged"):
        board.tallies(room)
    file.write_bytes(whole)
    until(lambda: _works(board, room), 10)
    damage(file)
    with pytest.raises(RoomUnreachable):
        board.tallies(room)
    file.unlink()
    until(lambda: _works(board), 10)
    board.close()


def test_a_database_that_another_one_replaces_is_the_one_that_is_used(no_rest: None, tmp_path: Path) -> None:
    board, other = RoomBoard(f"sqlite:///{tmp_path}/rooms.db"), RoomBoard(f"sqlite:///{tmp_path}/other.db")
    open_room(board)
    room = open_room(other)
    other.close()
    (tmp_path / "other.db").replace(tmp_path / "rooms.db")
    assert board.find(room).code == room
    board.close()


def test_a_good_copy_that_replaces_a_changed_database_is_used(no_rest: None, tmp_path: Path) -> None:
    file = tmp_path / "rooms.db"
    board, holder = RoomBoard(f"sqlite:///{file}"), RoomBoard(f"sqlite:///{file}")
    room = open_room(board)
    board.close()
    shutil.copy(file, tmp_path / "copy.db")
    with sqlite3.connect(file) as changed:
        holder.find(room)  # its connection keeps the log of changes
        changed.execute("ALTER TABLE rooms RENAME COLUMN opener TO renamed")
    changed.close()
    with pytest.raises(RoomUnreachable):
        open_room(board)
    (tmp_path / "copy.db").replace(file)
    later = open_room(board)
    assert board.find(room).code == room and holder.find(later).code == later
    board.close()
    holder.close()


@pytest.mark.slow
def test_tables_of_postgresql_that_were_dropped_are_made_again(no_rest: None) -> None:
    with own_postgres() as server:
        board = RoomBoard(server.url)
        open_room(board)
        with board._database._engine.begin() as connection:
            TABLES.drop_all(connection)
        with pytest.raises(RoomUnreachable):
            open_room(board)
        board.add(open_room(board), [answer()])
        board.close()


def test_a_disk_too_full_for_sqlite_s_helper_files_is_called_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = RoomBoard(f"sqlite:///{tmp_path}/missing/deeper/rooms.db")
    damage(tmp_path / "rooms.db")
    full = RoomBoard(f"sqlite:///{tmp_path}/rooms.db")
    monkeypatch.setattr(room_database, "MIN_SPACE", 10**18)
    with pytest.raises(RoomUnreachable, match="no space left on the disk"):
        open_room(full)
    board.close()


def _works(board: RoomBoard, room: str = "") -> bool:
    try:
        board.tallies(room or open_room(board))
    except RoomUnreachable:
        return False
    return True
