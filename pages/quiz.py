"""Human or machine: twenty partial digits, your answer first, then the networks'; and a board for the whole room."""

from dashboard.quiz import VIEWS
from dashboard.quiz.rounds import show_game
from dashboard.shell.page import show_page

show_page("quiz", VIEWS, above=show_game)
