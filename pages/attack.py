"""Attack: adversarial noise that one watches evolve, for one digit and for all, on every network."""

from dashboard.attack import defence_views, digit_views, falls_views, universal_views
from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.widgets import inputs, outputs
from dashboard.widgets.scene import show_bench

zoo, problems = caches.zoo()
session = get_session()
data = outputs.current_data()
outputs.show_problems(problems)
outputs.show_text("attack")

VIEWS = {
    "One digit": digit_views.show_digit,
    "Noise for all": universal_views.show_noise,
}
if falls_views.find_record(data) is not None:
    VIEWS["Who falls"] = falls_views.show_falls
if defence_views.ROBUST in zoo:
    VIEWS["Defence"] = defence_views.show_defence
show_bench(VIEWS[inputs.choose_view(VIEWS, key="attack view")], session, data, zoo)
