"""The views of the page Lessons, and the lessons that come with the dashboard."""

from dashboard.lessons import views
from dashboard.shell.page import View

VIEWS = (View("Lessons", views.show_lessons),)
