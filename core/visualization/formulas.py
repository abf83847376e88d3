"""Headings and the calculations under them, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from core.visualization.signed_colors import NEUTRAL

STYLE = f"""<style>
.ns-step {{ border-left: 4px solid {NEUTRAL}; padding: .1rem 0 .25rem .7rem; margin-bottom: .55rem; }}
.ns-step code {{ font-size: .84rem; white-space: normal; line-height: 1.5; }}
</style>"""


def draw_formulas(steps: Sequence[tuple[str, str]]) -> str:
    """Return headings and the calculations under them, one below the other."""
    boxes = "".join(
        f'<div class="ns-step"><b>{escape(heading)}</b><br><code>{escape(line)}</code></div>' for heading, line in steps
    )
    return STYLE + boxes
