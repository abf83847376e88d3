"""A temporary PostgreSQL server for a test (Debian's package), in its own folder and on its own socket."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

START_LIMIT = 60  # seconds, on a busy machine
NAME = "postgres"  # of its user, and of the machine's user that it runs as where we are root, whom it refuses


class Postgres:
    """One server; `url` is its address, also while it is down."""

    def __init__(self, tools: Path, folder: Path) -> None:
        self._tools, self._folder, self._user = tools, folder, NAME if os.geteuid() == 0 else None
        self.url = f"postgresql+psycopg://{NAME}@/{NAME}?host={folder}"
        options = ["-D", str(folder / "data"), "-U", NAME, "--auth=trust", "--encoding=UTF8", "--no-sync"]
        options += ["--locale=C", "--lc-ctype=C.UTF-8"]  # nicknames are compared in lower case, also those with É
        if self._user:
            shutil.chown(folder, self._user, self._user)
        subprocess.run([tools / "initdb", *options], check=True, capture_output=True, cwd=folder, user=self._user)
        self.start()

    def start(self) -> None:
        """Start it, and return when it answers."""
        end = time.monotonic() + START_LIMIT
        while True:  # after a crash its old processes may still be about to leave
            self._server = self._launch()
            while self._server.poll() is None:
                if self._answers():
                    return
                assert time.monotonic() < end, (self._folder / "log").read_text()
                time.sleep(0.05)
            assert time.monotonic() < end, (self._folder / "log").read_text()
            time.sleep(0.2)

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self._server.kill()
        self._server.wait()

    def stop(self) -> None:
        """Shut it down in order, without waiting for clients."""
        self._server.send_signal(signal.SIGINT)
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def _launch(self) -> subprocess.Popen[bytes]:
        command = [self._tools / "postgres", "-D", self._folder / "data", "-k", self._folder, "-c", "listen_addresses="]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, user=self._user)

    def _answers(self) -> bool:
        return not subprocess.run([self._tools / "pg_isready", "-q", "-h", self._folder], cwd=self._folder).returncode


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    """Yield a server, stopped and removed afterwards; the test is skipped where the package is not installed."""
    tools = find_tools()
    if tools is None:
        pytest.skip("no PostgreSQL server is installed: Debian's package is called postgresql")
    folder = Path(tempfile.mkdtemp(prefix="ns-pg-"))  # not pytest's: those only their owner may enter
    try:
        server = Postgres(tools, folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_tools() -> Path | None:
    """Return the folder of `initdb` and `postgres`, None where there is none: Debian keeps it out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    named = shutil.which("initdb")
    return found[-1].parent if found else Path(named).parent if named else None
