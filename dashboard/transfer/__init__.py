"""The views of the page "Transfer"."""

from dashboard.shell.page import View
from dashboard.transfer import class_views, inside_views, tuning_views

VIEWS = (
    View("Two classes", class_views.show_classes),
    View("Which layer", class_views.show_layers),
    View("Fine-tuning", tuning_views.show_tuning),
    View("Filters and maps", inside_views.show_inside),
    View("VGG16", inside_views.show_vgg),
)
