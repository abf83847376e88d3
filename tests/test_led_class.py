"""A class that a teacher leads, in the frame of every page: one tab leads, others follow, leave and come back."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.classroom.led_rooms import Attendance, Place
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import DATABASE_VARIABLE, database_url
from dashboard.server import caches, rooms
from dashboard.shell import following, leading, lesson_bar
from tests import ROOT
from tests.class_tabs import TEACHER, buttons, click, join, lead, look, page_of
from tests.pages import address_of, go_to, html, open_page, press, rerun, text_of
from tests.sample_digits import real_set

DIGIT = {"sample": "18", "erased": "HCUT"}
STEP = {"view": "The idea", "sample": "15", "lesson": "what-is-missing", "step": "2"}


@pytest.fixture(autouse=True)
def own_rooms(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a database of rooms of its own; whoever follows reports at every look."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    monkeypatch.setattr(following, "REPORT_EVERY", 0.0)


def test_the_button_opens_a_class_and_shows_its_code() -> None:
    app = press(open_page("lessons"), "lead lessons")
    code = app.session_state["session"].leading.code
    assert f"You lead the class **{code}**" in text_of(app) and "0 follow you**, 0 are" in text_of(app)
    assert address_of(app) == {"lead": code}
    room = rooms.board().led.read(code)
    assert room is not None and room.place == Place("lessons")
    app = click(app, "class code")
    assert any(f">{code}<" in one.proto.body for one in app.get("html")) and f"follow={code}" in app.code[0].value
    assert "lead lessons" not in buttons(app), "one class at a time"


def test_phones_follow_the_page_the_view_and_the_scene() -> None:
    teacher, code = lead(**DIGIT)
    phone = join(code)
    assert page_of(phone) == "compare" and address_of(phone) == {**DIGIT, "follow": code}
    assert "You follow the class" in text_of(phone)
    go_to(teacher, "results")
    teacher.button_group(key="results view").set_value("Conclusions")
    look(teacher)
    look(phone)
    assert page_of(phone) == "results" and address_of(phone) == {"view": "Conclusions", "follow": code}
    teacher.query_params.clear()  # as the menu does
    go_to(teacher, "compare")
    phone = look(phone)
    assert address_of(phone) == {**DIGIT, "follow": code}, "the digit is still the teacher's"
    assert "**1 follows you**, 0 are on their own" in text_of(look(teacher))


def test_a_phone_that_looks_around_stays_where_it_is_and_comes_back_with_one_tap() -> None:
    teacher, code = lead()
    phone = click(join(code), "class own")
    go_to(teacher, "pmnist")
    assert page_of(look(phone)) == "compare" and "on your own" in text_of(phone)
    assert "**0 follow you**, 1 is on their own" in text_of(look(teacher))
    phone = click(phone, "class back")
    assert page_of(phone) == "pmnist" and "You follow the class" in text_of(phone)
    assert "**1 follows you**" in text_of(look(teacher))


def test_whoever_opens_another_page_is_on_their_own() -> None:
    teacher, code = lead()
    phone = go_to(join(code), "why")
    assert page_of(phone) == "why" and "you look around on your own" in text_of(phone)
    assert address_of(phone)["follow"] == code
    go_to(teacher, "pmnist")
    assert page_of(look(phone)) == "why"
    phone = click(phone, "class leave")
    assert "lass **" not in text_of(phone) and "follow" not in address_of(look(phone))
    assert rooms.board().led.count(code) == Attendance(0, 0)


def test_freezing_brings_everybody_back_and_releasing_lets_them_go() -> None:
    teacher, code = lead(**DIGIT)
    phone, other = join(code), click(join(code), "class own")
    go_to(other, "why")
    click(teacher, "class freeze")
    for app in (look(phone), look(other)):
        assert page_of(app) == "compare" and "Its controls wait until the teacher releases them" in text_of(app)
        assert "ns-frozen" in html(app) and not {"class own", "class leave", "class back"} & buttons(app)
        assert app.session_state["session"].following.frozen
    assert page_of(go_to(phone, "why")) == "compare", "whoever leaves is brought back"
    click(teacher, "class freeze")
    for app in (look(phone), look(other)):
        assert "You follow the class" in text_of(app) and "ns-frozen" not in html(app) and "class own" in buttons(app)


def test_who_joins_a_frozen_class_is_frozen_too() -> None:
    teacher, code = lead()
    click(teacher, "class freeze")
    assert "Its controls wait" in text_of(join(code))


def test_a_class_that_ends_lets_everybody_go_on_alone() -> None:
    teacher, code = lead()
    phone = join(code)
    click(teacher, "class end")
    assert "You lead" not in text_of(teacher) and "lead" not in address_of(teacher)
    phone = look(phone)
    assert "The class has ended" in text_of(phone) and page_of(phone) == "compare"
    assert "lass **" not in text_of(look(phone)) and "follow" not in address_of(phone)
    assert "There is no class" in text_of(open_page("why", follow=code))


def test_a_class_that_was_ended_in_another_tab_is_led_no_longer() -> None:
    teacher, code = lead()
    rooms.board().remove(code, TEACHER)
    look(teacher)
    assert teacher.session_state["session"].leading is None and "The class has ended" in text_of(teacher)


def test_a_teacher_who_types_their_own_code_goes_on_leading() -> None:
    code = rooms.board().open_led_room(Place("start"), opener=TEACHER)
    app = open_page("start", state={"visitor": TEACHER})
    app.text_input(key="start code").set_value(code)
    next(one for one in app.button if one.label == "Join").click()
    assert "You lead" in text_of(rerun(app)) and app.session_state["session"].following is None


def test_whoever_cannot_be_brought_to_the_class_is_on_their_own() -> None:
    teacher, code = lead(**DIGIT)
    phone = join(code)
    held = phone.session_state["session"].following
    go_to(teacher, "pmnist")
    held.page, held.target, held.moves, held.tries = "pmnist", {"follow": code}, 1, following.MAX_TRIES
    phone = look(phone)
    assert page_of(phone) == "compare" and "you look around on your own" in text_of(phone)


def test_a_link_follows_and_only_who_opened_the_class_leads_it() -> None:
    _, code = lead(**DIGIT)
    phone = open_page("start", follow=code)
    assert address_of(phone) == {**DIGIT, "follow": code} and page_of(phone) == "compare"
    stranger = open_page("pmnist", state={"visitor": "b" * 32}, lead=code)
    assert page_of(stranger) == "compare" and stranger.session_state["session"].leading is None
    assert "You follow the class" in text_of(stranger)
    again = open_page("pmnist", state={"visitor": TEACHER}, lead=code)
    assert "You lead" in text_of(again) and page_of(look(phone)) == "pmnist"


@pytest.mark.parametrize("part", ["lead", "follow"])
@pytest.mark.parametrize(("code", "sentence"), [("BCDF", "There is no class BCDF"), ("<i>x", "four letters")])
def test_a_wrong_code_in_a_link_costs_a_sentence(part: str, code: str, sentence: str) -> None:
    app = open_page("compare", **{part: code})
    assert sentence in text_of(app) and part not in address_of(app)


def test_what_the_teacher_hides_is_hidden_and_what_the_teacher_alone_needs_is_not_followed() -> None:
    _, code = lead(projector="1", hide="networks,digit", **DIGIT)
    phone = join(code)
    assert address_of(phone) == {**DIGIT, "hide": "networks,digit", "follow": code}
    assert not phone.session_state["address"].projector


def test_those_who_follow_to_a_room_of_the_quiz_play_there() -> None:
    teacher, code = lead()
    phone = join(code)
    room = RoomBoard(database_url()).open_room(real_set().name, told=True, opener=TEACHER).code
    teacher.query_params.clear()
    teacher.query_params.update({"room": room, "view": "The room"})
    go_to(teacher, "quiz")
    phone = look(phone)
    assert page_of(phone) == "quiz" and "Digit 1 of 20" in text_of(phone) and address_of(phone)["room"] == room


def test_a_lesson_is_followed_step_by_step_until_the_teacher_closes_it() -> None:
    teacher, code = lead("lessons")
    phone = join(code)
    click(teacher, "begin what-is-missing")
    phone = look(phone)
    assert address_of(phone)["step"] == "1" and "1 of" in text_of(phone)
    click(teacher, "lesson next")
    assert address_of(look(phone))["step"] == "2"
    click(teacher, "lesson close")
    look(teacher)
    assert look(phone).session_state["session"].lesson_position is None


def test_the_answer_of_a_step_comes_to_phones_when_the_teacher_shows_it_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    teacher, code = lead("missing_features", **STEP)
    steps = lesson_bar.shipped_lessons()["what-is-missing"].steps
    phone, other = look(join(code)), click(join(code), "class own")
    for app in (phone, other):
        assert "Your teacher shows the answer later" in text_of(app) and "lesson answer" not in buttons(app)
        assert steps[1].answer not in text_of(app)
    click(teacher, "lesson answer")
    assert steps[1].answer in text_of(teacher)
    assert "Hide the answer here" in [one.label for one in teacher.button]
    assert steps[1].answer in text_of(look(phone)) and steps[1].answer in text_of(look(other))
    click(teacher, "lesson next")
    assert steps[2].answer not in text_of(look(phone)) + text_of(teacher)
    click(teacher, "lesson back")
    assert steps[1].answer in text_of(look(phone)), "it was released already"
    with monkeypatch.context() as patch:
        patch.setattr(rooms.board().led, "released", None)  # nobody asks for it again
        assert steps[1].answer in text_of(look(phone))


def test_an_answer_that_cannot_be_released_costs_a_sentence_and_stays_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    teacher, _ = lead("missing_features", **STEP)
    with monkeypatch.context() as patch:
        patch.setenv(DATABASE_VARIABLE, "postgresql+psycopg://nobody@127.0.0.1:9/rooms")
        click(teacher, "lesson answer")
        assert "database" in " ".join(one.value for one in teacher.warning)
    assert lesson_bar.shipped_lessons()["what-is-missing"].steps[1].answer not in text_of(teacher)


def test_who_follows_gets_no_file_and_no_sheet_with_the_answers() -> None:
    teacher, code = lead("lessons", view="Sheets")
    phone = look(join(code))
    rerun(teacher.segmented_control(key="lessons sheet for").set_value("The teacher"))
    answers = [step.answer for step in lesson_bar.shipped_lessons()["what-is-missing"].steps]
    assert answers[0] in text_of(teacher) and any(f">{code}<" in one.proto.body for one in teacher.get("html"))
    assert not any(answer in text_of(look(phone)) for answer in answers) and not phone.get("download_button")
    assert "lessons sheet for" not in [one.key for one in phone.get("button_group")]
    phone.query_params.clear()
    phone.session_state["lessons view"] = "Lessons"
    assert not go_to(click(phone, "class own"), "lessons").get("download_button")
    assert open_page("lessons").get("download_button")


def test_whoever_leads_a_lesson_sees_the_minute_and_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    teacher, code = lead("missing_features", **STEP)
    assert "Now at minute 3 of 30; this step is planned for 3 to 7." in text_of(teacher)
    session = teacher.session_state["session"]
    session.lesson_position = replace(session.lesson_position, began=session.lesson_position.began - 600)
    assert "Now at minute 13 of 30" in text_of(look(teacher))
    teacher.query_params["step"] = "1"  # the browser's back
    assert "Now at minute 13 of 30; this step is planned for 0 to 3." in text_of(go_to(teacher, "start"))
    assert "Now at minute" not in text_of(look(join(code)))


def test_a_database_that_does_not_answer_costs_a_sentence_and_the_next_move_is_made_up_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    teacher, code = lead()
    phone = join(code)
    with monkeypatch.context() as patch:
        patch.setenv(DATABASE_VARIABLE, "postgresql+psycopg://nobody@127.0.0.1:9/rooms")
        go_to(teacher, "pmnist")
        assert "database" in text_of(teacher) and page_of(teacher) == "pmnist"
        assert "database" in text_of(look(phone)) and page_of(phone) == "compare"
    look(teacher)
    assert "follow" in text_of(look(teacher)) and page_of(look(phone)) == "pmnist"


def test_who_comes_by_a_link_while_the_database_is_away_is_brought_to_the_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, code = lead(**DIGIT)
    with monkeypatch.context() as patch:
        patch.setenv(DATABASE_VARIABLE, "postgresql+psycopg://nobody@127.0.0.1:9/rooms")
        phone = open_page("pmnist", follow=code)
        assert "database" in text_of(phone) and page_of(phone) == "pmnist"
        assert address_of(phone)["follow"] == code
    phone = look(phone)
    assert page_of(phone) == "compare" and address_of(phone) == {**DIGIT, "follow": code}


def test_a_page_change_that_another_request_overtakes_is_made_again() -> None:
    teacher, code = lead(**DIGIT)
    phone = join(code)
    held = phone.session_state["session"].following
    go_to(teacher, "pmnist")
    held.page, held.target, held.moves, held.tries = "pmnist", {"follow": code}, 1, 1  # on the way
    phone = look(phone)  # but it is "compare" that runs
    assert page_of(phone) == "pmnist" and "You follow the class" in text_of(phone) and held.target is None


def test_without_a_class_no_database_is_opened_and_nothing_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> RoomBoard:
        raise AssertionError("a database was opened")

    monkeypatch.setattr(caches, "room_board", refuse)
    monkeypatch.setattr(following, "_show", refuse)
    monkeypatch.setattr(leading, "_show_count", refuse)
    app = open_page("compare", **DIGIT)
    assert "class-bar" not in str(app.main) and address_of(look(app)) == DIGIT


def test_a_link_that_is_shared_holds_no_class() -> None:
    teacher, code = lead(**DIGIT)
    assert code not in str(rooms.board().led.read(code).place)  # type: ignore[union-attr]
    assert address_of(teacher)["lead"] == code


FIRST_RUN = """
from core.classroom.led_rooms import Place
from dashboard.server import rooms
from tests.pages import open_page, text_of
code = rooms.board().open_led_room(Place("lessons"), opener="a" * 32)
print(text_of(open_page("start", follow=code)))
"""


@pytest.mark.slow
def test_the_first_visitor_of_a_server_is_brought_to_the_class(runs: Path) -> None:
    """The run that prepares the server for turns changes the page itself."""
    done = subprocess.run([sys.executable, "-c", FIRST_RUN], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "You follow the class" in done.stdout, done.stderr
