"""The page "Glossary": every term in two sentences."""

from dashboard.glossary import views
from dashboard.shell.page import View

VIEWS = (View("Glossary", views.show_glossary),)
