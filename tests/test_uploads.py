"""Uploaded files: a tab, an address and all visitors together have limits, and what is gone takes no memory."""

import asyncio
import time
from pathlib import Path

import pytest

from dashboard.server import uploads
from dashboard.server.uploads import Held, UploadRefused, find_files_to_drop
from tests.browser import serve
from tests.many_visitors import usage
from tests.uploader import Uploader
from tests.visitor import run

MB = 1_000_000


def held(address: str, *sizes: int) -> Held:
    return Held(address, {f"{number}": size * MB for number, size in enumerate(sizes)})


def test_a_tab_is_refused_what_is_too_much_and_nobody_loses_anything() -> None:
    assert find_files_to_drop({"a": held("x", 5)}, "a", 5 * MB) == []
    for full in (held("x", 49), Held("x", {str(number): 0 for number in range(uploads.MAX_SESSION_FILES)})):
        with pytest.raises(UploadRefused, match="too many uploaded files"):
            find_files_to_drop({"a": full, "b": held("y", 20)}, "a", 5 * MB)


def test_whoever_holds_most_at_an_address_makes_room_for_others_there() -> None:
    tabs = {"a": held("x", 20, 20), "b": held("x", 45), "c": held("x", 12), "d": held("y", 45)}
    assert find_files_to_drop(tabs, "c", 5 * MB) == [("b", "0")]


def test_another_address_that_holds_most_makes_room_when_all_is_full() -> None:
    tabs = {str(n): held(str(n // 2), 5, 40) for n in range(4)} | {"new": held("elsewhere", 15)}
    assert find_files_to_drop(tabs, "new", 20 * MB) == [("0", "0"), ("1", "0"), ("2", "0")]


def test_a_file_that_still_arrives_takes_room_and_cannot_be_dropped() -> None:
    tabs = {
        "a": Held("x", {"0": 20 * MB}, arriving=(25 * MB,)),
        "b": Held("x", {}, arriving=(40 * MB,)),
        "c": held("x"),
    }
    assert find_files_to_drop(tabs, "c", 5 * MB) == []
    assert find_files_to_drop(tabs, "c", 30 * MB) == [("a", "0")]
    with pytest.raises(UploadRefused, match="at the moment"):
        find_files_to_drop(tabs, "c", 40 * MB)


def send(address: str, count: int, size: int = 4_900_000, page: str = "/start") -> list[int]:
    """Open a page, first one without an upload, and send `count` files from it; return the statuses."""

    async def visit() -> list[int]:
        tab = Uploader(address)
        await tab.open(page)
        statuses = [await asyncio.to_thread(tab.put, bytes(size)) for _ in range(count)]
        await tab.close()
        return statuses

    return run(visit())


@pytest.mark.slow
def test_a_page_without_an_upload_cannot_fill_the_server(tmp_path: Path) -> None:
    with serve(NEGATIVE_SPACE_RUNS=str(tmp_path)) as address:
        assert send(address, 14) == [204] * 10 + [413] * 4
        assert send(address, 2) == [204] * 2  # another tab has room


@pytest.mark.slow
def test_tabs_that_are_closed_and_opened_again_cannot_fill_the_server(tmp_path: Path) -> None:
    with serve(NEGATIVE_SPACE_RUNS=str(tmp_path)) as address:
        for _ in range(3):
            assert send(address, 10) == [204] * 10
        full = usage(address).memory
        for _ in range(6):
            assert send(address, 10) == [204] * 10  # they take the room of those before
        assert usage(address).memory < full + uploads.MAX_ADDRESS_BYTES / MB


@pytest.mark.slow
def test_only_a_tab_with_an_upload_for_large_files_may_send_one(tmp_path: Path) -> None:
    with serve(NEGATIVE_SPACE_RUNS=str(tmp_path)) as address:
        assert send(address, 1, 6 * MB) == [413]
        assert send(address, 1, 6 * MB, "/train?view=Runs") == [413]
        own_pictures = "/transfer?pictures=Your%20own"
        assert send(address, 1, 6 * MB, own_pictures) == send(address, 1, 25 * MB, own_pictures) == [204]
        assert send(address, 1, 28 * MB, own_pictures) == [413]


@pytest.mark.slow
def test_the_memory_of_uploads_comes_back_when_their_tab_is_gone(tmp_path: Path) -> None:
    with serve(NEGATIVE_SPACE_RUNS=str(tmp_path)) as address:
        send(address, 1)
        before = usage(address).memory
        send(address, 200)
        assert usage(address).memory < before + 150
        end = time.monotonic() + 300  # Streamlit keeps a session for two minutes
        while usage(address).memory > before + 20:
            assert time.monotonic() < end, usage(address).memory - before
            time.sleep(5)
