"""Take the README's pictures of the main page again: `make screenshots`. Whole and erased, light and dark."""

from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser import launch_chromium, serve

FOLDER = Path(__file__).parents[1] / ".readme"
SCENES = {"whole": "compare?sample=18", "erased": "compare?sample=18&erased=HCUT"}


def main() -> None:
    """Save one picture per scene and theme."""
    FOLDER.mkdir(exist_ok=True)
    with serve() as address, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for theme in ("light", "dark"):
            for scene, path in SCENES.items():
                _take(browser, f"{address}/{path}", theme, FOLDER / f"{scene}-{theme}.png")
        browser.close()


def _take(browser: Browser, url: str, theme: str, target: Path) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 768}, color_scheme=theme)  # type: ignore[arg-type]
    page.goto(url)
    page.locator(".ns-row").nth(4).wait_for(timeout=60_000)
    page.wait_for_timeout(1500)  # the canvas paints its ground after the rest
    page.screenshot(path=target)
    page.close()


if __name__ == "__main__":
    main()
