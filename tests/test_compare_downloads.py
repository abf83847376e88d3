"""The downloads of the main page: the digit as a picture, the readings as a table."""

import io

import numpy as np
import pandas as pd
from PIL import Image

from core.visualization import arrays
from core.visualization.readings import Reading
from dashboard.compare.downloads import to_csv

CLASSES = tuple("0123456789")


def test_the_table_holds_every_network_and_every_probability() -> None:
    probabilities = np.linspace(0, 0.2, 10, dtype=np.float32)
    titles = ("Standard", "Missing, alternating")
    readings = [Reading(title, "#123456", probabilities, probabilities) for title in titles]
    table = pd.read_csv(io.BytesIO(to_csv(readings, CLASSES)), index_col="network")
    assert list(table.index) == ["Standard", "Missing, alternating"] and list(table.columns) == list(CLASSES)
    assert np.allclose(table.to_numpy(), probabilities, atol=1e-6)


def test_a_title_is_no_formula_to_a_spreadsheet() -> None:
    numbers = np.zeros(10, dtype=np.float32)
    titles = ('=HYPERLINK("http://x")', "+1", "-1", "@x", "mine")
    table = to_csv([Reading(title, "#123456", numbers, numbers) for title in titles], CLASSES).decode()
    cells = [line.lstrip('"')[0] for line in table.splitlines()[1:]]
    assert cells == ["'"] * 4 + ["m"]


def test_the_downloaded_digit_is_28x28_and_opens_as_the_same_digit() -> None:
    digit = np.random.default_rng(0).integers(0, 256, (28, 28)) / 255
    picture = Image.open(io.BytesIO(arrays.to_png(arrays.to_gray(digit))))
    assert picture.size == (28, 28) and np.array_equal(np.asarray(picture), np.rint(digit * 255))
