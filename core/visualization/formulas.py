"""Headings and the calculations under them, as HTML."""

from collections.abc import Sequence

from core.visualization.rendering import render


def draw_formulas(formulas: Sequence[tuple[str, str]]) -> str:
    """Return headings with their calculations, one below another."""
    return render("formulas.html", formulas=formulas)
