"""PMNIST: the four cuts on any digit, and how well every network reads them."""

from dashboard.pmnist import views
from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.widgets.data_set import current_data
from dashboard.widgets.texts import show_problems, show_text
from dashboard.widgets.views import choose_view

zoo, problems = caches.zoo()
session = get_session()
data = current_data()
show_problems(problems)
show_text("pmnist")

VIEWS = {
    "The cuts": views.show_cuts,
    "Watch it go": views.show_growth,
    "The table": views.show_table,
    "How much is missing": views.show_curve,
    "Who mixes up what": views.show_confusions,
    "Download": views.show_download,
}
view = choose_view(VIEWS, key="pmnist view")
VIEWS[view](session, data, zoo)
