"""How long a person waits: from choosing a photograph of twelve megapixels to its digit, in a real browser."""

import io
from collections.abc import Iterator
from statistics import median

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from tests.benchmarks import Measured, mnist
from tests.benchmarks.live_page import ADDRESS, open_dashboard
from tests.browser import settle

PHOTOS = 12
SIZE = (4000, 3000)
LIMIT = 60_000  # milliseconds

# From the choice to the last change of the answers.
WATCH = """() => {
  const answers = () => document.querySelector('.ns-readings')?.innerHTML ?? '';
  const watch = window.photoWatch = {begin: () => Object.assign(watch, {start: null, took: 0, shown: answers()})};
  window.addEventListener('change', () => { watch.start ??= performance.now(); }, true);
  new MutationObserver(() => {
    if (watch.start === null || !answers() || answers() === watch.shown) return;
    Object.assign(watch, {shown: answers(), took: performance.now() - watch.start});
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def photo_to_digit() -> Measured:
    with open_dashboard(ADDRESS) as page:
        page.get_by_text("Upload", exact=True).first.click()
        page.get_by_test_id("stFileUploaderDropzone").wait_for(timeout=LIMIT)
        page.evaluate(WATCH)
        taken = [_choose(page, photo) for photo in _photos()][1:]  # the first one loads the networks
    return Measured(median(taken) / 1000, [one / 1000 for one in taken])


def _photos() -> Iterator[bytes]:
    """Yield photographs of test digits on noisy paper: JPEG files of about 3 MB."""
    random, images = np.random.default_rng(0), mnist.dataset().test.first(PHOTOS + 1).images()
    for digit in images[:, 0].numpy():
        ink = Image.fromarray(digit).resize((SIZE[1], SIZE[1]), Image.Resampling.BICUBIC)
        paper = random.normal(225, 6, SIZE[::-1]).astype(np.float32)
        paper[:, : SIZE[1]] -= 170 * np.asarray(ink).clip(0, 1)
        file = io.BytesIO()
        Image.fromarray(paper.clip(0, 255).astype(np.uint8)).convert("RGB").save(file, "JPEG", quality=90)
        yield file.getvalue()


def _choose(page: Page, photo: bytes) -> float:
    """Choose a photograph, and return the milliseconds until the answers were as they stay."""
    settle(page)
    page.evaluate("photoWatch.begin()")
    chosen = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([chosen])  # type: ignore[list-item]
    page.wait_for_function("photoWatch.took > 0", timeout=LIMIT)
    settle(page)
    return float(page.evaluate("photoWatch.took"))
