"""Two replicas behind nginx as in docs/deploy.md: each visitor stays with one, and one may die under load."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress

import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from core.classroom.room_board import RoomBoard
from core.classroom.room_database import DATABASE_VARIABLE, database_url
from core.digits import datasets
from core.jobs import run_folders
from core.jobs.run_folders import Job
from tests.browser import LAPTOP, open_tab, press_until
from tests.drawn_pictures import STROKES, drawn, saved
from tests.job_runs import own_runs, until, without_mnist
from tests.postgres import find_tools, own_postgres
from tests.replicas import COOKIE, Replicas, own_replicas
from tests.visitor import Stroke, Visitor, draw_lines, run

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE = 60_000  # milliseconds
LARGE = 4_900_000  # bytes: almost all that server.maxUploadSize lets in
LETTER = re.compile(f"{COOKIE}=([ab]);")


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    """Two replicas with the offline digits, one runs folder, and PostgreSQL for the rooms where it is installed."""
    folder = tmp_path_factory.mktemp("replicas")
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        stack.enter_context(own_runs(folder, patch))
        if find_tools():
            patch.setenv(DATABASE_VARIABLE, stack.enter_context(own_postgres()).url)
        yield stack.enter_context(own_replicas(**without_mnist(folder), OMP_NUM_THREADS="1"))


def stream(replicas: Replicas) -> str:
    return f"{replicas.address.replace('http', 'ws', 1)}/_stcore/stream"


def upload(page: Page, picture: bytes) -> None:
    """Let the networks read a file."""
    page.get_by_role("radio", name="Upload", exact=True).click()
    file = {"name": "seven.png", "mimeType": "image/png", "buffer": picture}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator(".ns-row[data-answer='7']")).to_have_count(3, timeout=PATIENCE)


def answer_next(page: Page, number: int) -> None:
    """Answer a question of the quiz with the keyboard, and go on to the next one."""
    expect(page.get_by_text(f"Digit {number} of 20: what was it?")).to_be_visible(timeout=PATIENCE)
    press_until(page, "3", page.get_by_role("button", name="Next digit"))


def start_training(page: Page) -> Job:
    """Start one that lasts, in another tab of the same browser, and return it once it has learned something."""
    tab = page.context.new_page()
    tab.goto(page.url.partition("/quiz")[0] + "/train")
    tab.locator("summary", has_text="Optimiser").click(timeout=PATIENCE)
    tab.get_by_label("Epochs").fill("1000")
    tab.get_by_role("button", name="Train", exact=True).click()
    expect(tab.get_by_role("button", name="Stop and save")).to_be_visible(timeout=PATIENCE)
    (job,) = run_folders.list_jobs()
    until(lambda: run_folders.read_steps(job.id))
    tab.close()
    return job


def letter_of(page: Page) -> str:
    """Return the replica that the browser's sessions live in."""
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == COOKIE)


async def draw_meanwhile(replicas: Replicas, doomed: str) -> tuple[int, int, int]:
    """Kill that replica while four visitors draw; return how many lost it, how many did not, and all errors seen."""
    visitors = [Visitor(replicas.address) for _ in range(4)]
    for visitor in visitors:
        await visitor.open("/compare")
    strokes = draw_lines(STROKES[4])
    drawing = [asyncio.create_task(_draw(visitor, strokes)) for visitor in visitors]
    await asyncio.sleep(0.2)
    replicas.kill(doomed)
    kept = sum(await asyncio.gather(*drawing))
    return len(visitors) - kept, kept, sum(visitor.errors for visitor in visitors)


async def _draw(visitor: Visitor, strokes: list[Stroke]) -> bool:
    """Draw everything; if the connection is lost, say so, and begin again as a browser does."""
    try:
        for stroke in strokes:
            await visitor.draw(stroke, limit=PATIENCE / 1000)
        await visitor.close()
        return True
    except ConnectionClosed:
        with suppress(ConnectionClosed):
            await visitor.close()
        again = Visitor(visitor.address)
        await again.open("/compare")
        await again.draw(strokes[0], limit=PATIENCE / 1000)
        await again.close()
        return False


def test_new_visitors_are_shared_out_and_who_comes_back_finds_the_same_replica(replicas: Replicas) -> None:
    found = []
    with ExitStack() as stack:
        for _ in range(4):
            tab = stack.enter_context(connect(stream(replicas), subprotocols=["streamlit"]))
            found += LETTER.findall(tab.response.headers["Set-Cookie"])
    assert sorted(found) == ["a", "a", "b", "b"]
    for letter in "abbaab":
        cookie = {"Cookie": f"{COOKIE}={letter}"}
        with connect(stream(replicas), subprotocols=["streamlit"], additional_headers=cookie) as tab:
            assert LETTER.findall(tab.response.headers["Set-Cookie"]) == [letter]


def test_an_upload_of_the_largest_size_reaches_the_session_that_waits_for_it(
    replicas: Replicas, chromium: Browser
) -> None:
    picture = saved(drawn(7))
    for _ in "ab":
        with open_tab(chromium, **LAPTOP) as page:
            page.goto(f"{replicas.address}/compare")
            upload(page, picture + bytes(LARGE - len(picture)))


def test_a_replica_killed_under_load_costs_its_own_visitors_one_connection_and_nothing_stored(
    replicas: Replicas, chromium: Browser
) -> None:
    with closing(RoomBoard(database_url())) as board, open_tab(chromium, **LAPTOP) as page:
        room = board.open_room(datasets.OFFLINE, told=True, opener="a" * 32).code
        page.goto(f"{replicas.address}/quiz?room={room}")
        answer_next(page, 1)
        training = start_training(page)
        doomed = letter_of(page)
        opened: list[str] = []
        page.on("websocket", lambda socket: opened.append(socket.url))
        lost, kept, errors = run(draw_meanwhile(replicas, doomed))
        assert lost and kept and not errors
        until(lambda: page.wait_for_timeout(100) or letter_of(page) != doomed)
        assert len(opened) == 1, "the page connected again once"
        answer_next(page, 2)  # the page goes on with the round, as the same player
        players, answers = board.tallies(room)
        assert players == 1 and sum(answer.people for answer in answers) == 2
        assert run_folders.read_status(training).active
        before = len(run_folders.read_steps(training.id))
        until(lambda: len(run_folders.read_steps(training.id)) > before)
        page.goto(f"{replicas.address}/train")
        page.get_by_role("radio", name="Watch", exact=True).click()
        expect(page.get_by_role("button", name="Stop and save")).to_be_visible(timeout=PATIENCE)
        page.goto(f"{replicas.address}/compare")
        upload(page, saved(drawn(7)))
