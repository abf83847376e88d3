"""A class collects drawings: the teacher asks, phones give by their own press, the page shows and reads them."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.classroom import room_board
from core.classroom.led_rooms import Place
from core.classroom.room_board import EMPTY_LIFETIME
from core.classroom.room_database import DATABASE_VARIABLE, RoomError
from core.visualization import arrays
from dashboard.class_drawings import readings
from dashboard.server import led_class, rooms
from dashboard.server.scene import Scene
from dashboard.server.session import ChosenDigit
from dashboard.shell import following, giving
from tests.pages import drawn_seven, go_to, html, open_page, press, rerun, text_of
from tests.sample_digits import made_digits

TEACHER, ANN, BOB = "a" * 32, "b" * 32, "c" * 32
PAGE = led_class.TEACHER_PAGE


@pytest.fixture(autouse=True)
def own_rooms(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a database of rooms of its own; whoever follows reports at every look."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    monkeypatch.setattr(following, "REPORT_EVERY", 0.0)


def lead(page: str = PAGE) -> tuple[AppTest, str]:
    code = rooms.board().open_led_room(Place("compare"), opener=TEACHER)
    return open_page(page, state={"visitor": TEACHER}, lead=code), code


def collect(code: str, *wanted: int) -> None:
    rooms.board().drawings.start(code, wanted or range(10), TEACHER)


def open_phone(code: str, visitor: str = ANN, *, draws: bool = True) -> AppTest:
    """Follow the class with the menu of drawings open, and draw a seven."""
    drawn = {"draw": drawn_seven(), "source": "Draw"} if draws else {}
    return open_page("compare", state={"visitor": visitor, "class drawings": True, **drawn}, follow=code)


def give(code: str, count: int, visitor: str = ANN) -> None:
    digits = made_digits(count)
    for pixels, label in zip(digits.pixels.numpy(), digits.labels.tolist(), strict=True):
        rooms.board().drawings.give(code, visitor, label, pixels)


def keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


def test_at_first_nothing_is_collected_and_a_phone_is_not_asked() -> None:
    teacher, code = lead()
    assert "No drawings are collected now" in text_of(teacher) and "has no drawings yet" in text_of(teacher)
    assert "and 6 hours after the last phone was there: download them" in text_of(teacher)
    phone = open_phone(code)
    assert "class give" not in keys(phone) and "You follow" in text_of(phone)


def test_the_teacher_starts_with_the_digits_that_she_wants_and_stops() -> None:
    teacher, code = lead()
    teacher.button_group(key="drawings wanted").set_value([7, 4])
    teacher = press(rerun(teacher), "drawings start")
    assert "Phones may give drawings of the digits **4, 7**." in text_of(teacher)
    assert rooms.board().led.read(code).wanted == (4, 7)  # type: ignore[union-attr]
    teacher = press(teacher, "drawings stop")
    assert "No drawings are collected now" in text_of(teacher)


def test_a_phone_reads_what_is_kept_gives_by_its_own_press_and_takes_back() -> None:
    _, code = lead()
    collect(code, 4, 7)
    phone = rerun(open_phone(code))
    said = text_of(phone)
    assert "no name" in said and "6 hours" in said and "when the class ends" in said and "digits **4, 7**" in said
    assert "Your teacher can download them, without names" in said
    assert phone.button(key="class give").disabled, "which digit is it?"
    assert rooms.board().drawings.list_all(code, TEACHER) == [], "nothing is sent before the press"
    phone.button_group(key="class digit (4, 7)").set_value(7)
    phone = press(rerun(phone), "class give")
    assert "The class has your 7" in text_of(phone) and "You have given 1 drawing." in text_of(phone)
    (one,) = rooms.board().drawings.list_all(code, TEACHER)
    shown = phone.session_state["session"].scene.drawn
    assert one.label == 7 and np.array_equal(one.pixels, arrays.to_gray(shown))
    phone = press(phone, f"class back {one.id}")
    assert "Your 7 is deleted" in text_of(phone) and rooms.board().drawings.list_all(code, TEACHER) == []


def test_who_has_given_a_drawing_can_take_it_back_after_collecting_has_stopped() -> None:
    _, code = lead()
    collect(code)
    give(code, 1)
    rooms.board().drawings.stop(code, TEACHER)
    (one,) = rooms.board().drawings.given_by(code, ANN)
    phone = open_phone(code)
    assert f"class back {one.id}" in keys(phone) and "class give" not in keys(phone)
    assert f"class back {one.id}" not in keys(open_phone(code, BOB))


def test_a_phone_is_asked_as_soon_as_the_class_collects_and_a_change_of_that_releases_nobody() -> None:
    _, code = lead()
    phone = open_phone(code)
    collect(code)
    assert "any digit" in text_of(rerun(phone))
    rooms.board().led.freeze(code, True, TEACHER)
    phone = rerun(rerun(phone))
    assert "any digit" not in text_of(phone), "while it is frozen nothing is given"
    rooms.board().drawings.stop(code, TEACHER)
    phone = rerun(phone)
    assert phone.session_state["session"].following.frozen, "a change of what is collected releases nobody"


@pytest.mark.parametrize("kind", ["nothing", "sample", "photo", "link"])
def test_only_what_the_visitor_drew_is_their_drawing(kind: str) -> None:
    _, code = lead()
    collect(code)
    phone = open_phone(code, draws=False)
    session, digit = phone.session_state["session"], arrays.to_gray(np.eye(28)) / np.float32(255)
    match kind:
        case "sample":
            session.scene = Scene(sample=3)
        case "photo":
            session.scene = Scene(drawn=digit, uploaded=True)
        case "link":
            session.scene, session.linked = Scene(drawn=digit), ChosenDigit(digit)
    assert "class give" not in keys(rerun(phone.switch_page("../pages/lessons.py")))
    assert "is not yours" in text_of(phone)


def test_phones_stay_at_their_drawing_while_the_teacher_looks_at_the_wall() -> None:
    teacher, code = lead("pmnist")
    assert rooms.board().led.read(code).place.page == "pmnist"  # type: ignore[union-attr]
    teacher.session_state["session"].leading.problem = "The database does not answer."
    go_to(teacher, PAGE)
    assert rooms.board().led.read(code).place.page == "pmnist"  # type: ignore[union-attr]
    assert teacher.session_state["session"].leading.problem, "what could not be stored is still not stored"
    go_to(teacher, "why")
    assert rooms.board().led.read(code).place.page == "why"  # type: ignore[union-attr]


def test_a_class_that_is_opened_here_begins_where_everybody_can_draw() -> None:
    app = press(open_page(PAGE), "lead drawings")
    code = app.session_state["session"].leading.code
    assert rooms.board().led.read(code).place == Place("compare")  # type: ignore[union-attr]


def test_without_a_class_and_for_those_who_follow_the_page_shows_no_drawing() -> None:
    assert "Lead a class to collect" in text_of(open_page(PAGE))
    _, code = lead()
    collect(code)
    give(code, 2)
    phone = go_to(open_phone(code, BOB), PAGE)
    assert "Only the teacher" in text_of(phone) and "has 2 drawings" not in text_of(phone)


def test_every_network_reads_the_drawings_a_few_at_a_time_and_the_page_counts_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readings, "READ_AT_ONCE", 4)
    teacher, code = lead()
    collect(code)
    give(code, 6)
    shown = html(rerun(teacher))
    assert "of 4; 95 % interval" in shown and "Standard" in shown and "Restoring, blind" in shown
    shown = html(rerun(teacher))
    assert "of 6; 95 % interval" in shown and "of 4;" not in shown
    assert shown.index("<strong>Standard</strong>") < shown.index("<strong>Restoring</strong>")
    assert "The class has 6 drawings. Standard reads" in text_of(teacher)
    teacher.button_group(key="drawings networks").set_value(["synergy"])
    assert "Synergy reads" in text_of(rerun(teacher))


def refuse(*_: object) -> None:
    raise RoomError("Try again")


def test_a_hidden_drawing_counts_nowhere_until_it_is_shown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    teacher, code = lead()
    collect(code)
    give(code, 3)
    first = rooms.board().drawings.list_all(code, TEACHER)[0]
    teacher.session_state["drawings chosen"] = first.id
    teacher = rerun(teacher)
    assert "Standard: **" in text_of(teacher)
    with monkeypatch.context() as patch:
        patch.setattr(rooms.board().drawings, "hide", refuse)
        assert "Try again" in [one.value for one in press(teacher, "drawings hide").warning]
    teacher = press(teacher, "drawings hide")
    assert "The class has 2 drawings" in text_of(teacher)
    teacher = press(teacher, f"drawings show {first.id}")
    assert "The class has 3 drawings" in text_of(teacher)


def test_the_files_leave_out_what_is_hidden() -> None:
    teacher, code = lead()
    collect(code)
    teacher.session_state["drawings files"] = True
    assert "no drawings to download yet" in text_of(rerun(teacher))
    give(code, 3)
    rooms.board().drawings.hide(code, rooms.board().drawings.list_all(code, TEACHER)[0].id, True, TEACHER)
    teacher = rerun(teacher)
    assert "All 2 drawings" in text_of(teacher) and len(teacher.get("download_button")) == 3


def test_delete_my_data_takes_every_drawing_back() -> None:
    _, code = lead()
    collect(code)
    for visitor in (ANN, BOB):
        give(code, 2, visitor)
    press(open_page("train", state={"visitor": ANN}), "privacy delete")
    assert rooms.board().drawings.given_by(code, ANN) == []
    assert len(rooms.board().drawings.given_by(code, BOB)) == 2


def test_a_database_that_does_not_answer_costs_a_sentence_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    teacher, code = lead()
    collect(code)
    phone = rerun(open_phone(code))
    phone.button_group(key=f"class digit {tuple(range(10))}").set_value(7)
    phone = rerun(phone)
    with monkeypatch.context() as patch:
        patch.setenv(DATABASE_VARIABLE, "postgresql+psycopg://nobody@127.0.0.1:9/rooms")
        assert "database" in text_of(press(phone, "class give")) and "database" in text_of(rerun(teacher))
        assert text_of(rerun(phone)).count("database") == 1, "the bar says it, the menu of drawings does not repeat it"
    assert rooms.board().drawings.list_all(code, TEACHER) == []


def test_wanted_digits_are_described_in_words() -> None:
    assert giving.describe_wanted(tuple(range(10))) == "drawings of **any digit**"
    assert giving.describe_wanted((3,)) == "drawings of the digit **3**"


def forbid() -> str:
    raise PermissionError(13, "Permission denied")


def test_the_server_deletes_old_rooms_by_itself_and_a_database_that_is_away_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, code = lead()
    collect(code)
    give(code, 1)
    now = room_board.time.time()
    monkeypatch.setattr(room_board.time, "time", lambda: now + EMPTY_LIFETIME + 60)
    with monkeypatch.context() as patch:
        patch.setenv(DATABASE_VARIABLE, "postgresql+psycopg://nobody@127.0.0.1:9/rooms")
        rooms.remove_outdated()
    with monkeypatch.context() as patch:
        patch.setattr(rooms, "database_url", forbid)
        rooms.remove_outdated()
    assert rooms.board().drawings.given_by(code, ANN)
    rooms.remove_outdated()
    assert rooms.board().drawings.given_by(code, ANN) == []
