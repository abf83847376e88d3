"""Feature maps: a digit through every stage of a network, two digits or two networks side by side, and the filters."""

from dashboard.feature_maps import VIEWS
from dashboard.feature_maps.map_rows import show_reading
from dashboard.server import caches
from dashboard.shell.page import show_page

show_page("feature_maps", VIEWS, networks=caches.shipped_zoo, scene=True, bench=True, below=show_reading)
