"""Start the dashboard: `python -m dashboard`, with the options of `streamlit run`.

Unlike `streamlit run dashboard/app.py`, it loads what the first visitor needs while the server starts.
"""

import os
import runpy
import sys
from pathlib import Path

from dashboard.server import memory

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in app.py: before torch is imported
    memory.keep_little()
    import streamlit  # noqa: F401 (in this thread, before the other one asks for parts of it)

    from dashboard.server import warm_up

    warm_up.start()
    sys.argv[1:] = ["run", str(Path(__file__).with_name("app.py")), *sys.argv[1:]]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
