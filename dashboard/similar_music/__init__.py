"""The views of the page "Similar music"."""

from dashboard.shell.page import View
from dashboard.similar_music import piece_views, recorded_views

VIEWS = (
    View("Similar pieces", piece_views.show_pieces),
    View("Recorded", recorded_views.show_recorded),
)
