"""Shift, blur and noise: changes that a person hardly notices, and which network withstands them."""

from dashboard.corruptions import VIEWS
from dashboard.corruptions.views import find_networks
from dashboard.shell.page import show_page

show_page("corruptions", VIEWS, networks=find_networks, scene=True, bench=True)
