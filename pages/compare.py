"""Draw · Erase · Compare: the main page."""

from dashboard.compare import VIEWS
from dashboard.shell.page import show_page

show_page("compare", VIEWS, scene=True)
