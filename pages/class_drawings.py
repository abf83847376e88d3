"""Class drawings: what phones gave to the class that the visitor leads, read by all networks, and as files."""

from dashboard.class_drawings import VIEWS
from dashboard.shell.page import show_page
from dashboard.widgets.privacy import show_privacy

show_page("class_drawings", VIEWS, digits=True, below=show_privacy)
