"""axe-core finds nothing serious or critical on any view, in light and in dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

import dashboard
from dashboard.shell.search import find_views
from tests.browser import LAPTOP, open_tab, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE = 90_000  # milliseconds
SERIOUS = ("serious", "critical")


def faults(tab: Page, view: str) -> list[str]:
    """Return what axe-core finds on the view that the tab shows: the rule and the HTML of the first place."""
    found = Axe().run(tab).response["violations"]
    return [f"{view}: {fault['id']}: {fault['nodes'][0]['html']}" for fault in found if fault["impact"] in SERIOUS]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", dashboard.PAGES)
def test_axe_finds_nothing_serious_on_any_view(server: str, chromium: Browser, page: str, theme: str) -> None:
    found: list[str] = []
    with open_tab(chromium, **LAPTOP, color_scheme=theme) as tab:
        for view in find_views(page):
            tab.goto(f"{server}/{page}?sample=19&view={view}")
            tab.get_by_role("heading", level=1).wait_for(timeout=PATIENCE)
            settle(tab)
            found += faults(tab, view)
    assert not found
