"""Glossary: every term in two sentences."""

from dashboard.glossary import VIEWS
from dashboard.shell.page import show_plain_page

show_plain_page("glossary", VIEWS)
