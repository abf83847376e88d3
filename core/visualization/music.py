"""A sound's mel spectrogram and chromagram, one above the other on the same seconds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.visualization.arrays import Values
from core.visualization.figures import MARGIN

TICKS = (100, 500, 1000, 2000, 4000)  # hertz
COLORS = [[0, "#0b0724"], [0.35, "#6a176e"], [0.7, "#ed6925"], [1, "#fcffa4"]]  # Inferno; Streamlit replaces #000004


@dataclass(frozen=True, eq=False)
class Spectrograms:
    """A sound as two pictures with values in [0, 1], from low to high tones."""

    mel: Values
    """`(bands, columns)`."""
    chroma: Values
    """`(12, columns)`."""
    hertz: Values
    """The frequency of each band, `(bands,)`."""
    pitches: Sequence[str]
    """The names of the twelve pitch classes."""
    column: float
    """Seconds."""


def draw_spectrograms(shown: Spectrograms) -> go.Figure:
    """Return both as heat maps."""
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[3, 2], vertical_spacing=0.04)
    for row, values in enumerate((shown.mel, shown.chroma), 1):
        seconds = (np.arange(values.shape[1]) + 0.5) * shown.column
        heat = go.Heatmap(z=values, x=seconds, zmin=0, zmax=1, colorscale=COLORS, showscale=False)
        figure.add_trace(heat.update(hovertemplate="%{x:.1f} s<extra></extra>"), row, 1)
    bands = [int(np.abs(shown.hertz - tick).argmin()) for tick in TICKS]
    figure.update_yaxes(title="Hz", tickvals=bands, ticktext=TICKS, row=1)
    figure.update_yaxes(tickvals=list(range(0, len(shown.pitches), 2)), ticktext=shown.pitches[::2], row=2)
    figure.update_xaxes(title="seconds", row=2)
    figure.update_layout(height=360, margin=MARGIN)
    return figure
