"""Teaching texts, sentences about problems, and conclusions of studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

TEXTS = Path(__file__).parents[1] / "texts"


def show_text(name: str) -> None:
    """Show a page's teaching prose."""
    st.markdown((TEXTS / f"{name}.md").read_text("utf-8"))


def show_problems(sentences: Sequence[str]) -> None:
    """Show what could not be read, a sentence each."""
    for sentence in sentences:
        st.warning(sentence)


def show_conclusions(record: Mapping[str, Any]) -> None:
    """Show a recorded study's conclusions, its data set and the command that repeats it."""
    for sentence in record["conclusions"]:
        st.markdown(f"- {sentence}")
    about = record["dataset"]
    st.caption(f"Measured on {about['images']:,} test digits of {about['name']}; again with `{record['command']}`.")
