"""A class that a teacher leads, over the real websocket and in Chromium."""

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
from dashboard.server import gate, visitors
from tests.browser import complaints_of
from tests.follower import Follower
from tests.visitor import Visitor, run

PATIENCE = 60_000  # milliseconds
PHONES = 4


@pytest.fixture
def teacher() -> str:
    """The number in a new teacher's cookie."""
    return uuid4().hex


@pytest.fixture
def code(teacher: str) -> Iterator[str]:
    """The class that this teacher leads, in the database of the server that all tests share."""
    with closing(RoomBoard(database_url())) as board:
        yield board.open_led_room(Place("start"), opener=visitors.to_id(teacher))
        board.remove_all(visitors.to_id(teacher))


def title(page: str) -> str:
    return dashboard.PAGES[page].title


@pytest.mark.slow
def test_phones_follow_over_the_websocket_leave_and_are_brought_back(server: str, teacher: str, code: str) -> None:
    async def follow() -> int:
        leader, phones = Visitor(server), [Follower(server) for _ in range(PHONES)]
        leader.cookie = f"{gate.COOKIE}={teacher}"
        await leader.open(f"/glossary?lead={code}")
        for phone in phones:
            await phone.open(f"/?follow={code}")
        await asyncio.gather(*(phone.wait_for(title("glossary")) for phone in phones))
        await leader.go_to("results")
        await asyncio.gather(*(phone.wait_for(title("results")) for phone in phones))
        *others, alone = phones
        await alone.go_to("glossary")
        await alone.wait_until_said("you look around on your own")
        await leader.go_to("lessons")
        await asyncio.gather(*(phone.wait_for(title("lessons")) for phone in others))
        assert alone.title == title("glossary")
        with closing(RoomBoard(database_url())) as board:
            board.led.freeze(code, True, visitors.to_id(teacher))
        await alone.wait_for(title("lessons"))
        await alone.wait_until_said("controls wait")
        await asyncio.gather(*(tab.close() for tab in (leader, *phones)))
        return sum(tab.errors for tab in (leader, *phones))

    assert run(follow()) == 0


@pytest.mark.browser
@pytest.mark.slow
def test_a_phone_follows_is_frozen_looks_around_and_comes_back(server: str, page: Page, phone: Page) -> None:
    page.goto(f"{server}/lessons")
    page.get_by_role("button", name="Lead a class").click(timeout=PATIENCE)
    expect(page.get_by_text("0 follow you")).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"\?lead=[A-Z]{4}$"), timeout=PATIENCE)
    code = page.url[-4:]
    phone.goto(server)
    phone.get_by_label("or a class").fill(code.lower())
    phone.get_by_role("button", name="Join", exact=True).tap()
    expect(phone.locator("h1")).to_have_text(title("lessons"), timeout=PATIENCE)
    expect(page.get_by_text("1 follows you")).to_be_visible(timeout=PATIENCE)
    page.goto(f"{server}/compare?sample=18&erased=HCUT&lead={code}")
    expect(phone).to_have_url(f"{server}/compare?sample=18&erased=HCUT&follow={code}", timeout=PATIENCE)
    expect(phone.locator(".ns-row")).to_have_count(3, timeout=PATIENCE)
    phone.get_by_role("button", name="Look around on my own").tap()
    expect(phone.get_by_text("you look around on your own")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Freeze").click()
    expect(phone.get_by_text("Its controls wait")).to_be_visible(timeout=PATIENCE)
    expect(phone.locator(".ns-row")).to_have_count(3, timeout=PATIENCE)
    search = phone.get_by_role("button", name="Search")
    search.click()
    search.press("Enter")
    expect(phone.get_by_text("Search pages, views and terms")).to_have_count(0)
    page.get_by_role("button", name="Release").click()
    expect(phone.get_by_text("You follow the class")).to_be_visible(timeout=PATIENCE)
    search.tap()
    expect(phone.get_by_text("Search pages, views and terms")).to_be_visible(timeout=PATIENCE)
    phone.keyboard.press("Escape")
    phone.reload()
    expect(phone.get_by_text("You follow the class")).to_be_visible(timeout=PATIENCE)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name="Look around on my own").tap()
    phone.get_by_role("button", name="Leave", exact=True).tap()
    expect(phone.locator(".st-key-class-bar")).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_text("0 follow you")).to_be_visible(timeout=PATIENCE)
    phone.goto(f"{server}/?follow={code}")
    expect(phone.get_by_text("You follow the class")).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.get_by_text(f"You lead the class {code}")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="End the class").click()
    expect(phone.get_by_text("The class has ended")).to_be_visible(timeout=PATIENCE)
    assert not complaints_of(page) and not complaints_of(phone)
