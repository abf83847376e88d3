"""Choose one of a page's views."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st


def choose_view(names: Iterable[str], *, key: str) -> str:
    """Let people choose which of a page's views is shown, the first one at first."""
    options = list(names)
    return (
        st.segmented_control(
            "View",
            options,
            default=options[0],
            key=key,
            persist_state="session",
            required=True,
            wrap=True,
            label_visibility="collapsed",
        )
        or options[0]
    )
