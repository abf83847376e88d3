"""What fires a neuron: pictures that climb, from noise or from a digit, until a class or a map likes nothing better."""

from dashboard.maximize import VIEWS
from dashboard.shell.page import show_page
from dashboard.widgets.strokes import show_acknowledgements

show_page("maximize", VIEWS, scene=True, below=show_acknowledgements)
