"""Questions to a class and answers of a lesson, over the real websocket and in Chromium."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

import dashboard
from core.classroom.led_rooms import Place
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import database_url
from dashboard.server import visitors
from dashboard.server.session import LessonPosition
from dashboard.shell import lesson_bar
from tests.browser import complaints_of
from tests.follower import Follower
from tests.visitor import run

PATIENCE = 60_000  # milliseconds
PHONES = 4
LESSON = "what-is-missing"


@pytest.fixture
def teacher() -> str:
    """A new teacher's id."""
    return visitors.to_id(uuid4().hex)


@pytest.fixture
def board() -> Iterator[RoomBoard]:
    """The database of the server that all tests share."""
    with closing(RoomBoard(database_url())) as opened:
        yield opened


@pytest.fixture
def code(board: RoomBoard, teacher: str) -> Iterator[str]:
    """The class that this teacher leads."""
    yield board.open_led_room(Place("glossary"), opener=teacher)
    board.remove_all(teacher)


async def follow(server: str, code: str, many: int) -> list[Follower]:
    phones = [Follower(server) for _ in range(many)]
    for phone in phones:
        await phone.open(f"/?follow={code}")
    await asyncio.gather(*(phone.wait_for(dashboard.PAGES["glossary"].title) for phone in phones))
    return phones


@pytest.mark.slow
def test_every_phone_answers_over_the_websocket_and_reads_no_other_s_answer(
    server: str, board: RoomBoard, teacher: str, code: str
) -> None:
    async def visit() -> None:
        phones = await follow(server, code, PHONES)
        board.questions.ask(code, "Which digit is it?", teacher)
        await asyncio.gather(*(phone.wait_until_read("**Question**: Which digit is it?") for phone in phones))
        for number, phone in enumerate(phones):
            phone.watched = f"words {(number + 1) % PHONES} end"
            await phone.answer(f"words {number} end")
        await asyncio.gather(*(phone.wait_until_read("You answered as") for phone in phones))
        board.questions.close(code, teacher)
        await asyncio.gather(*(phone.wait_until_read("The question is closed") for phone in phones))
        await asyncio.gather(*(phone.close() for phone in phones))
        assert not any(phone.seen or phone.errors for phone in phones)

    run(visit())
    given = {one.words for one in board.questions.answers(code, teacher)}
    assert given == {f"words {number} end" for number in range(PHONES)}


@pytest.mark.slow
def test_the_answer_of_a_lesson_s_step_is_not_sent_before_the_teacher_releases_it(
    server: str, board: RoomBoard, teacher: str, code: str
) -> None:
    position = LessonPosition(lesson_bar.shipped_lessons()[LESSON], 1, LESSON)
    step = position.lesson.steps[1]
    words = step.answer.split(".")[0]

    async def visit() -> None:
        (phone,) = await follow(server, code, 1)
        phone.watched = words
        board.led.move(code, Place(step.page, lesson_bar.to_params(position)), teacher)
        await phone.wait_until_read("Your teacher shows the answer later")
        await phone.wait_for(dashboard.PAGES[step.page].title)
        assert not phone.seen
        board.led.release(code, LESSON, 1, teacher)
        await phone.wait_until_read(words)
        await phone.close()
        assert phone.seen and not phone.errors

    run(visit())


@pytest.mark.browser
@pytest.mark.slow
def test_a_phone_types_an_answer_sends_a_digit_also_when_frozen_and_the_teacher_reads_it(
    server: str, page: Page, phone: Page
) -> None:
    page.goto(f"{server}/compare?sample=18")
    page.get_by_role("button", name="Share").click(timeout=PATIENCE)
    page.get_by_role("button", name="Lead a class").click(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"lead=[A-Z]{4}$"), timeout=PATIENCE)
    code = page.url[-4:]
    phone.goto(f"{server}/?follow={code}")
    expect(phone.get_by_text("You follow the class")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_label("Your own question").fill("Which digit is it?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("0 of 1 answered")).to_be_visible(timeout=PATIENCE)
    field = phone.get_by_label("Your answer")
    expect(phone.get_by_text("Which digit is it?")).to_be_visible(timeout=PATIENCE)
    for part in ("I read", " an <b>8", "</b>"):  # the bar is drawn again meanwhile
        field.press_sequentially(part)
        phone.wait_for_timeout(1500)
    expect(field).to_have_value("I read an <b>8</b>")
    phone.get_by_role("button", name="Send", exact=True).tap()
    expect(phone.get_by_text("You answered as")).to_be_visible(timeout=PATIENCE)
    answers = page.locator(".ns-answers")
    expect(answers).to_have_text("I read an <b>8</b>", timeout=PATIENCE)
    page.get_by_role("button", name="Show the names").click()
    expect(answers.locator("figcaption")).to_have_count(1, timeout=PATIENCE)
    page.get_by_role("button", name="Freeze").click()
    expect(phone.get_by_text("Its controls wait")).to_be_visible(timeout=PATIENCE)
    phone.get_by_role("button", name="Send my digit").focus()
    phone.keyboard.press("p")  # the projector's key
    phone.keyboard.press("Shift+Tab")
    expect(phone.get_by_role("button", name="Change", exact=True)).to_be_focused()
    phone.get_by_role("button", name="Send my digit").tap()
    expect(answers.get_by_alt_text("A digit")).to_be_visible(timeout=PATIENCE)
    assert "projector" not in phone.url
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Close the question").click()
    expect(phone.get_by_text("The question is closed")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="End the class").click()
    expect(phone.get_by_text("The class has ended")).to_be_visible(timeout=PATIENCE)
    assert not complaints_of(page) and not complaints_of(phone)
