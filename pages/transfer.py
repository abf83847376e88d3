"""Transfer: what a network has learned, used for two classes of pictures of which there are only a few."""

from dashboard.server import caches
from dashboard.server.session import get_session
from dashboard.transfer import class_views, inside_views, tuning_views
from dashboard.widgets.data_set import current_data
from dashboard.widgets.texts import show_problems, show_text
from dashboard.widgets.views import choose_view

zoo, problems = caches.zoo()
session = get_session()
data = current_data()
show_problems(problems)
show_text("transfer")

VIEWS = {
    "Two classes": class_views.show_classes,
    "Which layer": class_views.show_layers,
    "Fine-tuning": tuning_views.show_tuning,
    "Filters and maps": inside_views.show_inside,
    "VGG16": inside_views.show_vgg,
}
VIEWS[choose_view(VIEWS, key="transfer view")](session, data, zoo)
