"""Human or machine: twenty partial digits, your answer first, then the networks'; and a board for the whole room."""

from dashboard.quiz import play_views, room_views, round
from dashboard.server import caches
from dashboard.widgets import inputs, outputs

zoo, problems = caches.zoo()
data = outputs.current_data()
outputs.show_problems(problems)
outputs.show_text("quiz")

game = round.open_game(data)
VIEWS = {"Play": play_views.show_play, "The room": room_views.show_room}
view = inputs.choose_view(VIEWS, key="quiz view")
VIEWS[view](game, zoo)
