"""The dashboard: one folder per page, and what pages share in `components`, `server`, `address`, `widgets`, `shell`."""

from pathlib import Path
from typing import NamedTuple

PRODUCT = "Negative Space"
FOLDER = Path(__file__).parents[1] / "pages"


class Page(NamedTuple):
    """Where a page stands in the menu."""

    section: str
    title: str


PAGES = {  # by name: its file in `pages`, its folder here, its address
    "start": Page("See", "Start"),
    "compare": Page("See", "Draw · Erase · Compare"),
    "pmnist": Page("See", "PMNIST"),
    "missing_features": Page("See", "Missing features"),
    "feature_maps": Page("Look inside", "Feature maps"),
    "convolution": Page("Look inside", "One window at a time"),
    "maximize": Page("Look inside", "What activates a neuron"),
    "why": Page("Look inside", "Why this class"),
    "data_sets": Page("Make", "Data sets"),
    "train": Page("Make", "Train"),
    "transfer": Page("Make", "Transfer"),
    "made_digits": Page("Make", "Made digits"),
    "corruptions": Page("Break", "Shift, blur and noise"),
    "attack": Page("Break", "Attack"),
    "similarity": Page("Shortcut", "Nearest digits"),
    "similar_music": Page("Shortcut", "Similar music"),
    "lessons": Page("Class", "Lessons"),
    "quiz": Page("Class", "Human or machine"),
    "class_drawings": Page("Class", "Class drawings"),
    "results": Page("Class", "Results"),
    "glossary": Page("Class", "Glossary"),
}


def file_of(page: str) -> Path:
    """Return the file of a page, as Streamlit's links and `switch_page` take it."""
    return FOLDER / f"{page}.py"
