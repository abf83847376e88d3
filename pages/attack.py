"""Attack: adversarial noise that one watches evolve, for one digit and for all, on every network."""

from dashboard.attack import defence_views, digit_views, falls_views, universal_views
from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.widgets.data_set import current_data
from dashboard.widgets.scene import show_bench
from dashboard.widgets.texts import show_problems, show_text
from dashboard.widgets.views import choose_view

zoo, problems = caches.zoo()
session = get_session()
data = current_data()
show_problems(problems)
show_text("attack")

VIEWS = {
    "One digit": digit_views.show_digit,
    "Noise for all": universal_views.show_noise,
}
if falls_views.find_record(data) is not None:
    VIEWS["Who falls"] = falls_views.show_falls
if defence_views.ROBUST in zoo:
    VIEWS["Defence"] = defence_views.show_defence
show_bench(VIEWS[choose_view(VIEWS, key="attack view")], session, data, zoo)
