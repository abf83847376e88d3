"""The page "Attack" for tests: a view of it, and a run that is started and ends."""

import time

from streamlit.testing.v1 import AppTest

from tests.pages import open_page, rerun

CLASSES = tuple("0123456789")
SEVEN = "0"  # the first test digit is an easy seven


def open_view(view: str = "One digit", *, keys: dict[str, object] | None = None, **params: str) -> AppTest:
    """Open a view of the page with these values in its widgets; without parameters, over a digit that is easy."""
    app = open_page("attack", **(params or {"sample": SEVEN}), view=view)
    for key, value in (keys or {}).items():  # after the link, which sets everything to its first value
        app.session_state[key] = value
    return rerun(app) if keys else app


def run_to_the_end(app: AppTest, key: str) -> AppTest:
    """Press the start button, wait until the run ends, and run the page again."""
    rerun(app.button(key=f"{key}/start").click())
    end = time.monotonic() + 60
    while not app.session_state[f"{key}/run"].finished:
        assert time.monotonic() < end, "the run does not end"
        time.sleep(0.05)
    assert not app.session_state[f"{key}/run"].problem
    return rerun(app)
