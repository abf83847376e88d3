"""The views of the page PMNIST."""

from dashboard.pmnist import accuracy_views, confusion_views, cut_views, set_views
from dashboard.shell.page import View

VIEWS = (
    View("The cuts", cut_views.show_cuts, any_classes=True),
    View("Watch it disappear", cut_views.show_growth, any_classes=True),
    View("The table", accuracy_views.show_table),
    View("How much is missing", accuracy_views.show_curves),
    View("Which digits get confused", confusion_views.show_confusions),
    View("How sure is it", set_views.show_sets),
    View("Download", cut_views.show_download, any_classes=True),
)
