"""Made digits: a generator at work, a quiz, how it learned, and what its adversary's convolutions are worth."""

from dashboard.made_digits import VIEWS
from dashboard.server.visitors import store_visitor_id
from dashboard.shell.page import show_page

show_page("made_digits", VIEWS, networks=None, below=store_visitor_id)
