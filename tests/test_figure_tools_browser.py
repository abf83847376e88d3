"""The buttons of figures in the browser: every kind of figure is saved as it looks, and fills the screen."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser import complaints_of, settle

pytestmark = pytest.mark.browser
PATIENCE = 60_000  # milliseconds
SAVE, ENLARGE = "Save the picture (PNG)", "Full screen"
FIGURES = {  # a view with each kind of figure, and where the figure stands
    "pictures with captions": ("pmnist?sample=19", ".ns-cuts"),
    "one picture": ("made_digits", ".ns-picture"),
    "tiles": ("feature_maps?sample=19", ".board"),
    "a film": ("maximize", ".player"),
    "curves": ("made_digits?view=Training", "svg[role=img]"),
    "a picture that takes clicks": ("convolution?view=One+number&sample=19", ".stPlotlyChart .main-svg"),
}


def tools_of(page: Page, where: str) -> Locator:
    """Return the buttons of the first figure that stands at the selector, once they are there."""
    figure = page.get_by_test_id("stElementContainer").filter(has=page.locator(where)).last
    expect(figure).to_be_visible(timeout=PATIENCE)
    settle(page)
    figure.hover()
    tools = figure.locator(".ns-figure-tools")
    expect(tools).to_have_css("opacity", "1", timeout=PATIENCE)
    return tools


def saved(page: Page, tools: Locator) -> Image.Image:
    figure, button = tools.locator("..").bounding_box(), tools.get_by_role("button", name=SAVE).bounding_box()
    assert figure and button
    across, down = button["x"] + button["width"] / 2, button["y"] + button["height"] / 2
    page.mouse.move(across, max(down, figure["y"] + 4))  # as a hand does, from the figure to the button
    page.mouse.move(across, down, steps=20)
    with page.expect_download() as download:
        page.mouse.click(across, down)
    assert download.value.suggested_filename == "negative-space.png"
    return Image.open(io.BytesIO(download.value.path().read_bytes()))


@pytest.mark.slow
@pytest.mark.parametrize("kind", FIGURES)
def test_every_kind_of_figure_is_saved_as_it_looks(server: str, page: Page, kind: str) -> None:
    view, where = FIGURES[kind]
    page.goto(f"{server}/{view}")
    page.locator(where).first.wait_for(timeout=PATIENCE)
    tools = tools_of(page, where)
    place = tools.locator("..").bounding_box()
    picture = saved(page, tools)
    assert place and picture.width == pytest.approx(2 * place["width"], abs=4)
    pixels = np.asarray(picture.convert("L"))
    assert pixels.std() > 10  # it is not empty
    if kind in ("tiles", "a picture that takes clicks"):  # what is in the corner can be clicked too
        own = tools.bounding_box()
        assert own and own["y"] + own["height"] <= place["y"] + 1
    assert not complaints_of(page)


@pytest.mark.slow
def test_a_figure_fills_the_screen_and_comes_back(server: str, page: Page) -> None:
    page.goto(f"{server}/pmnist?sample=19")
    page.locator(".ns-cuts").wait_for(timeout=PATIENCE)
    tools = tools_of(page, ".ns-cuts")
    tools.get_by_role("button", name=ENLARGE).click()
    page.wait_for_function("document.fullscreenElement?.querySelector('.ns-cuts') != null", timeout=PATIENCE)
    tools.get_by_role("button", name=ENLARGE).click()
    page.wait_for_function("document.fullscreenElement === null", timeout=PATIENCE)


@pytest.mark.slow
def test_a_chart_keeps_the_buttons_of_plotly_alone(server: str, page: Page) -> None:
    page.goto(f"{server}/results")
    page.locator(".stPlotlyChart .modebar-btn").first.wait_for(state="attached", timeout=PATIENCE)
    settle(page)
    page.wait_for_timeout(500)
    expect(page.locator(".ns-figure-tools")).to_have_count(0)
