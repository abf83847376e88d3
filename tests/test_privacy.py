"""What is kept of a visitor is said where they are asked for it, and one button deletes it."""

from pathlib import Path

import pytest

from core.classroom.room_board import RoomBoard
from core.classroom.room_database import RoomError, database_url
from core.jobs import control, run_folders
from core.jobs.run_folders import Job
from dashboard.server import gate
from tests.pages import captions, open_page, press
from tests.train_page import ANN, open_as_ann


@pytest.mark.parametrize("page", ["train", "quiz"])
def test_the_page_says_what_is_kept_and_for_how_long(runs: Path, page: str) -> None:
    app = open_page(page)
    assert "no name and no address" in captions(app) and "60 days" in captions(app) and "90 days" in captions(app)
    assert not [button for button in app.button if button.key == "privacy delete"], "there is nothing to delete"


def test_one_button_deletes_the_networks_jobs_and_rooms_of_a_visitor_and_of_nobody_else(job: Job) -> None:
    active = control.submit("count", "Counting", {"to": 1000, "pause": 0.05}, ANN)
    other = control.submit("count", "Counting", {"to": 1}, "b" * 32)
    board = RoomBoard(database_url())
    mine, room = (board.open_room("MNIST", told=True, opener=opener).code for opener in (ANN, "b" * 32))
    app = press(open_as_ann(), "privacy delete")
    assert "are deleted, and the cookie too" in app.success[0].value
    assert [one.id for one in run_folders.list_jobs()] == [other.id]
    assert not active.folder.exists() and not job.folder.exists()
    assert board.find(room).code == room
    with pytest.raises(RoomError, match=mine):
        board.find(mine)
    board.close()
    assert "visitor" not in app.session_state


def test_an_offered_cookie_is_taken_once_and_no_script_reads_it() -> None:
    path = gate.offer_cookie("a" * 32)
    token = path.rpartition("/")[2]
    number = gate._offers.pop(token)
    for scheme in ("http", "https"):
        cookie = gate._to_cookie(number, scheme).headers["set-cookie"]
        assert f"{gate.COOKIE}={'a' * 32}" in cookie and "HttpOnly" in cookie and "SameSite=lax" in cookie
        assert ("Secure" in cookie) == (scheme == "https")
    assert "Max-Age=0" in gate._to_cookie("", "http").headers["set-cookie"]
