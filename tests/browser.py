"""A real server and a real browser, for the tests and the benchmarks that need them."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from tests import ROOT

RESTS = """() => {
    const app = document.querySelector("[data-testid=stApp]"), now = performance.now();
    if (app?.dataset.testScriptState !== "notRunning") window.restingSince = now;
    return now - window.restingSince > 300;
}"""
START_LIMIT = 90  # seconds; the first import of torch on a busy machine takes most of it
LAPTOP: dict[str, Any] = {"viewport": {"width": 1366, "height": 768}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SEVEN = [(0.25, 0.2), (0.75, 0.2), (0.45, 0.82)]  # a stroke, in shares of a canvas's width and height
ROWS = ".ns-row[data-answer]"  # what one network reads on the main page
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Without a window nobody types an address, but each tab would load two pages of suggestions.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
]


@contextmanager
def serve(script: str | Path = "dashboard/app.py", *, folder: Path = ROOT, **env: str) -> Iterator[str]:
    """Run `script` under Streamlit with `env` added to the environment; yield its address, stop it afterwards."""
    with tempfile.TemporaryFile() as log:
        server, address = start_server(script, log.fileno(), folder=folder, **env)
        try:
            yield address
            if server.poll() is not None:
                raise RuntimeError(f"the server died meanwhile:\n{_said(log.fileno())}")
        finally:
            _stop_group(server)


@contextmanager
def serve_text(script: str) -> Iterator[str]:
    """Run a script that is given as text; else as `serve`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.py"
        path.write_text(script)
        with serve(path) as address:
            yield address


def start_server(
    script: str | Path, log: int, *, folder: Path = ROOT, **env: str
) -> "tuple[subprocess.Popen[bytes], str]":
    """Run `script` under Streamlit, which writes into the file `log`; return it and its address once it answers."""
    port = free_port()
    where = os.environ | {"OMP_NUM_THREADS": "1"} | env
    server = subprocess.Popen(
        server_command(script, port),
        cwd=folder,
        env=where,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        _wait_until_healthy(server, port, log)
    except RuntimeError:
        _stop_group(server)
        raise
    return server, f"http://127.0.0.1:{port}"


def server_command(script: str | Path, port: int) -> list[str]:
    """Return what runs `script` under Streamlit at that port of this machine; "dashboard": as `make run` does.

    The server ends when this process is killed.
    """
    module = ["dashboard"] if script == "dashboard" else ["streamlit", "run", str(script)]
    options = ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true"]
    return [*end_with_parent(), sys.executable, "-m", *module, *options]


def end_with_parent() -> list[str]:
    """Return what to put before a command so that its process ends with ours; nothing where the system has no such."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def find_chromium() -> str | None:
    """Return the path of the system's Chromium or Chrome, None where there is none."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def launch_chromium(playwright: Playwright) -> Browser:
    """Start the system's Chromium without a window; raise FileNotFoundError where there is none."""
    path = find_chromium()
    if path is None:
        raise FileNotFoundError(f"none of {', '.join(CHROMIUM_NAMES)} is installed")
    return playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)


@contextmanager
def open_tab(browser: Browser, *, first_visit: bool = False, **settings: Any) -> Iterator[Page]:
    """Open a tab in a context of its own; `complaints_of` returns what its console says.

    Only a first visit is led around by the tour.
    """
    context = browser.new_context(**settings)
    if not first_visit:
        context.add_init_script("localStorage.setItem('negative-space-tour', 'seen')")
    tab = context.new_page()
    complaints: list[str] = []
    tab.complaints = complaints  # type: ignore[attr-defined]
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield tab
    finally:
        context.close()


def complaints_of(tab: Page) -> list[str]:
    """Return the errors in the console of a tab from `open_tab`."""
    # A deep link requests two of Streamlit's own files in the wrong folder; harmless.
    return [text for text in tab.complaints if "404" not in text]  # type: ignore[attr-defined]


def drawing_canvas(page: Page, index: int = 0) -> Locator:
    """Return the part of the `index`-th canvas on the page, of our own or of the library's, that takes the mouse."""
    return page.locator(".live canvas, canvas.upper-canvas").nth(index)


def open_canvas(page: Page, address: str) -> Locator:
    """Open a page with one canvas, and return it once the page rests."""
    page.goto(address)
    canvas = page.locator(".live canvas")
    expect(canvas).to_be_visible(timeout=60_000)
    settle(page)
    return canvas


def draw_strokes(page: Page, canvas: Locator | int, points: Iterable[tuple[float, float]], *, moves: int = 6) -> None:
    """Drag the mouse through `points`, given as shares (0 to 1) of the canvas's width and height."""
    locator = drawing_canvas(page, canvas) if isinstance(canvas, int) else canvas
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None, "the canvas is not visible"
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=moves)
    page.mouse.up()


def drag_finger(page: Page, locator: Locator, points: Iterable[tuple[float, float]], *, moves: int = 8) -> None:
    """Drag a finger through `points`, given as shares of the locator's size, with a touch screen's events."""
    box = locator.bounding_box()
    assert box is not None, "there is nothing to touch"
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    screen = page.context.new_cdp_session(page)

    def touch(kind: str, *at: tuple[float, float]) -> None:
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in at]})

    touch("touchStart", places[0])
    for (left, top), (right, bottom) in pairwise(places):
        for share in (step / moves for step in range(1, moves + 1)):
            touch("touchMove", (left + share * (right - left), top + share * (bottom - top)))
    touch("touchEnd")
    screen.detach()


def settle(page: Page) -> None:
    """Wait until the page has sent its changes and the script has run: until it has not been running for a while."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=30_000)
    page.evaluate("window.restingSince = performance.now()")
    page.wait_for_function(RESTS, timeout=30_000, polling=20)


def press_until(page: Page, key: str, shown: Locator) -> None:
    """Press a key until `shown` is visible: a button that has just appeared may not react to its key yet."""
    for _ in range(30):
        page.keyboard.press(key)
        with suppress(AssertionError):
            return expect(shown).to_be_visible(timeout=2_000)
    expect(shown).to_be_visible()


def click_until(option: Locator, shown: Locator) -> None:
    """Click an option until `shown` is visible: what is drawn again at that moment loses the click."""
    for _ in range(30):
        option.click()
        with suppress(AssertionError):
            return expect(shown).to_be_visible(timeout=2_000)
    expect(shown).to_be_visible()


def free_port() -> int:
    """Return a port at which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(server: "subprocess.Popen[bytes]", port: int, log: int) -> None:
    end = time.monotonic() + START_LIMIT
    while not is_healthy(port):
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the server did not start (exit status {server.poll()}):\n{_said(log)}")
        time.sleep(0.1)


def is_healthy(port: int) -> bool:
    """Say whether Streamlit, or what stands before it, answers at this port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)  # urllib would go through a proxy
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):  # refused or reset while it starts
        return False
    finally:
        connection.close()


def _said(log: int) -> str:
    return os.pread(log, 20_000, 0).decode(errors="replace")


def _stop_group(server: "subprocess.Popen[bytes]") -> None:
    """End the server and whatever it started: training runs in processes of its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, number)
            server.wait(timeout=5)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    server.wait()
