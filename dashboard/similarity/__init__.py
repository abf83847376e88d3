"""The views of the page "Nearest digits"."""

from core.studies.similarity_record import STUDY
from dashboard.server import caches
from dashboard.shell.page import View
from dashboard.similarity import digit_views, map_views, recorded_views, second_model_views, threshold_views

VIEWS = (
    View("Your digit", digit_views.show_digit),
    View("Map of all digits", map_views.show_map),
    View("Threshold", threshold_views.show_threshold),
    View("Recorded", recorded_views.show_recorded, lambda data, zoo: caches.find_record(STUDY, data.name) is not None),
    View("Second network", second_model_views.show_second),
)
