"""The views of the page "Attack"."""

from core.studies.noise_transfer_record import STUDY
from dashboard.attack import defence_views, digit_views, universal_views
from dashboard.attack.noise_transfer_views import show_noise_transfer
from dashboard.server import caches
from dashboard.shell.page import View

VIEWS = (
    View("One digit", digit_views.show_digit, any_classes=True),
    View("Noise for all", universal_views.show_noise),
    View(
        "Whose noise fools whom",
        show_noise_transfer,
        lambda data, zoo: caches.find_record(STUDY, data.name) is not None,
    ),
    View("Defence", defence_views.show_defence, lambda data, zoo: defence_views.ROBUST in zoo),
)
