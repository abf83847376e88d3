"""Teaching texts and sentences about problems."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

TEXTS = Path(__file__).parents[1] / "texts"


def show_text(name: str) -> None:
    """Show a page's teaching prose."""
    st.markdown((TEXTS / f"{name}.md").read_text("utf-8"))


def show_problems(sentences: Sequence[str]) -> None:
    """Show what could not be read, a sentence each."""
    for sentence in sentences:
        st.warning(sentence)
