"""Attack: adversarial noise that one watches evolve, for one digit and for all, on every network."""

from dashboard.attack import VIEWS
from dashboard.shell.page import show_page

show_page("attack", VIEWS, scene=True, bench=True)
