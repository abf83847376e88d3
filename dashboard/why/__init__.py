"""What the page Why this class shows."""

from dashboard.shell.page import View
from dashboard.why import attribution_views, deconvnet_views, erasure_views, hole_views

VIEWS = (
    View("Where it looks", attribution_views.show_looks),
    View("What its maps saw", deconvnet_views.show_places),
    View("A hole everywhere", hole_views.show_holes),
    View("The smallest erasure", erasure_views.show_erasures),
)
