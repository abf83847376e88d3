"""The page "Start": the box in which a player types the code of a room."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.classroom.room_board import RoomBoard
from core.classroom.room_database import DATABASE_VARIABLE, database_url
from dashboard.quiz import rounds
from tests.pages import address_of, captions, go_to, open_page, press, rerun, text_of
from tests.room_answers import TEACHER
from tests.sample_digits import real_set


@pytest.fixture(autouse=True)
def own_rooms(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a database of rooms of its own."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)


def join(app: AppTest, code: str) -> AppTest:
    app.text_input(key="start code").set_value(code)
    next(one for one in app.button if one.label == "Join").click()
    return rerun(app)


def test_a_code_leads_from_start_straight_to_the_question() -> None:
    board = RoomBoard(database_url())
    code = board.open_room(real_set().name, told=True, opener=TEACHER).code
    board.close()
    app = join(open_page("start"), f" {code.lower()} ")
    assert "Digit 1 of 20" in text_of(app) and f"room **{code}**" in captions(app)
    assert address_of(app) == {"room": code}


def test_a_code_leads_to_the_question_also_from_another_view_of_the_quiz() -> None:
    board = RoomBoard(database_url())
    first, second = (board.open_room(real_set().name, told=True, opener=TEACHER).code for _ in range(2))
    board.close()
    app = open_page("quiz", state={"quiz view": "The room"}, room=first)
    app = join(go_to(app, "start"), second)
    assert "Digit 1 of 20" in text_of(app) and f"room **{second}**" in captions(app)


@pytest.mark.parametrize(("code", "sentence"), [("BCDF", "There is no room BCDF"), ("<i>", "four letters")])
def test_a_wrong_code_costs_a_sentence_on_the_same_page(code: str, sentence: str) -> None:
    app = join(open_page("start"), code)
    assert sentence in app.warning[0].value and app.text_input(key="start code")


def test_the_room_of_a_link_is_left_alone_by_a_wrong_code() -> None:
    board = RoomBoard(database_url())
    code = board.open_room(real_set().name, told=True, opener=TEACHER).code
    board.close()
    app = open_page("quiz", room=code)
    press(app, "quiz 3")
    app = go_to(join(go_to(app, "start"), "BCDF"), "quiz")
    assert app.session_state[rounds.GAME].room.code == code
