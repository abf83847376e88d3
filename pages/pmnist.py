"""PMNIST: the four cuts on any digit, and how well every network reads them."""

from dashboard import cache, inputs, outputs, pmnist_views, state

zoo, problems = cache.zoo()
session = state.get_state()
data = outputs.current_data()
outputs.show_problems(problems)
outputs.show_text("pmnist")

VIEWS = {
    "The cuts": pmnist_views.show_cuts,
    "Watch it go": pmnist_views.show_growth,
    "The table": pmnist_views.show_table,
    "How much is missing": pmnist_views.show_curve,
    "Who mixes up what": pmnist_views.show_confusions,
    "Download": pmnist_views.show_download,
}
view = inputs.choose_view(VIEWS, key="pmnist view")
VIEWS[view](session, data, zoo)
