"""Made digits: a generator at work, a quiz, how it learned, and what its adversary's convolutions are worth."""

from dashboard.made_digits import VIEWS
from dashboard.server.visitors import keep_visitor
from dashboard.shell.page import show_page

show_page("made_digits", VIEWS, networks=None, below=keep_visitor)
