"""One window at a time: from the whole network to one multiplication, and what else a convolution is made of."""

from dashboard.convolution import VIEWS
from dashboard.server import caches
from dashboard.shell.page import show_page

show_page("convolution", VIEWS, networks=caches.shipped_zoo, scene=True, bench=True)
