"""The view of the page "Draw · Erase · Compare"."""

from dashboard.compare import views
from dashboard.shell.page import View

VIEWS = (View("Compare", views.show_compare, any_classes=True),)
