"""Lessons: ways through the pages that a class takes together, those that ship and one's own."""

from dashboard.lessons import VIEWS
from dashboard.shell.page import show_plain_page

show_plain_page("lessons", VIEWS)
