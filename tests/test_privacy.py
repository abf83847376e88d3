"""What is kept of a visitor is said where they are asked for it, and one button deletes it."""

import time
from pathlib import Path
from uuid import uuid4

import pytest
from starlette.requests import Request

from core.classroom.room_board import RoomBoard
from core.classroom.room_database import RoomError, database_url
from core.jobs import control, run_folders
from core.jobs.run_folders import Job
from dashboard.server import gate, visitors
from dashboard.widgets import privacy
from tests.pages import captions, open_page, press
from tests.train_page import ANN, open_as_ann


@pytest.mark.parametrize("page", ["train", "quiz"])
def test_the_page_says_what_is_kept_and_for_how_long(runs: Path, page: str) -> None:
    app = open_page(page)
    assert all(
        words in captions(app) for words in ("no name and no address", "365 days", "60 days", "90 days", "6 hours")
    )
    assert not [button for button in app.button if button.key == "privacy delete"], "there is nothing to delete"


def test_one_button_deletes_the_networks_jobs_and_rooms_of_a_visitor_and_of_nobody_else(job: Job) -> None:
    active = control.submit("count", "Counting", {"to": 1000, "pause": 0.05}, ANN)
    other = control.submit("count", "Counting", {"to": 1}, "b" * 32)
    board = RoomBoard(database_url())
    mine, room = (board.open_room("MNIST", told=True, opener=opener).code for opener in (ANN, "b" * 32))
    app = press(open_as_ann(), "privacy delete")
    assert "rooms, drawings and answers in classes are deleted, and the cookie too" in app.success[0].value
    assert [one.id for one in run_folders.list_jobs()] == [other.id]
    assert not active.folder.exists() and not job.folder.exists()
    assert board.find(room).code == room
    with pytest.raises(RoomError, match=mine):
        board.find(mine)
    board.close()
    assert "visitor" not in app.session_state


def offered() -> list[str]:
    return [number for number, _ in gate._offers.values()]


def test_a_deleted_cookie_is_not_offered_again_in_its_tab(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tab still sees the cookie that it was opened with."""
    number = "c" * 32
    monkeypatch.setattr(visitors, "_from_cookie", lambda: number)
    app = open_page("train")
    assert app.session_state["visitor"] == visitors.to_id(number) and number in offered()
    app = press(app, "privacy delete")
    assert "visitor" not in app.session_state
    assert offered()[-1] == ""


def test_another_tab_of_a_visitor_who_deleted_everything_stores_nothing_under_the_old_number(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = uuid4().hex
    monkeypatch.setattr(visitors, "_from_cookie", lambda: number)
    board = RoomBoard(database_url())
    before = board.open_room("MNIST", told=True, opener=number).code  # from before ids were hashes
    one, other = open_page("train"), open_page("quiz", view="The room")
    press(one, "privacy delete")
    with pytest.raises(RoomError, match=before):
        board.find(before)
    board.close()
    press(other, "quiz open")
    assert other.session_state["visitor"] != visitors.to_id(number)
    new = offered()[-1]
    assert new not in ("", number) and other.session_state["visitor"] == visitors.to_id(new)


def test_a_failed_deletion_names_what_cannot_be_used(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    for module, name, place in ((privacy, "database_url", "The room database"), (control, "remove_all", "The folder")):
        monkeypatch.setattr(module, name, fail)
        app = press(open_as_ann(), "privacy delete")
        assert app.success[0].value.startswith(place), app.success[0].value


def request_for(path: str, **headers: str) -> Request:
    lines = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": f"/{path}", "server": ("testserver", 80)}
    return Request({**scope, "query_string": b"", "headers": lines})


SCRIPT = {"X_Requested_With": "fetch"}


def test_an_offered_cookie_is_taken_once() -> None:
    request = request_for(gate.offer_cookie("a" * 32), **SCRIPT)
    assert gate.take_offer(request) == "a" * 32
    assert gate.take_offer(request) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"},
        {"Sec_Fetch_Site": "same-origin", "Sec_Fetch_Mode": "navigate"},
        {"Sec_Fetch_Site": "cross-site", **SCRIPT},
        {"Sec_Fetch_Site": "same-site", **SCRIPT},
    ],
)
def test_a_link_to_an_offered_cookie_gives_nobody_another_s_number(headers: dict[str, str]) -> None:
    path = gate.offer_cookie("a" * 32)
    assert gate.take_offer(request_for(path, **headers)) is None
    own = request_for(path, Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors", **SCRIPT)
    assert gate.take_offer(own) == "a" * 32, "it is still there for the page that was offered it"


def test_an_offer_ends_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    path, later = gate.offer_cookie("a" * 32), time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert gate.take_offer(request_for(path, **SCRIPT)) is None


def test_no_script_reads_the_cookie() -> None:
    for scheme in ("http", "https"):
        cookie = gate._to_cookie("a" * 32, scheme).headers["set-cookie"]
        assert f"{gate.COOKIE}={'a' * 32}" in cookie and "HttpOnly" in cookie and "SameSite=lax" in cookie
        assert ("Secure" in cookie) == (scheme == "https")
    assert "Max-Age=0" in gate._to_cookie("", "http").headers["set-cookie"]
