"""The view of the page "Shift, blur and noise"."""

from dashboard.corruptions import views
from dashboard.shell.page import View

VIEWS = (View("Corruptions", views.show_corruption),)
