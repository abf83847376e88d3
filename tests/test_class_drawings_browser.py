"""A class collects drawings, over the real websocket and in Chromium: phones draw and give, the teacher sees it."""

import asyncio
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

import dashboard
from core.classroom.led_rooms import Place
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import database_url
from core.digits.idx import read_idx
from tests.browser import SEVEN, complaints_of, drag_finger, drawing_canvas, settle
from tests.follower import Follower
from tests.visitor import Line, draw_lines, run

PATIENCE = 120_000  # milliseconds
PHONES = 3
GIVE, MEANT = "Give a drawing to the class", "The digit that it is meant to be"
TEACHER = uuid4().hex  # the id of a visitor


class Giver(Follower):
    """A phone that draws and uses the controls of the page, each by its label."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._controls = dict[str, tuple[str, str]]()  # a control's id and fragment

    async def draw_line(self, line: Line) -> None:
        (stroke,) = draw_lines([line])
        await self.draw(stroke, limit=60.0)

    async def use(self, label: str, **value: Any) -> None:
        """Give a control this value, once it is there; a button only for this run."""
        async with asyncio.timeout(60):
            while label not in self._controls:
                await asyncio.sleep(0.05)
        control, fragment = self._controls[label]
        self._widgets[control] = WidgetState(id=control, **value)
        await self._rerun(page_script_hash=self._page, fragment_id=fragment)
        if "trigger_value" in value:
            del self._widgets[control]

    def _take(self, message: ForwardMsg) -> None:
        super()._take(message)
        delta = message.delta
        for one in (delta.new_element.button, delta.new_element.button_group, delta.add_block.popover):
            if one.label and one.id and not getattr(one, "disabled", False):
                self._controls[one.label] = one.id, delta.fragment_id


@pytest.fixture
def collecting() -> Iterator[str]:
    """The code of a class that collects drawings, in the database of the server that all tests share."""
    with closing(RoomBoard(database_url())) as board:
        code = board.open_led_room(Place("compare"), opener=TEACHER)
        board.drawings.start(code, range(10), TEACHER)
        yield code
        board.remove_all(TEACHER)


@pytest.mark.slow
def test_phones_draw_and_give_over_the_websocket_and_each_drawing_counts_once(server: str, collecting: str) -> None:
    async def give() -> int:
        phones = [Giver(server) for _ in range(PHONES)]
        for number, phone in enumerate(phones):
            await phone.open(f"/?follow={collecting}")
            await phone.wait_for(dashboard.PAGES["compare"].title)
            await phone.draw_line([(80 + 30 * number, 50), (80 + 30 * number, 230)])
            await phone.use(GIVE, bool_value=True)
            await phone.use(MEANT, string_array_value=StringArray(data=["1"]))
        pressed = [phone.use("Give this drawing to the class", trigger_value=True) for phone in phones]
        await asyncio.gather(*pressed)
        with closing(RoomBoard(database_url())) as board:
            async with asyncio.timeout(60):
                while len(board.drawings.list_all(collecting, TEACHER)) < PHONES:
                    await asyncio.sleep(0.1)
            assert {one.label for one in board.drawings.list_all(collecting, TEACHER)} == {1}
        await asyncio.gather(*(phone.close() for phone in phones))
        return sum(phone.errors for phone in phones)

    assert run(give()) == 0


def download(page: Page, label: str) -> bytes:
    with page.expect_download(timeout=PATIENCE) as begun:
        page.get_by_role("button", name=label).click()
    return Path(begun.value.path()).read_bytes()


@pytest.mark.browser
@pytest.mark.slow
def test_a_phone_gives_a_drawing_and_the_teacher_hides_downloads_and_loses_it(
    server: str, page: Page, phone: Page, tmp_path: Path
) -> None:
    page.goto(f"{server}/class_drawings")
    page.get_by_role("button", name="Lead a class").click(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"\?lead=[A-Z]{4}$"), timeout=PATIENCE)
    code = page.url[-4:]
    phone.goto(f"{server}/?follow={code}")
    expect(phone.get_by_text("You follow the class")).to_be_visible(timeout=PATIENCE)
    expect(drawing_canvas(phone)).to_be_visible(timeout=PATIENCE)
    menu = phone.get_by_role("button", name=GIVE)
    expect(menu).to_have_count(0)
    page.get_by_role("button", name="Collect drawings").click()
    page.get_by_role("button", name="Start collecting").click()
    expect(page.get_by_text("Phones may give drawings of any digit")).to_be_visible(timeout=PATIENCE)
    expect(menu).to_be_visible(timeout=PATIENCE)
    settle(phone)
    drag_finger(phone, drawing_canvas(phone), SEVEN)
    expect(phone.locator(".ns-digit")).to_contain_text("drawn", timeout=PATIENCE)
    settle(phone)
    menu.click()  # of a tap half a second after a stroke Chromium sometimes makes no click, though nothing has moved
    expect(phone.get_by_text("with no name")).to_be_visible(timeout=PATIENCE)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("radio", name="7", exact=True).tap()
    phone.get_by_role("button", name="Give this drawing to the class").tap()
    expect(phone.get_by_text("The class has your 7")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("The class has 1 drawing.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile(r"[01] of 1; 95\s% interval")).first).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    page.get_by_label("7, tiles: 1").click(position={"x": 10, "y": 10})
    page.get_by_role("button", name="Hide this drawing").click(timeout=PATIENCE)
    expect(page.get_by_text("The class has no drawings yet.")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="1 drawing is hidden").click()
    page.get_by_role("button", name="Show again").click()
    expect(page.get_by_text("The class has 1 drawing.")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Download", exact=True).click()
    with np.load(io.BytesIO(download(page, "NumPy"))) as arrays:
        pixels = arrays["x_test"]
        assert pixels.shape == (1, 28, 28) and pixels.max() > 200 and arrays["y_test"].tolist() == [7]
    with zipfile.ZipFile(io.BytesIO(download(page, "MNIST's format"))) as archive:
        archive.extractall(tmp_path)
    assert np.array_equal(read_idx(tmp_path / "MNIST/raw/t10k-images-idx3-ubyte"), pixels)
    phone.get_by_role("button", name="Take back").tap()
    expect(page.get_by_text("The class has no drawings yet.")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="End the class").click()
    expect(phone.get_by_text("The class has ended")).to_be_visible(timeout=PATIENCE)
    assert not complaints_of(page) and not complaints_of(phone)
