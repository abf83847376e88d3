"""The page "Transfer" for tests: a view of it, pictures to upload there, and tasks of pictures."""

import io

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.transfer.tasks import Task, make_task
from tests.pages import open_page, rerun


def open_view(view: str) -> AppTest:
    return open_page("transfer", view=view)


def choose_source(app: AppTest, source: str) -> AppTest:
    """Choose where the pictures come from."""
    app.segmented_control(key="transfer source").set_value(source)
    return rerun(app)


def upload(app: AppTest, number: int, *files: tuple[str, bytes]) -> AppTest:
    """Upload files, each a name and its content, as pictures of a class, counted from 0."""
    app.file_uploader(key=f"transfer files {number}/0").set_value([(*file, "image/png") for file in files])
    return rerun(app)


def photograph(shade: int, stripes: str) -> bytes:
    """Return a striped picture (PNG), another one for every shade."""
    pixels = np.full((40, 40, 3), shade, np.uint8)
    if stripes == "across":
        pixels[::8] = 255 - shade
    else:
        pixels[:, ::8] = 255 - shade
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def pile(count: int, first: int = 0) -> np.ndarray:
    """Return pictures that differ `(count, 8, 8, 3)`."""
    return np.arange(first, first + count, dtype=np.uint8)[:, None, None, None] * np.ones((8, 8, 3), np.uint8)


def task_of(*piles: np.ndarray, seed: int = 0) -> Task:
    """Return a task of these pictures, one pile for each class."""
    names = [[f"{number}.png" for number in range(len(pile))] for pile in piles]
    return make_task(("one", "other", *map(str, range(3, len(piles) + 1)))[: len(piles)], piles, names, seed=seed)
