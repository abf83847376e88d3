"""The views of the page "Lessons"; the lessons that come with the dashboard stand beside it as YAML."""

from dashboard.lessons import sheets, views
from dashboard.shell.page import View

VIEWS = (View("Lessons", views.show_lessons), View("Sheets", sheets.show_sheets))
