"""Processes that tests start end with the tests, even if these are killed."""

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests import ROOT
from tests.job_runs import until

STARTS = """
import subprocess
from tests.browser import end_with_parent
print(subprocess.Popen([*end_with_parent(), "sleep", "600"]).pid, flush=True)
input()
"""


def is_running(pid: str) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="only Linux ends a process with its parent")
def test_a_server_ends_when_the_tests_are_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTS], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout is not None
        server = tests.stdout.readline().strip()
        until(lambda: Path(f"/proc/{server}/comm").read_text() == "sleep\n")  # from then on it ends with its parent
        assert is_running(server)
        tests.kill()
        until(lambda: not is_running(server))
