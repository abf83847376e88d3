"""Human or machine: twenty partial digits, your answer first, then the networks'; and a board for the whole room."""

from dashboard.quiz import play_views, room_views, round
from dashboard.server import caches
from dashboard.widgets.data_set import current_data
from dashboard.widgets.texts import show_problems, show_text
from dashboard.widgets.views import choose_view

zoo, problems = caches.zoo()
data = current_data()
show_problems(problems)
show_text("quiz")

game = round.open_game(data)
VIEWS = {"Play": play_views.show_play, "The room": room_views.show_room}
view = choose_view(VIEWS, key="quiz view")
VIEWS[view](game, zoo)
