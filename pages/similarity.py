"""Nearest digits: a digit that resembles one seen before takes over its label and skips the deeper layers."""

from dashboard.server import caches
from dashboard.shell.page import show_page
from dashboard.similarity import VIEWS

show_page("similarity", VIEWS, networks=caches.shipped_zoo, scene=True, bench=True)
