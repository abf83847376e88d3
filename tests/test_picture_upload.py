"""Pictures as people upload them, in a browser: large, dropped, pasted, refused, and in a frame of another site."""

import base64
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Frame, Page, Route, expect

from tests import ROOT
from tests.browser import complaints_of, open_tab, settle
from tests.drawn_pictures import drawn, saved, transparent, turned

BOARD = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import numpy as np
import streamlit as st
from core.digits.photographs.finding import to_digit
from core.digits.pictures import PictureError, read_picture
from dashboard.widgets.picture_upload import upload_picture, upload_pictures
from tests.drawn_pictures import drawn, mnist_way
if "many" in st.query_params:
    files = upload_pictures("Pictures", key="files 0/0", on_change=lambda: None, args=())
    st.text(", ".join(f"{{file.name}} of {{file.size // 1000}} kB" for file in files))
    st.stop()
content = upload_picture("A picture", key="test", read=bytes)
if content:
    try:
        picture = read_picture(content)
        difference = np.abs(to_digit(picture) - mnist_way(drawn(2))).mean()
        sides, kilobytes = "x".join(map(str, picture.size)), len(content) // 1000
        st.text(f"{{'a two' if difference < 0.05 else 'another'}}, {{sides}}, {{kilobytes}} kB")
    except PictureError as error:
        st.text(error)
"""
INK = drawn(2)
TWO = saved(Image.fromarray(255 - INK))
GIVE = """([kind, name, type, content]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)), data = new DataTransfer();
    data.items.add(new File([bytes], name, { type }));
    const how = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
    const zone = document.querySelector('[data-testid="stFileUploaderDropzone"]');
    if (kind === "paste") document.body.dispatchEvent(new ClipboardEvent("paste", how));
    else for (const step of ["dragenter", "dragover", "drop"]) zone.dispatchEvent(new DragEvent(step, how));
}"""
pytestmark = pytest.mark.browser


def open_upload(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".intake .hint")).to_be_visible(timeout=60_000)


def choose(page: Page, name: str, content: bytes, kind: str = "image/png") -> None:
    file = {"name": name, "mimeType": kind, "buffer": content}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([file])  # type: ignore[list-item]


def expect_text(page: Page | Frame, text: str) -> None:
    expect(page.get_by_text(text)).to_be_visible(timeout=30_000)


def large(side: int, ink: np.ndarray) -> Image.Image:
    """Return a photograph, larger than what may be sent: its paper is noisy."""
    paper = np.random.default_rng(0).normal(235, 9, (side, side))
    digit = np.asarray(Image.fromarray(ink).resize((side, side)), np.float32)
    return Image.fromarray((paper - 0.8 * digit).clip(0, 255).astype(np.uint8)).convert("RGB")


@pytest.mark.slow
def test_a_photo_of_twelve_megapixels_is_sent_small_and_upright(board: str, page: Page) -> None:
    open_upload(page, board)
    photo = turned(large(3500, INK).crop((0, 300, 3500, 3400)), 6)
    assert len(photo) > 1_500_000
    choose(page, "IMG_1.JPG", photo, "image/jpeg")
    expect(page.get_by_text("a two, 1000x886")).to_be_visible(timeout=60_000)
    sent = int(page.get_by_text("a two, 1000x886").inner_text().split(", ")[2].removesuffix(" kB"))
    assert sent < 400
    assert not complaints_of(page)


@pytest.mark.slow
def test_a_photo_of_48_megapixels_comes_through_a_slow_line(board: str, page: Page, tmp_path: Path) -> None:
    photo = large(1000, INK).convert("L").resize((6900, 6900), Image.Resampling.NEAREST)
    photo.save(tmp_path / "large.jpg", quality=90)
    assert (tmp_path / "large.jpg").stat().st_size > 5 * 1024**2
    open_upload(page, board)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(tmp_path / "large.jpg")
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 300, "downloadThroughput": 90_000, "uploadThroughput": 60_000},
    )
    expect(page.get_by_text("a two, 1000x1000")).to_be_visible(timeout=120_000)


@pytest.mark.slow
def test_what_is_transparent_stays_so_and_what_is_small_is_sent_as_it_is(board: str, page: Page) -> None:
    open_upload(page, board)
    choose(page, "ink.png", saved(Image.fromarray(transparent(INK, 0)).resize((1500, 1500))))
    expect_text(page, "a two, 1000x1000")
    choose(page, "small.png", TWO)
    expect_text(page, f"a two, 280x280, {len(TWO) // 1000} kB")


def test_a_vector_drawing_is_sent_as_it_is(board: str, page: Page) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9000" height="9000"><rect width="9" height="9000"/></svg>'
    open_upload(page, board)
    choose(page, "line.svg", svg, "image/svg+xml")
    expect_text(page, "another, 1000x1000, 0 kB")


@pytest.mark.parametrize("kind", ["drop", "paste"])
@pytest.mark.slow
def test_a_picture_is_dropped_or_pasted(kind: str, board: str, page: Page) -> None:
    open_upload(page, board)
    page.evaluate(GIVE, [kind, "two.png", "image/png", base64.b64encode(TWO).decode()])
    expect_text(page, "a two, 280x280")
    page.evaluate(GIVE, [kind, "b.png", "image/png", base64.b64encode(saved(Image.new("L", (30, 20), 255))).decode()])
    expect_text(page, "We found no digit in this picture.")
    expect(page.get_by_test_id("stFileChip")).to_have_count(1)


def test_pasting_is_offered_only_once_the_upload_can_take_it(board: str, page: Page) -> None:
    waiting: list[Route] = []
    page.route("**/FileUploader*.js", lambda route: waiting.append(route))
    page.goto(board)
    expect(page.locator(".intake")).to_be_attached(timeout=60_000)
    expect(page.locator(".intake .hint")).to_be_hidden()
    for route in waiting:
        route.continue_()
    expect(page.locator(".intake .hint")).to_be_visible()
    page.evaluate(GIVE, ["paste", "two.png", "image/png", base64.b64encode(TWO).decode()])
    expect_text(page, "a two, 280x280")


@pytest.mark.slow
def test_what_is_refused_says_why_and_does_not_pile_up(board: str, page: Page) -> None:
    open_upload(page, board)
    for name in ("one.bin", "two.bin"):
        choose(page, name, bytes(6_000_000), "application/octet-stream")
        expect_text(page, f"“{name}” has 6 MB; at most 5 MB can be sent.")
        expect(page.get_by_test_id("stFileChip")).to_have_count(0)
    for name in ("a.txt", "b.txt"):
        choose(page, name, b"no picture", "text/plain")
        expect(page.get_by_test_id("stFileChip")).to_contain_text(name)  # fails too where there are two
        expect_text(page, "The file is not a PNG")
        settle(page)  # Streamlit may lose a file that is chosen while it still sends the one before
    choose(page, "two.png", TWO)
    expect_text(page, "a two")
    expect(page.locator(".intake .said")).to_be_hidden()


def test_a_file_that_the_server_refuses_is_no_riddle(board: str, page: Page) -> None:
    open_upload(page, board)
    page.route("**/_stcore/upload_file/**", lambda route: route.fulfill(status=413))
    choose(page, "two.png", TWO)
    expect_text(page, "The server did not take this file.")
    expect(page.get_by_test_id("stFileChip")).to_have_count(0)


@pytest.fixture
def other_site(board: str, tmp_path: Path) -> Iterator[str]:
    """The address of a page of another site that shows ours in a frame."""
    (tmp_path / "index.html").write_text(f'<iframe src="{board}" width="900" height="700"></iframe>')
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.mark.slow
def test_in_a_frame_of_another_site_the_page_leads_to_its_own_tab(
    other_site: str, board: str, chromium: Browser
) -> None:
    with open_tab(chromium) as page:
        page.goto(other_site)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_text("shown inside another site, where uploads do not work")).to_be_visible(timeout=60_000)
        with page.context.expect_page() as opened:
            frame.get_by_role("link", name="Open it in its own tab to upload").click()
        own = opened.value
        expect(own.locator(".intake .hint")).to_be_visible(timeout=60_000)
        expect(own.locator(".intake .apart")).to_be_hidden()
        assert own.url.startswith(board)
        choose(own, "two.png", TWO)
        expect_text(own, "a two")


def test_an_upload_offers_the_camera_and_what_only_the_server_can_decode(board: str, page: Page) -> None:
    open_upload(page, board)
    with page.expect_file_chooser():
        page.get_by_test_id("stFileUploaderDropzone").locator("button").click()
    accept = page.get_by_test_id("stFileUploaderDropzoneInput").get_attribute("accept") or ""
    assert {"image/*", ".heic", ".pdf", ".svg", ".tif"} <= set(accept.split(","))


@pytest.mark.slow
def test_a_browser_that_cannot_resize_a_bitmap_draws_by_halves(board: str, page: Page) -> None:
    page.add_init_script("delete Navigator.prototype.userAgentData")
    open_upload(page, board)
    choose(page, "IMG_1.JPG", turned(large(3500, INK).crop((0, 300, 3500, 3400)), 8), "image/jpeg")
    expect(page.get_by_text("a two, 1000x886")).to_be_visible(timeout=60_000)


@pytest.mark.slow
def test_many_pictures_are_made_smaller_each_and_a_zip_is_sent_as_it_is(board: str, page: Page) -> None:
    open_upload(page, f"{board}?many")
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": saved(large(2500, INK), "JPEG")}
    archive = {"name": "b.zip", "mimeType": "application/zip", "buffer": bytes(7_000_000)}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([photo, archive])  # type: ignore[list-item]
    expect(page.get_by_text("b.zip of 7000 kB")).to_be_visible(timeout=60_000)
    sizes = re.findall(r"a\.jpeg of (\d+) kB", page.get_by_text("b.zip of").inner_text())
    assert len(sizes) == 1 and int(sizes[0]) < 400
