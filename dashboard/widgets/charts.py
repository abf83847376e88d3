"""How Plotly's charts are shown on every page."""

PLAIN = {"displayModeBar": False}  # of Plotly
