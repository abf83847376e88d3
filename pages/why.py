"""Why this class: where a network looks, where a digit may be missing, and how little changes the answer."""

from dashboard.shell.page import show_page
from dashboard.why import VIEWS

show_page("why", VIEWS, scene=True, bench=True)
