"""Missing features: the talk's idea on real maps, its variants, the algebra behind them, and what freezing protects."""

import streamlit as st

from dashboard.address import links
from dashboard.missing_features import algebra_views, idea_views, variant_views
from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.widgets.data_set import current_data
from dashboard.widgets.strokes import heard
from dashboard.widgets.texts import show_problems, show_text
from dashboard.widgets.views import choose_view

zoo, problems = caches.shipped_zoo()
session = get_session()
data = current_data()
show_problems(problems)
show_text("missing_features")

VIEWS = {
    "The idea": idea_views.show_idea,
    "Variants": variant_views.show_variants,
    "The algebra": algebra_views.show_algebra,
    "Freezing": algebra_views.show_freezing,
    "Synergy": variant_views.show_synergy,
}
view = choose_view(VIEWS, key="missing view")


@st.fragment
def bench() -> None:
    """What a stroke reruns: only this."""
    VIEWS[view](session, data, zoo)
    links.write_address()
    st.html(heard())  # last: now the canvas may send again


bench()
if view == "The idea":  # not in the bench: strokes do not change it
    idea_views.show_atlas(data)
