"""What stands before Streamlit's own answers to requests: limits of uploads, the visitor's cookie, networks' weights.

What is sent with a refused file is not kept: after an error, Streamlit would hold it in memory for a while.
"""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from dashboard.server import uploads, weights
from dashboard.server.streamlit_internals import script_runs, uploaded_files
from dashboard.server.uploads import Held, UploadRefused

# Bytes, of a file whose size is not sent: more than is read of it.
UNKNOWN_SIZE = (uploads.LARGE_FILE_MEGABYTES + 1) * 1024**2
COOKIE = "negative_space_visitor"
A_YEAR = 365 * 24 * 3600  # seconds
OFFER = re.compile("/_visitor/([0-9a-f]{32})$")
MAX_OFFERS, OFFER_LIFETIME = 1000, 60.0  # that no browser has taken yet; seconds
OFFER_HEADER = "X-Requested-With"  # no link, form or other site can send it

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Serve = Callable[[Scope, Receive, Send], Awaitable[None]]


_large: set[str] = set()  # the sessions that have shown an upload for large files
_offers: dict[str, tuple[str, float]] = {}  # a number and when its offer ends, by token


def offer_cookie(number: str) -> str:
    """Return a path, relative to a page, whose first request stores the number in the browser; "" deletes the cookie.

    Only an answer to a request can set a cookie that no script can read. The request must have OFFER_HEADER.
    """
    token = secrets.token_hex(16)
    _offers[token] = number, time.monotonic() + OFFER_LIFETIME
    while len(_offers) > MAX_OFFERS:
        _offers.pop(next(iter(_offers)), None)
    return f"_visitor/{token}"


def take_offer(request: Request) -> str | None:
    """Return the number that was offered to this request, only once; None if there is none.

    What a script of a page did not request is refused: a link to an unused token would make whoever follows it share
    somebody's number.
    """
    offer = OFFER.search(request.url.path) if request.method == "GET" else None
    own = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    if offer is None or not own or OFFER_HEADER not in request.headers:
        return None
    number, until = _offers.pop(offer[1], ("", 0.0))
    return number if time.monotonic() < until else None


def _to_cookie(number: str, scheme: str) -> Response:
    response = Response(status_code=204, headers={"Cache-Control": "no-store"})
    age = A_YEAR if number else 0
    response.set_cookie(COOKIE, number, max_age=age, httponly=True, secure=scheme == "https", samesite="lax")
    return response


def allow_large_files() -> None:
    """Let this tab send files of up to `LARGE_FILE_MEGABYTES`; called where an upload for them is shown."""
    _large.add(script_runs.get_session_id())


class Gate:
    """Answers a request or lets it through; all runs in the thread of the server's loop."""

    def __init__(self) -> None:
        self._addresses: dict[str, str | None] = {}  # of each session, also after its tab was closed
        self._arriving: dict[str, dict[int, int]] = {}  # bytes of the files on their way, by session and number
        self._numbers = count()

    async def __call__(self, serve: Serve, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or call `serve`."""
        if scope["type"] != "http":
            return await serve(scope, receive, send)
        if (weights_wanted := weights.answer(scope["method"], scope["path"])) is not None:
            return await weights_wanted(scope, receive, send)
        if (number := take_offer(Request(scope))) is not None:
            return await _to_cookie(number, scope["scheme"])(scope, receive, send)
        upload = uploaded_files.UPLOAD.search(scope["path"]) if scope["method"] == "PUT" else None
        if upload is None:
            return await serve(scope, receive, send)
        try:
            with self._room_for(upload[1], _size_of(Request(scope))):
                await serve(scope, receive, send)
        except UploadRefused as error:
            await _pass_over(Request(scope, receive))
            await PlainTextResponse(str(error), 413)(scope, receive, send)

    @contextmanager
    def _room_for(self, session: str, size: int) -> Iterator[None]:
        """Make room for a file while it arrives. Raises UploadRefused."""
        stored = uploaded_files.list_uploaded_files()
        self._addresses = {name: one.address or self._addresses.get(name, one.address) for name, one in stored.items()}
        held = {name: self._with_arriving(name, one) for name, one in stored.items()}
        _large.intersection_update(held)
        if session in stored and stored[session].address is not None:  # if not, Streamlit refuses it
            uploads.check_size(size, large=session in _large)
            for name, file in uploads.find_files_to_drop(held, session, size):
                uploaded_files.remove_uploaded_file(name, file)
        number = next(self._numbers)
        self._arriving.setdefault(session, {})[number] = size
        try:
            yield
        finally:
            del self._arriving[session][number]
            if not self._arriving[session]:
                del self._arriving[session]

    def _with_arriving(self, session: str, held: Held) -> Held:
        return replace(held, address=self._addresses[session], arriving=tuple(self._arriving.get(session, {}).values()))


async def _pass_over(request: Request) -> None:
    """Read a file without keeping it: a browser shows an answer only to what it has sent."""
    with suppress(ClientDisconnect):
        async for _ in request.stream():
            pass


def _size_of(request: Request) -> int:
    size = request.headers.get("content-length", "")
    return int(size) if size.isdecimal() and len(size) < 12 else UNKNOWN_SIZE
