"""What the documents name exists: the page, view, module and test of every row of docs/coverage.md, and every path."""

import re
from functools import cache
from importlib import import_module

from tests.browser import ROOT

ROWS = {"A": 14, "D": 8, "T": 12, "M": 16, "C": 12, "F": 5, "S": 7, "X": 8, "V": 12, "N": 5}  # by letter: 99 in all
FOUND_LATER = {"E1", "E2", "E3", "E5", "E6"}  # in the sources, but not among their rows
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
PLACES = r"(?:core|dashboard|pages|tests|docs|checkpoints)/[\w./-]+"


@cache
def rows() -> dict[str, list[str]]:
    """Return the cells after the id of every row: what, page and view, module, test."""
    lines = re.findall(r"^\| ([A-Z]\d+ \|.+) \|$", (ROOT / "docs" / "coverage.md").read_text("utf-8"), re.MULTILINE)
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    found = {row[0]: row[1:] for row in cells}
    assert len(found) == len(cells), "an id stands twice"
    return found


def views(page: str) -> set[str]:
    return {view.title for view in import_module(f"dashboard.{page}").VIEWS}


def test_all_rows_are_there_with_all_cells():
    numbered = {f"{letter}{number}" for letter, count in ROWS.items() for number in range(1, count + 1)}
    assert set(rows()) == numbered | FOUND_LATER
    assert not [row for row, cells in rows().items() if len(cells) != 4 or not all(cells)]


def test_every_page_and_view_exists():
    for row, (_, place, _, _) in rows().items():
        page, view = re.fullmatch(r"`(\w+)`(?: · (.+))?", place).groups()
        assert (ROOT / "pages" / f"{page}.py").exists(), f"{row}: there is no page {page}"
        assert view is None or view in views(page), f"{row}: the page {page} has no view {view!r}"


def test_every_module_exists():
    for row, (_, _, module, _) in rows().items():
        assert (ROOT / module.strip("`")).is_file(), f"{row}: there is no {module}"


def test_every_test_exists():
    for row, (_, _, _, test) in rows().items():
        file, name = test.strip("`").split("::")
        assert re.search(rf"def {name}\(", (ROOT / file).read_text("utf-8")), f"{row}: {file} has no {name}"


def test_every_path_in_the_documents_exists():
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        links = [document.parent / link for link in re.findall(r"(?:\]\(|src(?:set)?=\")(?!http|#)([\w./-]+)", text)]
        paths = [ROOT / path.rstrip(".") for path in re.findall(rf"`({PLACES})`", text) if "NAME" not in path]
        for path in [*links, *paths]:
            assert path.exists(), f"{document.name}: {path.relative_to(ROOT)}"


def test_every_name_to_change_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## Where to change ...")[1].split("## How")[0]
    rows_of_table = [re.findall(r"`([^`]+)`", line) for line in text.splitlines() if "`" in line]
    assert len(rows_of_table) > 10
    for cells in rows_of_table:
        paths, names = [cell for cell in cells if "." in cell], [cell for cell in cells if "." not in cell]
        sources = "".join((ROOT / path).read_text("utf-8") for path in paths)
        assert not [name for name in names if not re.search(rf"^(?:\w+, )*{name}\b", sources, re.MULTILINE)], paths


def test_no_document_knows_a_machine():
    for document in DOCUMENTS:
        assert not re.search(r"(?<![\w.}])/(?:work|root|home|Users|mnt|tmp)/\w", document.read_text("utf-8")), document


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120
