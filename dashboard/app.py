"""Entry: routes, and nothing else. This file is intentionally kept short."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # `streamlit run` puts only this folder on the path
os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: visitors share the cores

import streamlit as st  # noqa: E402

from dashboard import cache  # noqa: E402

cache.keep_house()
PAGES = [
    st.Page(ROOT / "pages" / "start.py", title="Start", default=True),
    st.Page(ROOT / "pages" / "compare.py", title="Draw · Erase · Compare"),
    st.Page(ROOT / "pages" / "pmnist.py", title="PMNIST"),
    st.Page(ROOT / "pages" / "missing_features.py", title="Missing features"),
    st.Page(ROOT / "pages" / "convolution.py", title="One window at a time"),
    st.Page(ROOT / "pages" / "maximize.py", title="What fires a neuron"),
    st.Page(ROOT / "pages" / "train.py", title="Train"),
    st.Page(ROOT / "pages" / "attack.py", title="Attack"),
    st.Page(ROOT / "pages" / "results.py", title="Results"),
]
st.set_page_config(layout="wide")
st.navigation(PAGES, position="top").run()
