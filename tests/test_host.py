"""What a small host needs: freed memory goes back to the system, and the first visitor finds the networks loaded."""

import subprocess
import sys
import time

import pytest

from tests import ROOT
from tests.browser import serve
from tests.many_visitors import usage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

GIVE_BACK = """
from pathlib import Path
from dashboard.server import memory

def resident():
    return 4096 * int(Path("/proc/self/statm").read_text().split()[1])

if ARENAS_FIRST:
    memory.keep_little()
blocks = [bytearray(b"x" * 1_000_000) for _ in range(200)]
last = bytearray(1000)  # at the end of the heap: so nothing before it is returned by itself
full = resident()
del blocks
memory.give_back()
print(full - resident())
"""


@pytest.mark.parametrize("first", [True, False])
def test_freed_memory_goes_back_to_the_system(first):
    code = GIVE_BACK.replace("ARENAS_FIRST", str(first))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 150_000_000


@pytest.mark.slow
def test_the_networks_are_loaded_before_anybody_comes():
    with serve("dashboard") as address:
        end = time.monotonic() + 120
        while usage(address).memory < 350 and time.monotonic() < end:  # PyTorch alone takes that much
            time.sleep(0.5)
        assert usage(address).memory >= 350


@pytest.mark.slow
def test_what_few_visitors_need_is_imported_when_it_is_needed():
    code = "import sys\nfrom importlib import import_module\nfrom dashboard import PAGES\n"
    code += "for name in PAGES:\n    import_module(f'dashboard.{name}')\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "dashboard.train.runs_views" in loaded
    decoders = {"pi_heif", "pypdfium2", "resvg_py"}
    assert not loaded & {"onnx", "scipy.stats", "sklearn", "torchvision", "torch._dynamo", "dask", *decoders}
