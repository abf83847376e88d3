"""Questions to a class and their answers, in both databases: who may ask, answer and read, and what is deleted."""

import threading
from contextlib import closing

import pytest

from core.classroom import room_board, room_players
from core.classroom.class_questions import (
    MAX_ANSWER_LENGTH,
    MAX_QUESTION_LENGTH,
    ClassAnswer,
    ClassQuestion,
    player_of,
)
from core.classroom.led_rooms import Place
from core.classroom.room_board import EMPTY_LIFETIME, RoomBoard
from core.classroom.room_database import RoomError
from tests.postgres import own_postgres
from tests.room_answers import TEACHER, answer_until_killed, open_room

OTHER, PUPIL, NEIGHBOUR = ("bcd"[number] * 32 for number in range(3))
DIGIT = bytes(range(196)) * 4


@pytest.fixture
def rooms(rooms: RoomBoard) -> RoomBoard:
    """The board, without the classes of earlier tests, of which a teacher has only one."""
    rooms.remove_all(TEACHER, OTHER)
    return rooms


@pytest.fixture
def code(rooms: RoomBoard) -> str:
    return rooms.open_led_room(Place("compare"), opener=TEACHER)


def question_of(rooms: RoomBoard, code: str) -> ClassQuestion | None:
    room = rooms.led.read(code)
    assert room is not None
    return room.question


def give(rooms: RoomBoard, code: str, visitor: str, answer: ClassAnswer, number: int = 1) -> str:
    player = player_of(code, visitor)
    name = rooms.players.join(code, player)
    rooms.questions.answer(code, number, player, answer)
    return name


def test_a_question_is_read_by_all_and_answered_in_words_or_with_a_digit(rooms: RoomBoard, code: str) -> None:
    assert question_of(rooms, code) is None
    rooms.questions.ask(code, " What do you\nread? ", TEACHER)
    assert question_of(rooms, code) == ClassQuestion("What do you read?", 1, True)
    names = [
        give(rooms, code, PUPIL, ClassAnswer(" a  four ")),
        give(rooms, code, NEIGHBOUR, ClassAnswer(digit=DIGIT)),
    ]
    expected = [ClassAnswer("a four", b"", names[0]), ClassAnswer("", DIGIT, names[1])]
    assert rooms.questions.answers(code, TEACHER) == expected


def test_a_visitor_answers_once_and_may_change_it_until_the_question_is_closed(rooms: RoomBoard, code: str) -> None:
    rooms.questions.ask(code, "Which digit?", TEACHER)
    name = give(rooms, code, PUPIL, ClassAnswer("7"))
    assert give(rooms, code, PUPIL, ClassAnswer(digit=DIGIT)) == name
    give(rooms, code, NEIGHBOUR, ClassAnswer("8"))
    give(rooms, code, PUPIL, ClassAnswer("9"))
    assert [one.words for one in rooms.questions.answers(code, TEACHER)] == ["9", "8"], "each at its first place"
    rooms.questions.close(code, TEACHER)
    for visitor in (PUPIL, OTHER):
        with pytest.raises(RoomError, match="closed"):
            give(rooms, code, visitor, ClassAnswer("late"))
    assert [one.words for one in rooms.questions.answers(code, TEACHER)] == ["9", "8"]
    own = rooms.questions.find_answer(code, 1, player_of(code, PUPIL))
    assert own == ClassAnswer("9", b"", name)


def test_the_next_question_deletes_the_answers_and_takes_none_to_the_one_before(rooms: RoomBoard, code: str) -> None:
    rooms.questions.ask(code, "First?", TEACHER)
    give(rooms, code, PUPIL, ClassAnswer("one"))
    rooms.questions.ask(code, "Second?", TEACHER)
    assert question_of(rooms, code) == ClassQuestion("Second?", 2, True) and not rooms.questions.answers(code, TEACHER)
    assert rooms.questions.find_answer(code, 1, player_of(code, PUPIL)) is None
    with pytest.raises(RoomError, match="closed"):
        give(rooms, code, PUPIL, ClassAnswer("late"), number=1)
    give(rooms, code, PUPIL, ClassAnswer("two"), number=2)
    rooms.questions.remove(code, TEACHER)
    assert question_of(rooms, code) is None and not rooms.questions.answers(code, TEACHER)
    rooms.questions.ask(code, "Third?", TEACHER)
    assert question_of(rooms, code) == ClassQuestion("Third?", 3, True), "no answer to an earlier one fits it"


def test_only_who_opened_the_class_asks_closes_deletes_and_reads(rooms: RoomBoard, code: str) -> None:
    rooms.questions.ask(code, "Which digit?", TEACHER)
    give(rooms, code, PUPIL, ClassAnswer("7"))
    other = rooms.open_led_room(Place("why"), opener=OTHER)
    rooms.questions.ask(other, "Another?", OTHER)
    for openers in ((OTHER,), (PUPIL,), ()):
        assert rooms.questions.answers(code, *openers) == []
        for act in (
            lambda: rooms.questions.ask(code, "Mine?", *openers),  # noqa: B023
            lambda: rooms.questions.close(code, *openers),  # noqa: B023
            lambda: rooms.questions.remove(code, *openers),  # noqa: B023
        ):
            with pytest.raises(RoomError, match="somebody else leads it"):
                act()
    assert rooms.questions.answers(other, OTHER) == [] and len(rooms.questions.answers(code, TEACHER)) == 1
    assert question_of(rooms, code) == ClassQuestion("Which digit?", 1, True)


def test_who_has_not_joined_and_a_class_without_a_question_take_no_answer(rooms: RoomBoard, code: str) -> None:
    with pytest.raises(RoomError, match="closed"):
        give(rooms, code, PUPIL, ClassAnswer("7"))
    rooms.questions.ask(code, "Which digit?", TEACHER)
    with pytest.raises(RoomError):
        rooms.questions.answer(code, 1, player_of(code, NEIGHBOUR), ClassAnswer("7"))
    with pytest.raises(RoomError):
        rooms.questions.answer("BCDF", 1, player_of(code, PUPIL), ClassAnswer("7"))


@pytest.mark.parametrize("text", ["", " \n ", "\0\ud800"])
def test_nothing_is_no_question_and_no_answer(rooms: RoomBoard, code: str, text: str) -> None:
    with pytest.raises(RoomError, match="no question yet"):
        rooms.questions.ask(code, text, TEACHER)
    rooms.questions.ask(code, "Which digit?", TEACHER)
    for answer in (ClassAnswer(text), ClassAnswer(text, digit=DIGIT[1:])):
        with pytest.raises(RoomError, match="no answer yet"):
            give(rooms, code, PUPIL, answer)


def test_what_is_too_long_is_refused_and_odd_characters_are_kept_or_left_out(rooms: RoomBoard, code: str) -> None:
    with pytest.raises(RoomError, match="question is too long"):
        rooms.questions.ask(code, "x" * (MAX_QUESTION_LENGTH + 1), TEACHER)
    rooms.questions.ask(code, "ü '; DROP TABLE rooms \0\ud800<b>", TEACHER)
    question = question_of(rooms, code)
    assert question is not None and question.text == "ü '; DROP TABLE rooms <b>"
    with pytest.raises(RoomError, match="answer is too long"):
        give(rooms, code, PUPIL, ClassAnswer("x" * (MAX_ANSWER_LENGTH + 1)))
    give(rooms, code, PUPIL, ClassAnswer("\0नौ\ud800"))
    assert rooms.questions.answers(code, TEACHER)[0].words == "नौ"


def test_a_full_class_takes_no_other_visitor_s_answer(
    rooms: RoomBoard, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_players, "MAX_PLAYERS", 1)
    rooms.questions.ask(code, "Which digit?", TEACHER)
    give(rooms, code, PUPIL, ClassAnswer("7"))
    with pytest.raises(RoomError, match="is full"):
        give(rooms, code, NEIGHBOUR, ClassAnswer("8"))
    give(rooms, code, PUPIL, ClassAnswer("9"))


def test_question_and_answers_go_with_the_class_also_when_nobody_follows_any_more(
    rooms: RoomBoard, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms.questions.ask(code, "Which digit?", TEACHER)
    give(rooms, code, PUPIL, ClassAnswer("7"))
    now = room_board.time.time()
    monkeypatch.setattr(room_board.time, "time", lambda: now + EMPTY_LIFETIME + 60)
    open_room(rooms)
    assert rooms.led.read(code) is None and rooms.questions.find_answer(code, 1, player_of(code, PUPIL)) is None
    with pytest.raises(RoomError, match="no longer exists"):
        give(rooms, code, PUPIL, ClassAnswer("7"))


def test_who_deletes_their_data_deletes_their_answers_and_nobody_else_s(rooms: RoomBoard, code: str) -> None:
    rooms.questions.ask(code, "Which digit?", TEACHER)
    give(rooms, code, PUPIL, ClassAnswer("7"))
    give(rooms, code, NEIGHBOUR, ClassAnswer("8"))
    rooms.remove_all(PUPIL)
    assert [one.words for one in rooms.questions.answers(code, TEACHER)] == ["8"]
    give(rooms, code, PUPIL, ClassAnswer("9"))
    rooms.remove_all(TEACHER)
    assert rooms.led.read(code) is None and rooms.questions.find_answer(code, 1, player_of(code, PUPIL)) is None


def test_a_visitor_has_another_number_in_each_class(rooms: RoomBoard, code: str) -> None:
    assert player_of(code, PUPIL) != player_of("BCDF", PUPIL) and PUPIL not in player_of(code, PUPIL)


def test_thirty_visitors_answer_at_once_and_each_counts_once(rooms: RoomBoard, code: str) -> None:
    rooms.questions.ask(code, "Which digit?", TEACHER)

    def answer(number: int) -> None:
        for words in ("first", f"last of {number}"):
            give(rooms, code, str(number), ClassAnswer(words))

    visitors = [threading.Thread(target=answer, args=(number,)) for number in range(30)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    found = {one.words for one in rooms.questions.answers(code, TEACHER)}
    assert found == {f"last of {number}" for number in range(30)}


@pytest.mark.slow
def test_a_postgresql_that_is_killed_keeps_every_answer_that_it_took(no_rest: None) -> None:
    with own_postgres() as server, closing(RoomBoard(server.url)) as board:
        code = board.open_led_room(Place("compare"), opener=TEACHER)
        board.questions.ask(code, "Which digit?", TEACHER)
        board.players.join(code, player_of(code, PUPIL))
        taken, refused = answer_until_killed(server, lambda number: give(board, code, PUPIL, ClassAnswer(str(number))))
        assert "cannot be reached now" in refused
        server.start()
        (answer,) = board.questions.answers(code, TEACHER)
        assert int(answer.words) >= taken[-1]
