"""What activates a neuron: images optimised from noise or from a digit for a class, a map or a neuron."""

from dashboard.maximize import VIEWS
from dashboard.shell.page import show_page
from dashboard.widgets.strokes import show_acknowledgements

show_page("maximize", VIEWS, scene=True, below=show_acknowledgements)
