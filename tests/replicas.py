"""Two replicas of the dashboard behind a real nginx, configured exactly as docs/deploy.md says."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import ROOT
from tests.browser import START_LIMIT, free_port, is_healthy, server_command

COOKIE = "negative_space_replica"
MAIN = """
daemon off; master_process off; pid {0}/pid; error_log {0}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/fastcgi;
    uwsgi_temp_path {0}/uwsgi; scgi_temp_path {0}/scgi;
    include {0}/site.conf;
}}
"""


@dataclass(frozen=True)
class Replicas:
    """The address at which nginx listens, and the replicas behind it by the letter that its cookie gives them."""

    address: str
    processes: dict[str, subprocess.Popen[bytes]]

    def kill(self, letter: str) -> None:
        """Kill one, as the system does when memory runs out."""
        self.processes[letter].send_signal(signal.SIGKILL)
        self.processes[letter].wait()


def read_site() -> str:
    """Return the one configuration of nginx in docs/deploy.md."""
    (site,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs" / "deploy.md").read_text("utf-8"), re.DOTALL)
    return str(site)


@contextmanager
def own_replicas(**env: str) -> Iterator[Replicas]:
    """Start two replicas with `env` added to the environment, and nginx; the test is skipped where there is none."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("no nginx is installed: Debian's package is called nginx")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        door, *ports = (free_port() for _ in range(3))
        replicas = dict(zip("ab", (stack.enter_context(_replica(port, folder, env)) for port in ports), strict=True))
        (folder / "site.conf").write_text(_with_ports(read_site(), door, ports))
        (folder / "nginx.conf").write_text(MAIN.format(folder))
        command = [nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        stack.enter_context(_process(command, folder))
        for port in (*ports, door):
            _wait_until_healthy(port, folder)
        yield Replicas(f"http://127.0.0.1:{door}", replicas)


def _with_ports(site: str, door: int, ports: list[int]) -> str:
    """Replace the ports of docs/deploy.md, which may be in use, by free ones."""
    site, found = re.subn(r"listen 80;", f"listen 127.0.0.1:{door};", site)
    assert found == 1
    for printed, port in zip((8501, 8502), ports, strict=True):
        site, found = re.subn(rf":{printed}\b", f":{port}", site)
        assert found == 4
    return site


def _replica(port: int, folder: Path, env: dict[str, str]) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return _process(server_command("dashboard/app.py", port), folder, env)


@contextmanager
def _process(command: list[str], folder: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | (env or {}), stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_until_healthy(port: int, folder: Path) -> None:
    end = time.monotonic() + START_LIMIT
    while not is_healthy(port):
        assert time.monotonic() < end, (folder / "log").read_text()
        time.sleep(0.1)
