"""Links that lead on from a result."""

from collections.abc import Mapping

import streamlit as st

import dashboard


def lead_on(page: str, label: str, params: Mapping[str, str] | None = None) -> None:
    """Draw a link to another page that looks like a button; `params`: what its address then holds."""
    with st.container(key=f"lead-on-{page}", width="content"):
        st.page_link(dashboard.file_of(page), label=label, query_params=params)
