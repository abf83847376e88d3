"""PMNIST: the four cuts on any digit, and how well every network reads them."""

from dashboard.pmnist import VIEWS
from dashboard.shell.page import show_page

show_page("pmnist", VIEWS, scene=True)
