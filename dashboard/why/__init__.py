"""The views of the page "Why this class"."""

from dashboard.shell.page import View
from dashboard.why import (
    attribution_views,
    deconvnet_views,
    erasure_views,
    hole_views,
    judging_views,
    probe_views,
    random_weights_views,
)

VIEWS = (
    View("Which pixels count", attribution_views.show_attributions, any_classes=True),
    View("Where to erase", judging_views.show_judged, any_classes=True),
    View("Random weights", random_weights_views.show_random_weights, any_classes=True),
    View("Where it is lost", probe_views.show_probes, any_classes=True),
    View("What its maps respond to", deconvnet_views.show_deconvnet, any_classes=True),
    View("A hole everywhere", hole_views.show_hole_maps, any_classes=True),
    View("The smallest erasure", erasure_views.show_erasures, any_classes=True),
)
