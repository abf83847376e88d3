"""A question to a class on the pages: the teacher sends it, phones answer in words or with a digit, she reads that."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.classroom.class_questions import ClassAnswer
from core.classroom.room_database import DATABASE_VARIABLE
from dashboard.server import gate, rooms
from dashboard.shell import asking, following, lesson_bar
from dashboard.widgets.texts import only_emphasis
from tests.class_tabs import TEACHER, buttons, click, click_label, join, lead, look, page_of
from tests.pages import go_to, html, open_page, press, text_of

DIGIT = {"sample": "18", "erased": "HCUT"}


@pytest.fixture(autouse=True)
def own_rooms(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a database of rooms of its own; whoever follows reports at every look."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    monkeypatch.setattr(following, "REPORT_EVERY", 0.0)


def ask(teacher: AppTest, text: str) -> AppTest:
    """Open the questions and send one of the teacher's own."""
    teacher.session_state["class ask"] = True
    look(teacher).text_input(key="class ask own").set_value(text)
    return send(teacher)


def send(app: AppTest) -> AppTest:
    """Press the button that sends what was typed, also where it changes an answer."""
    app.switch_page(f"../pages/{page_of(app)}.py")
    return click_label(app, next(one.label for one in app.button if one.label in ("Send", "Change")))


def answer(phone: AppTest, words: str, nickname: str = "") -> AppTest:
    look(phone)
    next(one for one in phone.text_input if one.label == "Your answer").set_value(words)
    phone.text_input(key="class nickname").set_value(nickname)
    return send(phone)


def test_the_teacher_asks_a_question_of_her_own_and_reads_the_answers_without_names() -> None:
    teacher, code = lead()
    phone, other = join(code), join(code)
    ask(teacher, "Which digit is it?")
    assert "**Question**: Which digit is it?" in text_of(teacher) and "**0 of 2** answered" in text_of(look(teacher))
    assert not teacher.session_state["class ask"], "the popover closes"
    answer(phone, "a <b>7</b>", "Ada")
    assert "You answered as Ada: a \\<b\\>7\\</b\\>" in text_of(phone)
    look(teacher)
    assert "**1 of 2** answered" in text_of(teacher) and "a &lt;b&gt;7&lt;/b&gt;" in html(teacher)
    assert "Ada" not in html(teacher), "no names unless the teacher wants them"
    assert "Ada" in html(click(teacher, "class names")) and "Ada" not in html(click(teacher, "class names"))
    assert "ns-answers" not in html(click(teacher, "class answers"))
    answer(other, "an 8")
    assert "an 8" in html(click(teacher, "class answers")) and "a 7" not in text_of(other)


def test_the_question_of_the_lesson_s_step_is_sent_with_one_press() -> None:
    teacher, code = lead("start", lesson="what-is-missing", step="2")
    phone = look(join(code))
    teacher.session_state["class ask"] = True
    asked = lesson_bar.shipped_lessons()["what-is-missing"].steps[1].question
    click(look(teacher), "class ask lesson")
    assert f"**Question**: {only_emphasis(asked)}" in text_of(look(phone))


def test_without_a_lesson_there_is_none_to_send() -> None:
    teacher, _ = lead()
    teacher.session_state["class ask"] = True
    assert "class ask lesson" not in buttons(look(teacher)) and teacher.text_input(key="class ask own").label


def test_an_answer_is_changed_until_the_question_is_closed_and_gone_when_it_is_deleted() -> None:
    teacher, code = lead()
    phone = join(code)
    ask(teacher, "Which digit?")
    answer(answer(phone, "a 7"), "a 9")
    assert ": a 9" in text_of(phone) and "a 7" not in text_of(phone)
    assert "a 9" in html(look(teacher)) and "**1 of 1** answered" in text_of(teacher) and "a 7" not in html(teacher)
    click(teacher, "class close")
    look(phone)
    assert "The question is closed" in text_of(phone) and not [one for one in phone.text_input if "answer" in one.label]
    assert "The question is closed" in text_of(look(teacher)) and "class close" not in buttons(teacher)
    click(teacher, "class question delete")
    assert "**Question**" not in text_of(look(teacher)) + text_of(look(phone))


def test_an_answer_that_comes_too_late_or_a_nickname_that_is_none_costs_a_sentence() -> None:
    teacher, code = lead()
    phone = join(code)
    ask(teacher, "Which digit?")
    assert "A nickname has 2 to 20 characters" in text_of(answer(phone, "a 7", "A"))
    assert "no answer yet" in text_of(answer(phone, " "))
    look(phone)
    rooms.board().questions.close(code, TEACHER)
    assert "This question is closed" in text_of(answer_as_shown(phone, "a 7"))
    assert not rooms.board().questions.answers(code, TEACHER)


def answer_as_shown(phone: AppTest, words: str) -> AppTest:
    """Answer on the page as it was drawn last."""
    next(one for one in phone.text_input if one.label == "Your answer").set_value(words)
    return send(phone)


def test_the_digit_in_the_frame_is_sent_without_what_is_erased() -> None:
    teacher, code = lead(**DIGIT)
    phone = join(code)
    ask(teacher, "What do you read?")
    click_label(look(phone), "Send my digit")
    assert "You answered as" in text_of(phone) and ": your digit" in text_of(phone)
    (sent,) = rooms.board().questions.answers(code, TEACHER)
    pixels = np.frombuffer(sent.digit, np.uint8).reshape(28, 28)
    assert not pixels[:14].any() and pixels[14:].max() > 200
    assert asking.draw_digit(sent.digit) in html(look(teacher))


def test_a_page_without_a_digit_offers_none_to_send() -> None:
    teacher, code = lead("glossary")
    phone = join(code)
    ask(teacher, "Which digit?")
    assert "Send my digit" not in [one.label for one in look(phone).button]


def test_a_frozen_phone_and_one_on_its_own_can_answer() -> None:
    teacher, code = lead()
    phone, other = join(code), click(join(code), "class own")
    go_to(other, "why")
    ask(teacher, "Which digit?")
    answer(other, "an 8")
    assert page_of(other) == "why"
    click(teacher, "class freeze")
    answer(look(phone), "a 7")
    assert {one.words for one in rooms.board().questions.answers(code, TEACHER)} == {"a 7", "an 8"}


def test_names_and_answers_that_were_hidden_stay_hidden_at_the_next_question_and_after_a_reload() -> None:
    teacher, code = lead()
    phone = join(code)
    ask(teacher, "Which digit?")
    answer(phone, "a 7", "Ada")
    assert "Ada" in html(click(look(teacher), "class names"))
    ask(teacher, "And now?")
    answer(phone, "a 9")
    shown = html(look(teacher))
    assert "a 9" in shown and "Ada" not in shown
    again = look(open_page("start", state={"visitor": TEACHER}, lead=code))
    assert "And now?" in text_of(again) and "ns-answers" not in html(again)
    assert "a 9" in html(click(again, "class answers"))


def test_a_reload_of_the_same_visitor_finds_and_changes_the_answer() -> None:
    teacher, code = lead()
    ask(teacher, "Which digit?")
    phone = answer(join(code), "a 7")
    visitor = phone.session_state["visitor"]
    assert any(visitor != number for number, _ in gate._offers.values()), "the browser is offered a cookie"
    again = open_page("start", state={"visitor": visitor}, follow=code)
    assert ": a 7" in text_of(look(again))
    answer(again, "a 9")
    assert [one.words for one in rooms.board().questions.answers(code, TEACHER)] == ["a 9"]


def test_who_has_answered_can_delete_it_with_their_data() -> None:
    teacher, code = lead()
    ask(teacher, "Which digit?")
    phone = answer(join(code), "a 7")
    go_to(phone, "train")
    press(phone, "privacy delete")
    assert not rooms.board().questions.answers(code, TEACHER)
    assert "You answered as" not in text_of(look(phone))
    assert rooms.board().led.read(code) is not None


def test_nothing_but_emphasis_of_a_question_or_an_answer_is_markdown() -> None:
    text = "*You* ![x](http://x.org/a.png) <img src=x> $x$ :red[x] www.x.org [a](b) `c` _d_ a@b.org"
    shown = only_emphasis(text)
    assert shown.startswith("*You* \\!\\[x\\](http\\://x\\.org/a\\.png) \\<img src=x\\>")
    drawn = asking.draw_answers([ClassAnswer("<script>", name="<b>")], named=True)
    assert "<script>" not in drawn and "<b>" not in drawn
