"""The page "Transfer" for tests: a view of it, and pictures to upload there."""

import io
import zipfile

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.pages import open_page, rerun


def open_view(view: str) -> AppTest:
    return open_page("transfer", view=view)


def choose_source(app: AppTest, source: str) -> AppTest:
    """Choose where the pictures come from."""
    app.segmented_control(key="transfer source").set_value(source)
    return rerun(app)


def upload(app: AppTest, number: int, *files: tuple[str, bytes]) -> AppTest:
    """Upload files, each a name and its content, as pictures of the first (0) or second (1) class."""
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


def zipped(*files: tuple[str, bytes]) -> bytes:
    """Return a ZIP of files, each a name and its content."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()
