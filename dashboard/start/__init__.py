"""The view of the page "Start"."""

from dashboard.shell.page import View
from dashboard.start import views

VIEWS = (View("Start", views.show_start, any_classes=True),)
