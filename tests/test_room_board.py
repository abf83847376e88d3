"""Rooms in both databases: what comes in stays, counts once, and is of nobody in particular."""

import csv
import io
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.classroom import room_board as boards
from core.classroom import room_tables
from core.classroom.quiz_scores import AnswerCount
from core.classroom.room_board import CODE_PATTERN, RoomBoard
from core.classroom.room_database import RoomError, RoomUnreachable
from tests.postgres import own_postgres
from tests.room_answers import EACH, TEACHER, answer, open_room, start_writer

OTHER = "b" * 32
WRITERS = 8


@pytest.fixture
def board(rooms_url: str) -> Iterator[RoomBoard]:
    opened = RoomBoard(rooms_url)
    yield opened
    opened.close()


# One at a time


def test_a_room_is_found_by_its_code_in_letters_of_any_case(board: RoomBoard) -> None:
    opened = board.open_room("offline digits", told=False, opener=TEACHER)
    assert CODE_PATTERN.fullmatch(opened.code)
    assert board.find(opened.code) == board.find(f" {opened.code.lower()} ") == opened
    assert board.open_room("MNIST", told=True, opener=TEACHER).code != opened.code


@pytest.mark.parametrize("code", ["", "ABC", "BCDFG", "B0DF", "'; DROP TABLE rooms", "<b>x</b>"])
def test_what_is_no_code_is_refused_in_a_sentence(board: RoomBoard, code: str) -> None:
    with pytest.raises(RoomError, match="four letters"):
        board.find(code)


def test_answers_are_counted_by_question_and_by_what_was_said(board: RoomBoard) -> None:
    room, other = open_room(board), open_room(board)
    board.add(room, [answer(0), answer(1, said=8)])
    board.add(room, [answer(0, player="2"), answer(1, player="2", said=9)])
    board.add(other, [answer(0, said=1)])
    players, tallies = board.tallies(room)
    assert players == 2 and board.tallies(other)[0] == 1
    assert {(one.number, one.said): one.people for one in tallies} == {(0, 3): 2, (1, 8): 1, (1, 9): 1}
    assert AnswerCount(round=0, number=0, digit=100, cut="HCUT", label=3, said=3, people=2) in tallies


def test_an_answer_that_is_sent_twice_counts_once_and_the_first_one_stays(board: RoomBoard) -> None:
    room = open_room(board)
    board.add(room, [answer(0, said=3)])
    board.add(room, [answer(0, said=7), answer(1)])
    players, tallies = board.tallies(room)
    assert players == 1 and sorted((one.number, one.said, one.people) for one in tallies) == [(0, 3, 1), (1, 3, 1)]


def test_the_export_holds_every_answer_and_nothing_about_anybody(board: RoomBoard) -> None:
    room = open_room(board)
    board.add(room, [answer(number, player=player) for player in "12" for number in range(3)])
    rows = list(csv.DictReader(io.StringIO(board.export(room).decode())))
    assert [(row["player"], row["number"]) for row in rows] == [(player, number) for player in "12" for number in "012"]
    assert list(rows[0]) == ["player", "round", "number", "digit", "cut", "label", "said"]


def test_only_who_opened_a_room_removes_it_and_its_answers_go_too(board: RoomBoard) -> None:
    room = open_room(board)
    board.add(room, [answer()])
    assert board.may_remove(room, TEACHER) and not board.may_remove(room, OTHER)
    with pytest.raises(RoomError, match="Only whoever opened"):
        board.remove(room, OTHER)
    assert board.tallies(room)[0] == 1
    board.remove(room, TEACHER)
    assert board.tallies(room) == (0, [])
    for refused in (lambda: board.find(room), lambda: board.add(room, [answer()])):
        with pytest.raises(RoomError, match="no longer exists|There is no room") as found:
            refused()
        assert not isinstance(found.value, RoomUnreachable)  # to wait would be in vain


def test_rooms_that_are_too_old_make_room(board: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    old = open_room(board)
    monkeypatch.setattr(boards, "ROOM_LIFETIME", -1.0)
    open_room(board)
    with pytest.raises(RoomError, match=old):
        board.find(old)


def test_there_is_an_end_to_rooms_and_to_what_one_holds(board: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    room = open_room(board)
    monkeypatch.setattr(boards, "MAX_ANSWERS", 2)
    with pytest.raises(RoomError, match="is full"):
        board.add(room, [answer(number) for number in range(3)])
    assert board.tallies(room) == (0, [])
    monkeypatch.setattr(boards, "MAX_ROOMS", 1)
    with pytest.raises(RoomError, match="too many rooms"):
        open_room(board)


def test_the_opener_s_number_is_not_kept(tmp_path: Path) -> None:
    board = RoomBoard(f"sqlite:///{tmp_path}/rooms.db")
    open_room(board)
    board.close()
    assert TEACHER.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


# Many at once


def test_eight_processes_that_write_at_once_lose_nothing(board: RoomBoard, rooms_url: str) -> None:
    room = open_room(board)
    writers = [start_writer(rooms_url, room, "--player", str(number)) for number in range(WRITERS)]
    assert [writer.wait() for writer in writers] == [0] * WRITERS
    players, tallies = board.tallies(room)
    assert players == WRITERS and Counter({one.number: one.people for one in tallies}) == dict.fromkeys(
        range(EACH), WRITERS
    )


def test_thirty_visitors_of_one_server_lose_nothing(board: RoomBoard) -> None:
    room = open_room(board)
    threads = [
        threading.Thread(target=lambda name=str(n): [board.add(room, [answer(i, player=name)]) for i in range(20)])
        for n in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    players, tallies = board.tallies(room)
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
    board = RoomBoard(url)
    ready.wait()
    try:
        found.append(open_room(board))
    except Exception as error:
        found.append(error)
    board.close()


def test_an_answer_never_changes(board: RoomBoard) -> None:
    room, first = open_room(board), answer(0)
    board.add(room, [first, replace(first, said=9)])
    assert [one.said for one in board.tallies(room)[1]] == [3]


# Limits


def test_a_visitor_opens_only_so_many_rooms(board: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "MAX_ROOMS_PER_VISITOR", 2)
    first, _ = (board.open_room("MNIST", told=True, opener=f"{OTHER} twice").code for _ in range(2))
    with pytest.raises(RoomError, match="You have 2 rooms already"):
        board.open_room("MNIST", told=True, opener=f"{OTHER} twice")
    board.remove(first, f"{OTHER} twice")
    board.open_room("MNIST", told=True, opener=f"{OTHER} twice")


def test_one_more_room_of_an_origin_replaces_its_least_used_one(
    board: RoomBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "MAX_ROOMS_PER_ORIGIN", 3)
    elsewhere = board.open_room("MNIST", told=True, opener="x", origin="elsewhere").code
    played, empty, newer = (board.open_room("MNIST", told=True, opener=str(n), origin="home").code for n in range(3))
    board.add(played, [answer(0)])
    last = board.open_room("MNIST", told=True, opener="4", origin="home").code
    with pytest.raises(RoomError, match=empty):
        board.find(empty)
    for code in (elsewhere, played, newer, last):
        assert board.find(code).code == code
    board.players.join(newer, "1")
    board.open_room("MNIST", told=True, opener="5", origin="home")
    assert board.find(newer).code == newer
    with pytest.raises(RoomError, match=last):
        board.find(last)


def test_a_room_without_a_player_is_deleted_after_some_hours(board: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    empty, played, joined = (open_room(board) for _ in range(3))
    board.add(played, [answer()])
    board.players.join(joined, "1")
    monkeypatch.setattr(boards, "EMPTY_LIFETIME", -1.0)
    open_room(board)
    assert [board.find(code).code for code in (played, joined)] == [played, joined]
    with pytest.raises(RoomError, match=empty):
        board.find(empty)


def test_a_visitor_removes_all_rooms_of_theirs_at_once(board: RoomBoard) -> None:
    mine = [board.open_room("MNIST", told=True, opener="mine").code for _ in range(2)]
    other = open_room(board)
    board.remove_all("mine")
    assert board.find(other).code == other
    for code in mine:
        with pytest.raises(RoomError, match=code):
            board.find(code)


def test_rooms_from_before_ids_and_openings_are_their_opener_s_still(board: RoomBoard) -> None:
    number = "c" * 32
    first, second = (board.open_room("MNIST", told=True, opener=number).code for _ in range(2))
    with board._database.begin() as connection:
        connection.execute(room_tables.OPENINGS.delete())
    assert board.may_remove(first, "id", number) and not board.may_remove(first, "id")
    board.remove(first, "id", number)
    board.remove_all("id", number)
    with pytest.raises(RoomError, match=second):
        board.find(second)
