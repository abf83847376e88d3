"""Train: an experiment of the seeds or a network of one's own, live, and what became of it."""

from dashboard.shell.page import show_page
from dashboard.train import VIEWS, show_above
from dashboard.widgets.privacy import show_privacy

show_page("train", VIEWS, networks=None, above=show_above, below=show_privacy)
