"""The plan of the house, held by reading the sources: who may import whom, and how large a file may grow."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.browser import ROOT

PARTS = ("core", "dashboard", "pages")
SOURCES = [path.relative_to(ROOT) for part in PARTS for path in sorted((ROOT / part).rglob("*.py"))]
CORE = [path for path in SOURCES if path.parts[0] == "core"]
# From the bottom up; a module imports from its own storey and from those below it.
STOREYS = (
    {"files", "locks", "names", "scores", "lessons"},
    {"datasets", "offline", "downloads", "pmnist", "drawing", "pictures", "architectures", "composing"},
    {"networks", "inversion"},
    {"training", "training_config", "training_modes", "training_state", "adversarial_training"}
    | {"evaluation", "holes", "likeness", "references", "restoration", "hole_finding"}
    | {"feature_maps", "convolution", "adversarial", "maximization", "attribution"}
    | {"similarity", "second_model", "transfer", "atlas", "absence", "heads", "algebra"}
    | {"quiz"},
    {"checkpoints", "recipes", "origins", "studies"}
    | {"jobs", "presets", "exports", "generation", "rooms"},
    {"visualization"}  # only what speaks to people draws
    | {"__main__", "commands"},
)
LARGEST_FILE, LARGEST_BODY = 250, 50


def names(paths: list[Path]) -> list[str]:
    return [path.as_posix() for path in paths]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"))


def module_of(path: Path) -> str:
    """Return the dotted name; a folder's `__init__` is the folder."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imported_by(path: Path, nodes: list[ast.AST]) -> Iterator[str]:
    """Yield every dotted name that these nodes import; `from core import inversion` is `core.inversion.functions`."""
    package = path.parent.parts
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imports(path: Path) -> set[str]:
    """Return what a file imports anywhere, also inside its functions."""
    return set(imported_by(path, list(ast.walk(tree(path)))))


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def core_part(name: str) -> str | None:
    """Return the module of core that a dotted name is about, `visualization` for all of that folder."""
    pieces = name.split(".")
    return pieces[1] if pieces[0] == "core" and len(pieces) > 1 else None


def storey(part: str) -> int:
    found = [number for number, modules in enumerate(STOREYS) if part in modules]
    assert found, f"core/{part} has no place in the house yet: add it to STOREYS"
    return found[0]


def test_the_sources_are_found():
    """Were there none, everything here would hold."""
    assert {"core/networks/classifier.py", "dashboard/widgets/canvas.py"} <= set(names(SOURCES))
    assert imports(Path("core/restoration/restorer.py")) >= {"torch", "core.digits.datasets.Digits", "core.networks.classifier.Classifier"}


@pytest.mark.parametrize("path", CORE, ids=names(CORE))
def test_core_knows_nothing_of_streamlit_or_of_what_is_above_it(path):
    assert not packages(path) & {"streamlit", "streamlit_drawable_canvas", "dashboard", "pages", "tests"}


@pytest.mark.parametrize("path", [path for path in SOURCES if path.parts[0] == "dashboard"], ids=str)
def test_the_dashboard_never_imports_pages_or_tests(path):
    assert not packages(path) & {"pages", "tests"}


@pytest.mark.parametrize("path", [path for path in SOURCES if path.parts[0] == "pages"], ids=str)
def test_pages_import_no_torch_no_numpy_and_no_other_page(path):
    assert not packages(path) & {"torch", "torchvision", "numpy", "pages", "tests"}


@pytest.mark.parametrize("path", [path for path in CORE if "visualization" not in path.parts], ids=str)
def test_core_imports_from_its_own_storey_or_from_below(path):
    part = path.parts[1].removesuffix(".py")  # all of a folder stands on one storey
    if part == "__init__":
        assert not imports(path)
        return
    used = {core_part(name) for name in imports(path)} - {None}
    above = {other for other in used if storey(other) > storey(part)}
    assert not above, f"core/{part} imports what stands above it"


@pytest.mark.parametrize("path", [path for path in CORE if "visualization" in path.parts], ids=str)
def test_visualization_imports_no_other_part_of_core(path):
    assert {core_part(name) for name in imports(path)} <= {None, "visualization"}


def test_nothing_imports_itself_in_a_circle():
    """Only imports at the top of a file count: one inside a function runs when everything is there."""
    modules = {module_of(path): path for path in SOURCES}
    graph = {}
    for module, path in modules.items():
        wanted = imported_by(path, list(tree(path).body))
        found = {name if name in modules else name.rpartition(".")[0] for name in wanted}
        graph[module] = (found & set(modules)) - {module}
    assert sum(map(len, graph.values())) > 10
    TopologicalSorter(graph).prepare()  # raises CycleError and names the circle


def caches(node: ast.AST) -> bool:
    named = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
    asked = {node.attr} if isinstance(node, ast.Attribute) else set()
    return bool((named | asked) & {"cache_data", "cache_resource"})


def test_only_one_file_caches():
    users = {path.as_posix() for path in SOURCES if any(caches(node) for node in ast.walk(tree(path)))}
    assert users == {"dashboard/server/cache.py"}


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_files_and_functions_stay_short(path):
    assert len((ROOT / path).read_text("utf-8").splitlines()) <= LARGEST_FILE
    functions = [n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [node.name for node in functions if node.end_lineno - node.body[0].lineno + 1 > LARGEST_BODY]
    assert not long


@pytest.mark.parametrize("path", [path for path in SOURCES if path.parts[0] != "pages" and path.stem != "app"], ids=str)
def test_importing_has_no_effects(path):
    """Nothing is called for what it does at the top of a module; only pages and the entry are scripts."""
    calls = [node for node in tree(path).body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    assert not calls


def test_no_source_knows_a_machine():
    """Neither somebody's folders nor this one's are in the sources, the settings or the shipped cards."""
    kept = [ROOT / path for path in SOURCES] + sorted((ROOT / "tests").glob("*.py"))
    kept += [ROOT / "Makefile", ROOT / "pyproject.toml", *sorted((ROOT / "checkpoints").glob("*.json"))]
    folders = re.compile(r"(?<![\w.}])/(?:work|root|home|Users|mnt)/\w")
    for path in kept:
        assert not folders.search(path.read_text("utf-8")), path.name
