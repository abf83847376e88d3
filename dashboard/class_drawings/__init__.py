"""The view of the page "Class drawings"."""

from dashboard.class_drawings import views
from dashboard.shell.page import View

VIEWS = (View("Class drawings", views.show_drawings),)
