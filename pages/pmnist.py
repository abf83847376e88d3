"""PMNIST: the four cuts on any digit, and how well every network reads them."""

from dashboard.pmnist import views
from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.widgets import inputs, outputs

zoo, problems = caches.zoo()
session = get_session()
data = outputs.current_data()
outputs.show_problems(problems)
outputs.show_text("pmnist")

VIEWS = {
    "The cuts": views.show_cuts,
    "Watch it go": views.show_growth,
    "The table": views.show_table,
    "How much is missing": views.show_curve,
    "Who mixes up what": views.show_confusions,
    "Download": views.show_download,
}
view = inputs.choose_view(VIEWS, key="pmnist view")
VIEWS[view](session, data, zoo)
