"""Train: an experiment of the seeds or a network of one's own, live, and what became of it."""

from dashboard.server.visitors import keep_visitor
from dashboard.shell.page import show_page
from dashboard.train import VIEWS, show_above

show_page("train", VIEWS, networks=None, above=show_above, below=keep_visitor)
