"""The server removes uploaded files to make room: what was read of them stays, and nothing is kept twice."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import complaints_of, serve_text, settle

SCRIPT = """
import streamlit as st
from dashboard.server.streamlit_internals import uploaded_files, script_runs
from dashboard.widgets.file_upload import upload_file
from dashboard.widgets.picture_upload import upload_pictures

def count():
    st.session_state.changes += 1

session = script_runs.get_session_id()
one = upload_file("One", key="one", read=len)
st.session_state.setdefault("changes", 0)
many = upload_pictures("Many", key="many", on_change=count, args=())
kept = sum(len(value) for value in st.session_state.to_dict().values() if isinstance(value, bytes))
st.text(f"one has {one}, {st.session_state.changes} changes, {len(many)} here, {kept} bytes kept")
if st.button("Make room"):
    for name in uploaded_files.list_uploaded_files()[session].files:
        uploaded_files.remove_uploaded_file(session, name)
st.button("Go on")
"""
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serve_text(SCRIPT) as address:
        yield address


def choose(page: Page, number: int, name: str) -> None:
    file = {"name": name, "mimeType": "text/plain", "buffer": bytes(2000)}
    page.get_by_test_id("stFileUploaderDropzoneInput").nth(number).set_input_files([file])  # type: ignore[list-item]


@pytest.mark.slow
def test_what_was_read_stays_when_the_server_removes_the_files(server: str, page: Page) -> None:
    page.goto(server)
    expect(page.get_by_text("one has None")).to_be_visible(timeout=60_000)
    choose(page, 0, "one.txt")
    expect(page.get_by_text("one has 2000, 0 changes, 0 here, 0 bytes kept")).to_be_visible()
    choose(page, 1, "two.zip")
    expect(page.get_by_text("one has 2000, 1 changes, 1 here, 0 bytes kept")).to_be_visible()
    page.get_by_role("button", name="Make room").click()
    settle(page)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("one has 2000, 1 changes, 0 here, 0 bytes kept")).to_be_visible()
    choose(page, 1, "three.zip")
    expect(page.get_by_text("The server had no room for some files")).to_be_visible()
    expect(page.get_by_text("one has 2000, 2 changes, 1 here")).to_be_visible()
    assert not page.get_by_test_id("stException").count() and not complaints_of(page)
