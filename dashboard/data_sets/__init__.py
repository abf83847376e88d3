"""The views of the page Data sets."""

from dashboard.data_sets import look_views, own_views, storage_views
from dashboard.shell.page import View

VIEWS = (
    View("Look at the set", look_views.show_set),
    View("How it is stored", storage_views.show_storage),
    View("Your own", own_views.show_own),
)
