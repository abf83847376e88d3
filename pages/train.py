"""Train: an experiment of the seeds or a network of one's own, live, and what became of it."""

from dashboard.server.visitors import keep_visitor
from dashboard.shell.page import show_page
from dashboard.train import VIEWS
from dashboard.train.setup_views import go_to_next

show_page("train", VIEWS, networks=None, above=go_to_next, below=keep_visitor)
