"""The views of the page PMNIST."""

from dashboard.pmnist import views
from dashboard.shell.page import View

VIEWS = (
    View("The cuts", views.show_cuts),
    View("Watch it go", views.show_growth),
    View("The table", views.show_table),
    View("How much is missing", views.show_curve),
    View("Who mixes up what", views.show_confusions),
    View("Download", views.show_download),
)
