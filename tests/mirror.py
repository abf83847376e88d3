"""A web server on this machine that serves files as a mirror of a data set does; the fixture `mirrors` starts it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens there
PIECE = 4096  # bytes


class Mirror(ThreadingHTTPServer):
    """Serves `files` by path; `pause` seconds between pieces, `break_off` closes every answer half way."""

    daemon_threads = True
    files: dict[str, bytes]
    asked: list[str]
    pause = 0.0
    break_off = False

    def handle_error(self, *_: object) -> None:
        """Say nothing when a client hangs up, which is what half of the tests do."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = self.server.files.get(self.path.lstrip("/"))
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for start in range(0, len(body) // 2 if self.server.break_off else len(body), PIECE):
            self.wfile.write(body[start : start + PIECE])
            time.sleep(self.server.pause)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def start_mirrors() -> Iterator[Callable[..., Mirror]]:
    """Yield a function that starts a mirror of given files; stop all of them afterwards."""
    running: list[Mirror] = []

    def start(files: dict[str, bytes], *, pause: float = 0.0, break_off: bool = False) -> Mirror:
        mirror = Mirror(("127.0.0.1", 0), Handler)
        mirror.files, mirror.asked, mirror.pause, mirror.break_off = files, [], pause, break_off
        threading.Thread(target=mirror.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        running.append(mirror)
        return mirror

    yield start
    for mirror in running:
        mirror.shutdown()
        mirror.server_close()
