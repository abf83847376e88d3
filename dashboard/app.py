"""Entry: routes, and nothing else. This file is intentionally kept short."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # `streamlit run` puts only this folder on the path
os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: visitors share the cores

import streamlit as st  # noqa: E402

import dashboard  # noqa: E402
from core.visualization.rendering import STYLESHEET  # noqa: E402
from dashboard.server import process  # noqa: E402
from dashboard.shell import FRAME_STYLESHEET, LOGO  # noqa: E402

process.prepare_once()
menu: dict[str, list[st.Page]] = {}
for name, page in dashboard.PAGES.items():
    menu.setdefault(page.section, []).append(st.Page(dashboard.file_of(name), title=page.title))
current = st.navigation(menu, position="top")
st.set_page_config(page_title=f"{current.title} · {dashboard.PRODUCT}", layout="wide")
st.logo(LOGO.read_text("utf-8"), size="large")
for stylesheet in (STYLESHEET, FRAME_STYLESHEET):
    st.html(stylesheet)
current.run()
