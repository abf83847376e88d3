"""Start: what this is, what is loaded, and a tour of two minutes."""

from dashboard.shell.page import show_page
from dashboard.start import VIEWS

show_page("start", VIEWS)
