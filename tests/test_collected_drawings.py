"""Drawings that a class collects, in both databases: who may give, see, hide and take back, what is left of them."""

import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core.classroom import collected_drawings, room_board
from core.classroom.class_questions import player_of
from core.classroom.led_rooms import Place
from core.classroom.room_board import EMPTY_LIFETIME, RoomBoard
from core.classroom.room_database import RoomError, RoomUnreachable
from core.classroom.room_tables import DRAWINGS
from tests.job_runs import until
from tests.postgres import own_postgres
from tests.room_answers import TEACHER, answer_until_killed, drawing, open_room, start_writer

OTHER = "b" * 32
ANY = range(10)


@pytest.fixture
def rooms(rooms: RoomBoard) -> RoomBoard:
    """The board, without the classes of earlier tests, of which a teacher has only one."""
    rooms.remove_all(TEACHER, OTHER)
    return rooms


def open_class(board: RoomBoard, teacher: str = TEACHER, *, wanted: object = ANY) -> str:
    code = board.open_led_room(Place("compare"), opener=teacher)
    if wanted:
        board.drawings.start(code, wanted, teacher)  # type: ignore[arg-type]
    return code


def labels(board: RoomBoard, code: str) -> list[int]:
    return [one.label for one in board.drawings.list_all(code, TEACHER)]


def test_collecting_is_off_until_the_teacher_says_which_digits_she_wants(rooms: RoomBoard) -> None:
    code = open_class(rooms, wanted=None)
    with pytest.raises(RoomError, match="does not collect drawings now"):
        rooms.drawings.give(code, "ann", 7, drawing())
    rooms.drawings.start(code, (7, 3), TEACHER)
    assert rooms.led.read(code).wanted == (3, 7)  # type: ignore[union-attr]
    rooms.drawings.give(code, "ann", 7, drawing())
    with pytest.raises(RoomError, match="collects drawings of 3, 7 now"):
        rooms.drawings.give(code, "ann", 4, drawing(1))
    rooms.drawings.start(code, ANY, TEACHER)
    rooms.drawings.give(code, "ann", 4, drawing(1))
    rooms.drawings.stop(code, TEACHER)
    assert rooms.led.read(code).wanted == ()  # type: ignore[union-attr]
    with pytest.raises(RoomError, match="does not collect"):
        rooms.drawings.give(code, "ann", 4, drawing(2))
    assert labels(rooms, code) == [7, 4], "what was given stays"


def test_a_drawing_comes_back_pixel_for_pixel_and_with_no_visitor(rooms: RoomBoard) -> None:
    code = open_class(rooms)
    rooms.drawings.give(code, "ann", 7, drawing())
    (one,) = rooms.drawings.list_all(code, TEACHER)
    assert np.array_equal(one.pixels, drawing()) and one.pixels.dtype == np.uint8 and not one.hidden
    with rooms._database.begin() as connection:
        stored = connection.execute(DRAWINGS.select()).all()
    assert "ann" not in str([row for row in stored if row.room == code])


def test_a_drawing_leads_to_no_nickname(rooms: RoomBoard) -> None:
    code = open_class(rooms)
    rooms.drawings.give(code, "ann", 7, drawing())
    with rooms._database.begin() as connection:
        givers = connection.scalars(DRAWINGS.select().with_only_columns(DRAWINGS.c.giver)).all()
    assert givers and not [one for one in givers if one.startswith(player_of(code, "ann"))]


def test_the_same_drawing_counts_once_and_takes_the_new_label(rooms: RoomBoard) -> None:
    code = open_class(rooms)
    for label in (1, 7):
        rooms.drawings.give(code, "ann", label, drawing())
    rooms.drawings.give(code, "bob", 7, drawing())
    assert labels(rooms, code) == [7, 7], "one of each visitor"


def test_only_who_leads_the_class_reads_hides_and_collects(rooms: RoomBoard) -> None:
    code, other = open_class(rooms), open_class(rooms, OTHER)
    rooms.drawings.give(code, "ann", 7, drawing())
    (one,) = rooms.drawings.list_all(code, TEACHER)
    assert rooms.drawings.list_all(code, OTHER) == rooms.drawings.list_all(code) == []
    assert rooms.drawings.list_all(other, OTHER) == []
    for act in (
        lambda: rooms.drawings.hide(code, one.id, True, OTHER),
        lambda: rooms.drawings.start(code, ANY, OTHER),
        lambda: rooms.drawings.stop(code, OTHER),
        lambda: rooms.drawings.start(open_room(rooms), ANY, TEACHER),  # a room of the quiz
    ):
        with pytest.raises(RoomError, match="somebody else leads it"):
            act()
    rooms.drawings.hide(other, one.id, True, OTHER)
    assert not rooms.drawings.list_all(code, TEACHER)[0].hidden, "that class has no such drawing"
    for hidden in (True, False):
        rooms.drawings.hide(code, one.id, hidden, TEACHER)
        assert rooms.drawings.list_all(code, TEACHER)[0].hidden == hidden


def test_a_giver_sees_and_takes_back_their_own_and_nobody_else_s(rooms: RoomBoard) -> None:
    code, other = open_class(rooms), open_class(rooms, OTHER)
    rooms.drawings.give(code, "ann", 7, drawing())
    rooms.drawings.give(code, "bob", 3, drawing(1))
    rooms.drawings.give(other, "ann", 5, drawing(2))
    (own,) = rooms.drawings.given_by(code, "ann")
    assert own.label == 7
    rooms.drawings.take_back(code, "bob", own.id)
    rooms.drawings.take_back(other, "ann", own.id)
    assert labels(rooms, code) == [7, 3]
    rooms.drawings.take_back(code, "ann", own.id)
    assert labels(rooms, code) == [3] and rooms.drawings.given_by(code, "ann") == []
    rooms.remove_all("ann", "nobody")
    assert rooms.drawings.list_all(other, OTHER) == [] and labels(rooms, code) == [3]


def test_a_visitor_and_a_class_have_so_many_drawings(rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collected_drawings, "MAX_DRAWINGS_PER_VISITOR", 2)
    monkeypatch.setattr(collected_drawings, "MAX_DRAWINGS", 3)
    code = open_class(rooms)
    for number in range(2):
        rooms.drawings.give(code, "ann", 7, drawing(number))
    with pytest.raises(RoomError, match="take one back"):
        rooms.drawings.give(code, "ann", 7, drawing(2))
    rooms.drawings.give(code, "bob", 7, drawing(3))
    with pytest.raises(RoomError, match="takes no more"):
        rooms.drawings.give(code, "cem", 7, drawing(4))
    rooms.drawings.give(code, "ann", 8, drawing(0))
    assert sorted(labels(rooms, code)) == [7, 7, 8], "a new label is no new drawing"
    rooms.drawings.hide(code, rooms.drawings.given_by(code, "ann")[0].id, True, TEACHER)
    with pytest.raises(RoomError, match="take one back"):
        rooms.drawings.give(code, "ann", 7, drawing(2))
    rooms.drawings.give(code, "cem", 7, drawing(4))
    with pytest.raises(RoomError, match="takes no more"):
        rooms.drawings.give(code, "dan", 7, drawing(5))


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (np.zeros((28, 28), np.uint8), "is empty"),
        (np.ones((28, 27), np.uint8), "28 × 28 pixels"),
        (np.ones((28, 28), np.float32), "28 × 28 pixels"),
        (np.ones((28, 28, 3), np.uint8), "28 × 28 pixels"),
        (b"\1" * 784, "28 × 28 pixels"),
    ],
)
def test_what_is_no_drawing_is_refused_in_a_sentence(rooms: RoomBoard, pixels: object, sentence: str) -> None:
    code = open_class(rooms)
    with pytest.raises(RoomError, match=sentence):
        rooms.drawings.give(code, "ann", 7, pixels)  # type: ignore[arg-type]
    with pytest.raises(RoomError, match="at least one digit"):
        rooms.drawings.start(code, (10, -1), TEACHER)
    for label in (10, -1, 34):
        with pytest.raises(RoomError, match="collects drawings of"):
            rooms.drawings.give(code, "ann", label, drawing())
    assert labels(rooms, code) == []


def test_all_drawings_go_with_the_class(rooms: RoomBoard) -> None:
    code = open_class(rooms)
    rooms.drawings.give(code, "ann", 7, drawing())
    rooms.remove(code, TEACHER)
    assert rooms.drawings.given_by(code, "ann") == []
    with rooms._database.begin() as connection:
        assert not [row for row in connection.execute(DRAWINGS.select()) if row.room == code]


def test_the_drawings_of_a_class_that_nobody_follows_any_more_are_deleted_in_time(
    rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = open_class(rooms)
    rooms.drawings.give(code, "ann", 7, drawing())
    rooms.remove_outdated()
    assert labels(rooms, code) == [7]
    now = room_board.time.time()
    monkeypatch.setattr(room_board.time, "time", lambda: now + EMPTY_LIFETIME + 60)
    rooms.remove_outdated()
    assert rooms.drawings.given_by(code, "ann") == [] and rooms.led.read(code) is None


def test_looking_for_old_rooms_makes_no_database(tmp_path: Path) -> None:
    with closing(RoomBoard(f"sqlite:///{tmp_path}/rooms.db")) as board:
        board.remove_outdated()
    assert list(tmp_path.iterdir()) == []


def test_thirty_phones_give_at_once_and_the_limits_hold(rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collected_drawings, "MAX_DRAWINGS", 40)
    code, refused = open_class(rooms), list[str]()

    def give(number: int) -> None:
        for seed in (0, 0, 1):  # the first one twice, as after a lost answer
            try:
                rooms.drawings.give(code, str(number), 7, drawing(seed))
            except RoomError as error:
                refused.append(str(error))

    phones = [threading.Thread(target=give, args=(number,)) for number in range(30)]
    for phone in phones:
        phone.start()
    for phone in phones:
        phone.join()
    assert len(labels(rooms, code)) == 40 and refused and all("takes no more" in one for one in refused)


@pytest.mark.slow
def test_a_postgresql_that_is_killed_in_the_middle_of_a_gift_keeps_each_drawing_once(no_rest: None) -> None:
    with own_postgres() as server, closing(RoomBoard(server.url)) as board:
        code = open_class(board)
        taken, refused = answer_until_killed(
            server, lambda number: board.drawings.give(code, str(number), 7, drawing(number))
        )
        assert "cannot be reached now" in refused
        with pytest.raises(RoomUnreachable):
            board.drawings.list_all(code, TEACHER)
        server.start()
        held = {one.pixels.tobytes() for one in board.drawings.list_all(code, TEACHER)}
        assert held >= {drawing(number).tobytes() for number in taken}
        board.drawings.give(code, str(len(taken)), 7, drawing(len(taken)))  # the refused one, sent again
        board.drawings.give(code, str(taken[-1]), 7, drawing(taken[-1]))
        assert len(labels(board, code)) == len(taken) + 1


@pytest.mark.slow
def test_a_server_that_is_killed_in_the_middle_of_a_gift_loses_none_that_sqlite_took(tmp_path: Path) -> None:
    url, taken = f"sqlite:///{tmp_path}/rooms.db", tmp_path / "taken"
    with closing(RoomBoard(url)) as board:
        code = open_class(board)
        writer = start_writer(url, code, "--gifts", str(taken))
        until(lambda: taken.exists() and taken.stat().st_size > 60)
        writer.kill()
        writer.wait()
        done = [int(line) for line in taken.read_text().split("\n")[:-1]]  # what follows may be half a line
        held = {one.pixels.tobytes() for one in board.drawings.list_all(code, TEACHER)}
        assert held >= {drawing(number).tobytes() for number in done} and len(done) > 10
        board.drawings.give(code, "one more", 7, drawing(100_000))
