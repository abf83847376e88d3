"""A network of one's own in a real browser: the ONNX file is chosen, loaded, and reads a digit on the page Compare."""

import pytest
from playwright.sync_api import Browser, Page, expect

from core.onnx.export import to_onnx
from core.zoo import checkpoints
from dashboard.server.visitors import COOKIE
from tests.browser import LAPTOP, ROWS, complaints_of, open_tab, settle

pytestmark = pytest.mark.browser
PATIENCE = 60_000  # milliseconds


def wait_for_cookie(page: Page) -> None:
    """Wait until the browser keeps the visitor's number: another page would not know the network before."""
    for _ in range(600):
        if any(one["name"] == COOKIE for one in page.context.cookies()):
            return
        page.wait_for_timeout(100)


@pytest.mark.slow
def test_an_onnx_file_is_uploaded_and_its_answer_stands_on_compare(own_server: str, chromium: Browser) -> None:
    content = to_onnx(checkpoints.load_classifier("standard"))
    with open_tab(chromium, **LAPTOP) as page:
        page.goto(f"{own_server}/train?view=Runs")
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
            [{"name": "my net.onnx", "mimeType": "application/octet-stream", "buffer": content}], timeout=PATIENCE
        )
        expect(page.get_by_text("my net is loaded. It gets pixels")).to_be_visible(timeout=PATIENCE)
        wait_for_cookie(page)
        page.goto(f"{own_server}/compare?sample=3")
        expect(page.locator(ROWS).first).to_be_visible(timeout=PATIENCE)
        settle(page)
        page.get_by_role("button", name="More networks").click()
        page.get_by_text("my net", exact=True).last.click(timeout=PATIENCE)
        expect(page.locator(ROWS, has_text="my net")).to_be_visible(timeout=PATIENCE)
        assert not complaints_of(page)
