"""Transfer: what a network has learned, used for some classes of pictures of which there are only a few."""

from dashboard.shell.page import show_page
from dashboard.transfer import VIEWS

show_page("transfer", VIEWS)
