"""Similar music: pieces whose feature maps are nearest to those of a piece, or of a sound file of one's own."""

from dashboard.shell.page import show_plain_page
from dashboard.similar_music import VIEWS

show_plain_page("similar_music", VIEWS)
