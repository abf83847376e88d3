"""Data sets: look at one, see how it is stored, and bring one's own."""

from dashboard.data_sets import VIEWS
from dashboard.shell.page import show_page

show_page("data_sets", VIEWS, networks=None)
