"""Results: what of the talk's claim reproduces over many seeds, against matched controls."""

from dashboard.results import VIEWS
from dashboard.results.repeat_study import show_below
from dashboard.results.study import choose_study
from dashboard.shell.page import show_plain_page

show_plain_page("results", VIEWS, prepare=choose_study, below=show_below)
