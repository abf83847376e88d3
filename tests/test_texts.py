"""Texts stand apart from code: every tip, caption and note is shown where it belongs, and no long text is in code."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml

import dashboard
from dashboard.shell.search import entries, find_views
from dashboard.widgets.texts import DRAWING, TEXTS
from tests import ROOT

FOLDER = ROOT / "dashboard"
LONG = 80  # characters
STILL_IN_CODE = {"server": 1}  # long texts without figures, by folder of the dashboard: it stands below texts/


def tips() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load((TEXTS / "tips.yaml").read_text("utf-8"))
    return found


def test_every_tip_belongs_to_a_view_and_is_shown_there() -> None:
    wanted = {(page, view) for page, views in tips().items() for view in views}
    for page, view in wanted:
        assert view in {one.title for one in import_module(f"dashboard.{page}").VIEWS}, (page, view)
    sources = "".join(path.read_text("utf-8") for path in FOLDER.rglob("*.py"))
    assert set(re.findall(r'(?:read|show)_tip\("(\w+)", "([^"]+)"\)', sources)) == wanted


def test_every_view_says_which_question_it_answers_and_the_search_finds_it() -> None:
    questions = yaml.safe_load((TEXTS / "questions.yaml").read_text("utf-8"))
    views = {page: find_views(page) for page in dashboard.PAGES}
    assert {page: list(found) for page, found in questions.items()} == {
        page: titles for page, titles in sorted(views.items()) if len(titles) > 1
    }
    found = entries()["Missing features › The idea: What is missing of my digit, and what would a 5 need to be a 6?"]
    assert (found.page, found.view) == ("missing_features", "The idea")


def test_every_caption_is_shown_on_its_page() -> None:
    captions = yaml.safe_load((TEXTS / "captions.yaml").read_text("utf-8"))
    for page, figures in captions.items():
        sources = "".join(path.read_text("utf-8") for path in (FOLDER / page).rglob("*.py"))
        assert set(re.findall(rf'show_caption\("{page}", "([^"]+)"\)', sources)) == set(figures), page


def test_every_note_is_read_on_its_page() -> None:
    notes = yaml.safe_load((TEXTS / "notes.yaml").read_text("utf-8"))
    for page, subjects in notes.items():
        sources = "".join(path.read_text("utf-8") for path in (FOLDER / page).rglob("*.py"))
        assert set(re.findall(rf'read_note\("{page}", "([^"]+)"\)', sources)) == set(subjects), page


def test_every_text_is_shown_somewhere() -> None:
    sources = "".join(path.read_text("utf-8") for path in FOLDER.rglob("*.py"))
    for path in TEXTS.glob("*.md"):
        assert path.stem in dashboard.PAGES or f'show_text("{path.stem}")' in sources, path.name


def test_what_one_draws_is_named_only_where_it_is_replaced() -> None:
    for name in ("glossary", "questions", "tour"):
        assert DRAWING not in (TEXTS / f"{name}.yaml").read_text("utf-8"), name
    constants = r'^(?:    )?[A-Z_"].*(?:=|:) read_(?:note|tip|text)\("(\w+)", "([^"]+)"\),?$'
    notes = yaml.safe_load((TEXTS / "notes.yaml").read_text("utf-8"))
    for path in FOLDER.rglob("*.py"):
        for page, subject in re.findall(constants, path.read_text("utf-8"), re.M):
            assert DRAWING not in notes[page][subject], (path, subject)


def long_texts(path: Path) -> list[str]:
    """Return the long texts of a module: no docstrings, no markup, and no results, which have figures in them."""
    tree = ast.parse(path.read_text("utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    said |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in said]
    texts = [node.value for node in strings if isinstance(node.value, str)]
    return [text for text in texts if len(text) >= LONG and " " in text and not text.startswith("<")]


@pytest.mark.parametrize("folder", sorted({path.parent.name for path in FOLDER.glob("*/*.py")}))
def test_no_new_long_text_stands_in_code(folder: str) -> None:
    found = [text for path in sorted((FOLDER / folder).rglob("*.py")) for text in long_texts(path)]
    assert len(found) <= STILL_IN_CODE.get(folder, 0), "\n".join(
        [
            "A long text belongs in dashboard/texts: `show_text`, `read_tip`, `show_caption`, `read_note`.",
            *found,
        ]
    )
