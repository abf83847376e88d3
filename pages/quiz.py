"""Human or machine: twenty partial digits, your answer first, then the networks'; and a board for the whole room."""

from dashboard.quiz import VIEWS
from dashboard.quiz.rounds import show_game
from dashboard.shell.page import show_page
from dashboard.widgets.privacy import show_privacy

show_page("quiz", VIEWS, digits=True, above=show_game, below=show_privacy)
