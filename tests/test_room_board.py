"""Rooms in both databases: what comes in stays, counts once, and is of nobody in particular."""

import csv
import io
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from core.classroom import room_board as boards
from core.classroom import room_tables
from core.classroom.quiz_scores import AnswerCount
from core.classroom.room_board import RoomBoard
from core.classroom.room_codes import CODE_PATTERN
from core.classroom.room_database import RoomError, RoomUnreachable
from tests.postgres import own_postgres
from tests.room_answers import EACH, TEACHER, answer, open_room, start_writer

OTHER = "b" * 32
WRITERS = 8


# One at a time


def test_a_room_is_found_by_its_code_in_letters_of_any_case(rooms: RoomBoard) -> None:
    opened = rooms.open_room("offline digits", told=False, opener=TEACHER)
    assert CODE_PATTERN.fullmatch(opened.code)
    assert rooms.find(opened.code) == rooms.find(f" {opened.code.lower()} ") == opened
    assert rooms.open_room("MNIST", told=True, opener=TEACHER).code != opened.code


@pytest.mark.parametrize("code", ["", "ABC", "BCDFG", "B0DF", "'; DROP TABLE rooms", "<b>x</b>"])
def test_what_is_no_code_is_refused_in_a_sentence(rooms: RoomBoard, code: str) -> None:
    with pytest.raises(RoomError, match="four letters"):
        rooms.find(code)


def test_answers_are_counted_by_question_and_by_what_was_said(rooms: RoomBoard) -> None:
    room, other = open_room(rooms), open_room(rooms)
    rooms.add(room, [answer(0), answer(1, said=8)])
    rooms.add(room, [answer(0, player="2"), answer(1, player="2", said=9)])
    rooms.add(other, [answer(0, said=1)])
    players, tallies = rooms.tallies(room)
    assert players == 2 and rooms.tallies(other)[0] == 1
    assert {(one.number, one.said): one.people for one in tallies} == {(0, 3): 2, (1, 8): 1, (1, 9): 1}
    assert AnswerCount(round=0, number=0, digit=100, cut="HCUT", label=3, said=3, people=2) in tallies


def test_an_answer_that_is_sent_twice_counts_once_and_the_first_one_stays(rooms: RoomBoard) -> None:
    room = open_room(rooms)
    rooms.add(room, [answer(0, said=3)])
    rooms.add(room, [answer(0, said=7), answer(1)])
    players, tallies = rooms.tallies(room)
    assert players == 1 and sorted((one.number, one.said, one.people) for one in tallies) == [(0, 3, 1), (1, 3, 1)]


def test_the_export_holds_every_answer_and_nothing_about_anybody(rooms: RoomBoard) -> None:
    room = open_room(rooms)
    rooms.add(room, [answer(number, player=player) for player in "12" for number in range(3)])
    rows = list(csv.DictReader(io.StringIO(rooms.export(room).decode())))
    assert [(row["player"], row["number"]) for row in rows] == [(player, number) for player in "12" for number in "012"]
    assert list(rows[0]) == ["player", "round", "number", "digit", "cut", "label", "said"]


def test_only_who_opened_a_room_removes_it_and_its_answers_go_too(rooms: RoomBoard) -> None:
    room = open_room(rooms)
    rooms.add(room, [answer()])
    assert rooms.may_remove(room, TEACHER) and not rooms.may_remove(room, OTHER)
    with pytest.raises(RoomError, match="Only whoever opened"):
        rooms.remove(room, OTHER)
    assert rooms.tallies(room)[0] == 1
    rooms.remove(room, TEACHER)
    assert rooms.tallies(room) == (0, [])
    for refused in (lambda: rooms.find(room), lambda: rooms.add(room, [answer()])):
        with pytest.raises(RoomError, match="no longer exists|There is no room") as found:
            refused()
        assert not isinstance(found.value, RoomUnreachable)  # to wait would be in vain


def test_rooms_that_are_too_old_make_room(rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    old = open_room(rooms)
    monkeypatch.setattr(boards, "ROOM_LIFETIME", -1.0)
    open_room(rooms)
    with pytest.raises(RoomError, match=old):
        rooms.find(old)


def test_there_is_an_end_to_rooms_and_to_what_one_holds(rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    room = open_room(rooms)
    monkeypatch.setattr(boards, "MAX_ANSWERS", 2)
    with pytest.raises(RoomError, match="is full"):
        rooms.add(room, [answer(number) for number in range(3)])
    assert rooms.tallies(room) == (0, [])
    monkeypatch.setattr(boards, "MAX_ROOMS", 1)
    with pytest.raises(RoomError, match="too many rooms"):
        open_room(rooms)


def test_the_opener_s_number_is_not_kept(tmp_path: Path) -> None:
    rooms = RoomBoard(f"sqlite:///{tmp_path}/rooms.db")
    open_room(rooms)
    rooms.close()
    assert TEACHER.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


# Many at once


@pytest.mark.slow
def test_eight_processes_that_write_at_once_lose_nothing(rooms: RoomBoard, rooms_url: str) -> None:
    room = open_room(rooms)
    writers = [start_writer(rooms_url, room, "--player", str(number)) for number in range(WRITERS)]
    assert [writer.wait() for writer in writers] == [0] * WRITERS
    players, tallies = rooms.tallies(room)
    assert players == WRITERS and Counter({one.number: one.people for one in tallies}) == dict.fromkeys(
        range(EACH), WRITERS
    )


def test_thirty_visitors_of_one_server_lose_nothing(rooms: RoomBoard) -> None:
    room = open_room(rooms)
    threads = [
        threading.Thread(target=lambda name=str(n): [rooms.add(room, [answer(i, player=name)]) for i in range(20)])
        for n in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    players, tallies = rooms.tallies(room)
    assert players == 30 and sum(one.people for one in tallies) == 600


@pytest.mark.slow
def test_replicas_that_start_at_once_make_the_tables_together(tmp_path: Path) -> None:
    with own_postgres() as server:
        for url in (server.url, f"sqlite:///{tmp_path}/rooms.db"):
            found, ready = list[object](), threading.Barrier(8)
            threads = [threading.Thread(target=_first_use, args=(url, ready, found)) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [type(one) for one in found] == [str] * 8, found


def _first_use(url: str, ready: threading.Barrier, found: list[object]) -> None:
    rooms = RoomBoard(url)
    ready.wait()
    try:
        found.append(open_room(rooms))
    except Exception as error:
        found.append(error)
    rooms.close()


def test_an_answer_never_changes(rooms: RoomBoard) -> None:
    room, first = open_room(rooms), answer(0)
    rooms.add(room, [first, replace(first, said=9)])
    assert [one.said for one in rooms.tallies(room)[1]] == [3]


# Limits


def test_a_visitor_opens_only_so_many_rooms(rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "MAX_ROOMS_PER_VISITOR", 2)
    first, _ = (rooms.open_room("MNIST", told=True, opener=f"{OTHER} twice").code for _ in range(2))
    with pytest.raises(RoomError, match="You have 2 rooms already"):
        rooms.open_room("MNIST", told=True, opener=f"{OTHER} twice")
    rooms.remove(first, f"{OTHER} twice")
    rooms.open_room("MNIST", told=True, opener=f"{OTHER} twice")


def test_one_more_room_of_an_origin_replaces_its_least_used_one(
    rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "MAX_ROOMS_PER_ORIGIN", 3)
    elsewhere = rooms.open_room("MNIST", told=True, opener="x", origin="elsewhere").code
    played, empty, newer = (rooms.open_room("MNIST", told=True, opener=str(n), origin="home").code for n in range(3))
    rooms.add(played, [answer(0)])
    last = rooms.open_room("MNIST", told=True, opener="4", origin="home").code
    with pytest.raises(RoomError, match=empty):
        rooms.find(empty)
    for code in (elsewhere, played, newer, last):
        assert rooms.find(code).code == code
    rooms.players.join(newer, "1")
    rooms.open_room("MNIST", told=True, opener="5", origin="home")
    assert rooms.find(newer).code == newer
    with pytest.raises(RoomError, match=last):
        rooms.find(last)


def test_a_room_without_a_player_is_deleted_after_some_hours(rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    empty, played, joined = (open_room(rooms) for _ in range(3))
    rooms.add(played, [answer()])
    rooms.players.join(joined, "1")
    monkeypatch.setattr(boards, "EMPTY_LIFETIME", -1.0)
    open_room(rooms)
    assert [rooms.find(code).code for code in (played, joined)] == [played, joined]
    with pytest.raises(RoomError, match=empty):
        rooms.find(empty)


def test_a_visitor_removes_all_rooms_of_theirs_at_once(rooms: RoomBoard) -> None:
    mine = [rooms.open_room("MNIST", told=True, opener="mine").code for _ in range(2)]
    other = open_room(rooms)
    rooms.remove_all("mine")
    assert rooms.find(other).code == other
    for code in mine:
        with pytest.raises(RoomError, match=code):
            rooms.find(code)


def test_rooms_from_before_ids_and_openings_are_their_opener_s_still(rooms: RoomBoard) -> None:
    number = "c" * 32
    first, second = (rooms.open_room("MNIST", told=True, opener=number).code for _ in range(2))
    with rooms._database.begin() as connection:
        connection.execute(room_tables.OPENINGS.delete())
    assert rooms.may_remove(first, "id", number) and not rooms.may_remove(first, "id")
    rooms.remove(first, "id", number)
    rooms.remove_all("id", number)
    with pytest.raises(RoomError, match=second):
        rooms.find(second)
