"""The views of the page "Transfer"."""

from dashboard.shell.page import View
from dashboard.transfer import class_views, handmade_views, inside_views, tuning_views

VIEWS = (
    View("New classes", class_views.show_classes, any_classes=True),
    View("Which layer", class_views.show_layers, any_classes=True),
    View("Hand-made features", handmade_views.show_handmade, any_classes=True),
    View("Fine-tuning", tuning_views.show_tuning, any_classes=True),
    View("Filters and maps", inside_views.show_inside, any_classes=True),
    View("VGG16", inside_views.show_vgg, any_classes=True),
)
