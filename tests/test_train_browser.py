"""Training in a real browser: it runs on when the tab is closed, and the visitor finds it again."""

import pytest
from playwright.sync_api import Browser, Page, expect

from core.jobs import run_folders, trained_networks
from core.jobs.training_job import NETWORK_NAME
from core.zoo.checkpoints import load_card
from dashboard.address.links import OTHERS_NETWORK
from dashboard.server.visitors import COOKIE, to_id
from tests.browser import (
    LAPTOP,
    PHONE,
    ROWS,
    SEVEN,
    complaints_of,
    draw_strokes,
    drawing_canvas,
    open_tab,
    settle,
)
from tests.job_runs import ended

pytestmark = pytest.mark.browser
PATIENCE = 180_000  # milliseconds: beside other tests a process may take a minute to begin


def choose(page: Page, view: str) -> None:
    page.get_by_role("radio", name=view, exact=True).click()
    settle(page)


@pytest.mark.slow
def test_a_training_goes_on_without_its_tab_and_is_found_again(own_server: str, chromium: Browser) -> None:
    with open_tab(chromium, **LAPTOP) as page:
        page.goto(f"{own_server}/train")
        page.locator("summary", has_text="Optimiser").click(timeout=PATIENCE)
        page.get_by_label("Epochs").fill("1000")
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_role("button", name="Stop and save")).to_be_visible(timeout=PATIENCE)
        expect(page.locator("svg[aria-label='Accuracy, %']")).to_be_visible(timeout=PATIENCE)
        expect(page.locator(".player .picture")).to_be_visible(timeout=PATIENCE)
        (job,) = run_folders.list_jobs()
        assert job.settings["config"]["epochs"] == 1000, "what was typed last is what is trained"
        assert not complaints_of(page)
        context = page.context
        page.close()
        assert run_folders.read_status(job).active
        again = context.new_page()
        again.goto(f"{own_server}/train")
        choose(again, "Watch")
        again.get_by_role("button", name="Stop and save").click()
        assert ended(job, 120).state in ("stopped", "done")
        again.get_by_role("button", name="See results").click(timeout=PATIENCE)
        expect(again.get_by_text("of all 400 test digits")).to_be_visible(timeout=PATIENCE)
        choose(again, "Runs")
        with again.expect_download() as download:
            again.get_by_role("button", name="Network and card (ZIP)").click()
        assert download.value.suggested_filename == "fast-training.zip"
    with open_tab(chromium, **PHONE) as stranger:
        stranger.goto(f"{own_server}/train")
        for view in ("Watch", "Result", "Runs", "Set up"):
            choose(stranger, view)
            assert stranger.evaluate("document.documentElement.scrollWidth") <= 390, view
            assert stranger.get_by_text("fast training · ").count() == 0


@pytest.mark.slow
def test_two_visitors_never_see_each_other_s_drawing_networks_or_jobs(own_server: str, chromium: Browser) -> None:
    with open_tab(chromium, **LAPTOP) as ann, open_tab(chromium, **LAPTOP) as bob:
        for page in (ann, bob):
            page.goto(f"{own_server}/compare")
            expect(drawing_canvas(page)).to_be_visible(timeout=PATIENCE)
        draw_strokes(ann, 0, SEVEN)
        expect(ann.locator(ROWS)).to_have_count(3, timeout=PATIENCE)
        ann.goto(f"{own_server}/train")
        ann.locator("summary", has_text="Optimiser").click(timeout=PATIENCE)
        ann.get_by_label("Epochs").fill("1")
        ann.get_by_label("Name of your network").fill("Ann's own")
        ann.get_by_role("button", name="Train", exact=True).click()
        expect(ann.get_by_role("button", name="See results")).to_be_visible(timeout=2 * PATIENCE)
        (job,) = run_folders.list_jobs()
        assert job.title == "Ann's own" and ended(job).state == "done"

        settle(bob)
        assert bob.locator(ROWS).count() == 0, "what the other has drawn"
        bob.goto(f"{own_server}/train")
        for view in ("Watch", "Result", "Compare", "Runs"):
            choose(bob, view)
            assert bob.get_by_text("Ann's own").count() == 0, view
        mine = trained_networks.network_name(job, load_card(NETWORK_NAME, job.folder))
        link = f"{own_server}/compare?sample=3&networks=standard,{mine}"
        ann.goto(link)
        expect(ann.locator(ROWS)).to_have_count(2, timeout=PATIENCE)
        bob.goto(link)
        expect(bob.get_by_text(OTHERS_NETWORK)).to_be_visible(timeout=PATIENCE)
        expect(bob.locator(ROWS)).to_have_count(1, timeout=PATIENCE)
        assert bob.get_by_text("Ann's own").count() == 0
        cookies = [[one for one in tab.context.cookies() if one["name"] == COOKIE] for tab in (ann, bob)]
        numbers = [[to_id(one["value"]) for one in found] for found in cookies]
        assert numbers == [[job.visitor], []], "whoever has no runs is not even numbered"
        assert cookies[0][0]["httpOnly"] and COOKIE not in ann.evaluate("document.cookie")
