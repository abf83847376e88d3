"""Missing features: the talk's idea on real maps, its variants, the algebra behind them, and what freezing protects."""

from dashboard.missing_features import VIEWS
from dashboard.missing_features.answer import show_answer
from dashboard.server import caches
from dashboard.shell.page import show_page

show_page("missing_features", VIEWS, networks=caches.shipped_zoo, scene=True, bench=True, above=show_answer)
