"""Rooms that a teacher leads, in both databases: where they are, who follows, who may lead, what a crash leaves."""

import threading
from contextlib import closing
from pathlib import Path

import pytest

from core.classroom import led_rooms, room_board
from core.classroom.led_rooms import MAX_LENGTH, Attendance, LedRoom, Place
from core.classroom.room_board import EMPTY_LIFETIME, RoomBoard
from core.classroom.room_database import RoomError, RoomUnreachable
from tests.job_runs import until
from tests.postgres import own_postgres
from tests.room_answers import TEACHER, answer_until_killed, open_room, start_writer

OTHER = "b" * 32
HERE, THERE = Place("compare", {"sample": "18", "erased": "HCUT"}), Place("why", {"view": "Smallest erasure"})


@pytest.fixture
def rooms(rooms: RoomBoard) -> RoomBoard:
    """The board, without the classes of earlier tests, of which a teacher has only one."""
    rooms.remove_all(TEACHER, OTHER, *(number * 32 for number in "cdefghi"))
    return rooms


def read(rooms: RoomBoard, code: str) -> LedRoom:
    room = rooms.led.read(code)
    assert room is not None
    return room


def test_everybody_reads_where_the_teacher_is(rooms: RoomBoard) -> None:
    code = rooms.open_led_room(HERE, opener=TEACHER)
    assert read(rooms, code) == LedRoom(HERE, 0, False)
    rooms.led.move(code, THERE, TEACHER)
    rooms.led.freeze(code, True, TEACHER)
    assert read(rooms, code) == LedRoom(THERE, 1, True)
    rooms.led.freeze(code, False, TEACHER)
    assert not read(rooms, code).frozen


def test_only_who_opened_the_class_leads_it(rooms: RoomBoard) -> None:
    code = rooms.open_led_room(HERE, opener=TEACHER)
    for act in (lambda: rooms.led.move(code, THERE, OTHER), lambda: rooms.led.freeze(code, True, OTHER)):
        with pytest.raises(RoomError, match="somebody else leads it"):
            act()
    with pytest.raises(RoomError, match="somebody else leads it"):
        rooms.led.move(code, THERE)
    assert read(rooms, code) == LedRoom(HERE, 0, False)


def test_only_who_opened_the_class_releases_the_answer_of_a_step(rooms: RoomBoard) -> None:
    code, other = (rooms.open_led_room(HERE, opener=opener) for opener in (TEACHER, OTHER))
    with pytest.raises(RoomError, match="somebody else leads it"):
        rooms.led.release(code, "what-is-missing", 0, OTHER)
    assert not rooms.led.released(code)
    for step in (2, 0, 2):
        rooms.led.release(code, "what-is-missing", step, TEACHER)
    assert rooms.led.released(code) == {("what-is-missing", 0), ("what-is-missing", 2)}
    assert not rooms.led.released(other) and not read(rooms, code).frozen
    rooms.remove(code, TEACHER)
    assert not rooms.led.released(code)


def test_a_teacher_has_one_class_and_finds_it_again(rooms: RoomBoard) -> None:
    code = rooms.open_led_room(HERE, opener=TEACHER)
    assert rooms.open_led_room(THERE, opener=TEACHER) == code and rooms.open_led_room(HERE, opener=OTHER) != code
    rooms.remove(code, TEACHER)
    assert rooms.led.read(code) is None and rooms.led.find_own(TEACHER) is None


def test_a_class_is_no_room_of_the_quiz_and_a_room_of_the_quiz_is_no_class(rooms: RoomBoard) -> None:
    with pytest.raises(RoomError, match="code of a class that a teacher leads"):
        rooms.find(rooms.open_led_room(HERE, opener=TEACHER))
    assert rooms.led.read(open_room(rooms)) is None and rooms.led.read("BCDF") is None


def test_the_class_counts_who_follows_and_who_is_on_their_own(
    rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = rooms.open_led_room(HERE, opener=TEACHER)
    for player in "abc":
        rooms.led.report(code, player, following=True)
    rooms.led.report(code, "a", following=False)
    assert rooms.led.count(code) == Attendance(2, 1)
    rooms.led.leave(code, "b")
    assert rooms.led.count(code) == Attendance(1, 1)
    monkeypatch.setattr(led_rooms, "GONE_AFTER", -60.0)  # what was reported until now is too long ago
    assert rooms.led.count(code) == Attendance(0, 0)


def test_a_full_class_takes_nobody_else_until_somebody_is_gone(
    rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = rooms.open_led_room(HERE, opener=TEACHER)
    monkeypatch.setattr(led_rooms, "MAX_FOLLOWERS", 2)
    for player in "ab":
        rooms.led.report(code, player, following=True)
    with pytest.raises(RoomError, match="is full"):
        rooms.led.report(code, "c", following=True)
    rooms.led.report(code, "a", following=False)
    monkeypatch.setattr(led_rooms, "GONE_AFTER", -60.0)
    rooms.led.report(code, "c", following=True)


def test_a_class_that_has_ended_takes_no_report(rooms: RoomBoard) -> None:
    code = rooms.open_led_room(HERE, opener=TEACHER)
    rooms.remove(code, TEACHER)
    with pytest.raises(RoomError, match="no longer exists"):
        rooms.led.report(code, "a", following=True)


def test_a_class_that_nobody_follows_any_more_is_deleted_and_one_that_is_followed_is_not(
    rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed, empty, left = (rooms.open_led_room(HERE, opener=number * 32) for number in "cde")
    rooms.led.report(left, "a", following=True)
    now = room_board.time.time()
    monkeypatch.setattr(room_board.time, "time", lambda: now + EMPTY_LIFETIME + 60)
    monkeypatch.setattr(rooms._database, "now", lambda: now + EMPTY_LIFETIME)
    rooms.led.report(followed, "b", following=True)
    open_room(rooms)
    assert [rooms.led.read(code) is not None for code in (followed, empty, left)] == [True, False, False]


def test_a_class_counts_as_a_room_of_its_visitor_and_address(rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_board, "MAX_ROOMS_PER_VISITOR", 1)
    rooms.open_room("MNIST", told=True, opener="f" * 32)
    with pytest.raises(RoomError, match="rooms already"):
        rooms.open_led_room(HERE, opener="f" * 32)


def test_of_an_address_with_too_many_rooms_a_class_that_is_followed_stays(
    rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_board, "MAX_ROOMS_PER_ORIGIN", 2)
    used, unused = (rooms.open_led_room(HERE, opener=number * 32, origin="here") for number in "gh")
    rooms.led.report(used, "a", following=True)
    rooms.open_led_room(HERE, opener="i" * 32, origin="here")
    assert rooms.led.read(used) is not None and rooms.led.read(unused) is None


def test_characters_of_any_kind_are_followed_and_an_address_that_is_too_long_is_refused(rooms: RoomBoard) -> None:
    code = rooms.open_led_room(HERE, opener=TEACHER)
    odd = Place("compare", {"text": "\0 \ud800 ü '; DROP TABLE rooms", "<b>": ""})
    rooms.led.move(code, odd, TEACHER)
    assert read(rooms, code).place == odd
    with pytest.raises(RoomError, match="too long"):
        rooms.led.move(code, Place("compare", {"text": "x" * MAX_LENGTH}), TEACHER)
    assert read(rooms, code).place == odd


def test_thirty_phones_report_at_once_and_each_counts_once(rooms: RoomBoard) -> None:
    code = rooms.open_led_room(HERE, opener=TEACHER)

    def follow(number: int) -> None:
        for _ in range(3):
            rooms.led.report(code, str(number), following=True)

    phones = [threading.Thread(target=follow, args=(number,)) for number in range(30)]
    for phone in phones:
        phone.start()
    for phone in phones:
        phone.join()
    assert rooms.led.count(code) == Attendance(30, 0)


@pytest.mark.slow
def test_a_postgresql_that_is_killed_knows_the_last_place_that_it_took(no_rest: None) -> None:
    with own_postgres() as server, closing(RoomBoard(server.url)) as board:
        code = board.open_led_room(HERE, opener=TEACHER)
        taken, refused = answer_until_killed(
            server, lambda number: board.led.move(code, Place("compare", {"sample": str(number)}), TEACHER)
        )
        assert "cannot be reached now" in refused
        with pytest.raises(RoomUnreachable):
            board.led.report(code, "a", following=True)
        server.start()
        room = read(board, code)
        assert room.moves >= len(taken) and int(room.place.params["sample"]) >= taken[-1]
        board.led.report(code, "a", following=True)
        assert board.led.count(code) == Attendance(1, 0)


@pytest.mark.slow
def test_a_server_that_is_killed_loses_no_move_that_sqlite_took(tmp_path: Path) -> None:
    url, taken = f"sqlite:///{tmp_path}/rooms.db", tmp_path / "taken"
    with closing(RoomBoard(url)) as board:
        code = board.open_led_room(HERE, opener=TEACHER)
        writer = start_writer(url, code, "--led", str(taken))
        until(lambda: taken.exists() and taken.stat().st_size > 60)
        writer.kill()
        writer.wait()
        last = int(taken.read_text().split("\n")[-2])  # what follows may be half a line
        assert int(read(board, code).place.params["sample"]) >= last > 10
