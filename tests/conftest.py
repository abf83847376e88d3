"""Fixtures for the tests that drive the real dashboard in a real browser; skipped where there is no Chromium."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import find_chromium, launch_chromium, serve

# A shell that runs us in the background has us ignore it, and so would the processes that we start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
torch.set_num_threads(1)  # as the dashboard has it: on shared cores more threads only wait for each other

LAPTOP: dict[str, Any] = {"viewport": {"width": 1366, "height": 768}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of the dashboard, started once for all tests."""
    with serve("dashboard/app.py", NEGATIVE_SPACE_NICE="0") as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    if find_chromium() is None:
        pytest.skip("no Chromium or Chrome is installed: the tests in the browser cannot run")
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An empty tab of a laptop's size, as a new visitor; what its console complains of is in `page.complaints`."""
    with open_page(chromium, **LAPTOP) as tab:
        yield tab


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """An empty tab of a phone's size with touch, as a new visitor; with `complaints` like `page`."""
    with open_page(chromium, **PHONE) as tab:
        yield tab


@contextmanager
def open_page(browser: Browser, **settings: Any) -> Iterator[Page]:
    """Open a tab in a context of its own, so that no test sees another's session."""
    context = browser.new_context(**settings)
    tab = context.new_page()
    complaints: list[str] = []
    tab.complaints = complaints  # type: ignore[attr-defined]
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield tab
    finally:
        context.close()
