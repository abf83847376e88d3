"""The view of the page "Glossary"."""

from html import escape

import streamlit as st

from dashboard.widgets.glossary import terms


def show_glossary() -> None:
    """Show every term with what it means, in columns where there is room."""
    entries = "".join(f"<div><dt>{escape(term.term)}</dt><dd>{escape(term.means)}</dd></div>" for term in terms())
    st.html(f'<dl class="ns-glossary">{entries}</dl>')
