"""A progress bar over records as they are computed."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import streamlit as st

Record = TypeVar("Record")


def with_progress(steps: Iterable[Record], count: int, text: str) -> Iterator[Record]:
    """Pass the records on while a bar shows how many of `count` are there; the bar goes at the end."""
    bar = st.progress(0.0, text)
    for done, step in enumerate(steps, 1):
        bar.progress(min(1.0, done / count), text)
        yield step
    bar.empty()
