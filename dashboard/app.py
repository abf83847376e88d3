"""Entry: routes, and nothing else. This file is intentionally kept short."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # `streamlit run` puts only this folder on the path
os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: visitors share the cores

import streamlit as st  # noqa: E402

from core.visualization.rendering import STYLESHEET  # noqa: E402
from dashboard.address import links  # noqa: E402
from dashboard.server import process, visitors  # noqa: E402
from dashboard.server.session import get_session  # noqa: E402
from dashboard.shell import lesson_bar, share  # noqa: E402
from dashboard.widgets.texts import show_problems  # noqa: E402

process.prepare_once()
MENU = {  # by what a person wants to do
    "See": {
        "start": "Start",
        "compare": "Draw · Erase · Compare",
        "pmnist": "PMNIST",
        "missing_features": "Missing features",
    },
    "Look inside": {
        "feature_maps": "Feature maps",
        "convolution": "One window at a time",
        "maximize": "What fires a neuron",
        "why": "Why this class",
    },
    "Make": {"train": "Train", "transfer": "Transfer", "made_digits": "Made digits"},
    "Break": {"attack": "Attack"},
    "Shortcut": {"similarity": "Nearest digits"},
    "Class": {"lessons": "Lessons", "quiz": "Human or machine", "results": "Results"},
}
PAGES = {
    section: [st.Page(ROOT / "pages" / f"{name}.py", title=title) for name, title in pages.items()]
    for section, pages in MENU.items()
}
st.set_page_config(layout="wide")
st.html(STYLESHEET)
page = st.navigation(PAGES, position="top")
if links.open_address(page.url_path or "start"):
    lesson_bar.open_linked()
visitors.rerun_after_reconnect()
lesson_bar.show_bar()
show_problems(get_session().problems)
page.run()
links.write_address()
share.show_share()
