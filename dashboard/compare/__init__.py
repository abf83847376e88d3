"""The page Draw · Erase · Compare."""

from dashboard.compare import bench
from dashboard.shell.page import View

VIEWS = (View("Compare", bench.show_compare),)
