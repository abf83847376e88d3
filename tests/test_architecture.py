"""The plan of the house, checked by reading the sources: which room may import which, and where special things live."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import core
import dashboard
from tests import ROOT

SOURCES = [path.relative_to(ROOT) for part in ("core", "dashboard", "pages") for path in (ROOT / part).rglob("*.py")]
ABOVE = {  # what a part must never import
    "core": {"streamlit", "streamlit_drawable_canvas", "dashboard", "pages", "tests"},
    "dashboard": {"pages", "tests"},
    "pages": {"torch", "torchvision", "numpy", "core", "pages", "tests"},
}
SHARED = ("components", "server", "address", "widgets", "shell")  # dashboard's rooms, from the bottom up
MAX_BODY = 50  # lines


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"))


def module_of(path: Path) -> str:
    """Return the dotted name; a folder's `__init__` is the folder."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in SOURCES}


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything that a file imports, also inside its functions."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and loads_by_name(node) and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)


def loads_by_name(call: ast.Call) -> bool:
    return ast.unparse(call.func) in ("import_module", "importlib.import_module")


def room(name: str) -> str:
    """Return the room of a dotted name: `core.digits.datasets` is in `digits`; a loose module is a room by itself."""
    return (name.split(".") + [""])[1]


def rooms_used(path: Path) -> set[str]:
    """Return the rooms of the same part that a file imports from, without its own."""
    part = path.parts[0]
    return {room(name) for name in imports(path) if name.split(".")[0] == part} - {room(module_of(path)), ""}


def test_the_sources_are_found():
    """Otherwise every other test here would hold for nothing."""
    assert {"core.networks.classifier", "dashboard.widgets.canvas", "pages.compare"} <= set(MODULES)
    assert {"torch", "core.digits.datasets.Digits"} <= set(imports(MODULES["core.restoration.restorer"]))


def test_nothing_imports_from_above_itself():
    for path in SOURCES:
        packages = {name.split(".")[0] for name in imports(path)}
        assert not packages & ABOVE[path.parts[0]], path


def test_rooms_of_core_import_only_rooms_that_stand_before_them():
    for path in SOURCES:
        if path.parts[0] == "core" and len(path.parts) > 2:
            place = core.ROOMS.index(path.parts[1])
            assert not rooms_used(path) - set(core.ROOMS[:place]), path


def test_every_room_has_a_place_on_the_map():
    folders = {path.parts[1] for path in SOURCES if path.parts[0] == "core" and len(path.parts) > 2}
    assert folders == set(core.ROOMS)
    folders = {path.parts[1] for path in SOURCES if path.parts[0] == "dashboard" and len(path.parts) > 2}
    assert folders == {*SHARED, *dashboard.PAGES}


def test_pages_folders_never_import_each_other():
    for path in SOURCES:
        if path.parts[0] == "dashboard" and path.parts[1] in dashboard.PAGES:
            assert rooms_used(path) <= set(SHARED), path


def test_shared_rooms_of_the_dashboard_import_only_rooms_below_them():
    for path in SOURCES:
        if path.parts[0] == "dashboard" and path.parts[1] in SHARED:
            place = SHARED.index(path.parts[1])
            assert rooms_used(path) <= set(SHARED[:place]), path


def test_a_page_has_one_name_everywhere():
    assert {path.stem for path in SOURCES if path.parts[0] == "pages"} == set(dashboard.PAGES)
    for page in dashboard.PAGES:
        assert (ROOT / "dashboard" / page / "__init__.py").exists(), page


def test_a_page_is_one_call():
    for page in dashboard.PAGES:
        body = [node for node in tree(Path("pages") / f"{page}.py").body if not isinstance(node, ast.ImportFrom)]
        assert [type(node).__name__ for node in body] == ["Expr", "Expr"], page  # a docstring and a call


def test_visualization_draws_arrays_and_knows_no_network():
    for path in SOURCES:
        if path.parts[:2] == ("core", "visualization"):
            assert rooms_used(path) <= {"system"}, path  # for signs, which any number on the screen may need


def test_no_module_imports_itself_in_a_circle():
    graph = {}
    for module, path in MODULES.items():
        found = {name if name in MODULES else name.rpartition(".")[0] for name in imports(path)}
        graph[module] = (found & set(MODULES)) - {module}
    assert sum(map(len, graph.values())) > 100
    TopologicalSorter(graph).prepare()  # raises CycleError and names the circle


def test_modules_whose_names_are_computed_are_loaded_in_few_places():
    """The tests above cannot see such imports; `datasets` loads its MAKERS so, which import it."""
    calls = {path: [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)] for path in SOURCES}
    computed = {
        path.as_posix()
        for path, found in calls.items()
        if any(loads_by_name(call) and not isinstance(call.args[0], ast.Constant) for call in found)
    }
    jobs = {"core/jobs/control.py", "core/jobs/fork_server.py", "core/jobs/worker.py"}
    assert computed == jobs | {
        "core/__main__.py",
        "core/digits/datasets.py",
        "dashboard/server/warm_up.py",
        "dashboard/shell/search.py",
    }


def test_only_the_server_room_uses_private_parts_of_streamlit():
    for path in SOURCES:
        private = {name for name in imports(path) if name.startswith(("streamlit.runtime", "streamlit.web"))}
        private |= {"_stcore"} if "/_stcore" in (ROOT / path).read_text("utf-8") else set()
        assert not private or path.parent.as_posix() == "dashboard/server/streamlit_internals", path


def test_only_the_shared_caches_and_a_pages_own_cached_module_cache():
    for path in SOURCES:
        names = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
        caches = names & {"cache_data", "cache_resource"}
        assert not caches or path.as_posix() == "dashboard/server/caches.py" or path.name == "cached.py", path


def test_functions_stay_short():
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.body[0].lineno < MAX_BODY, f"{path}: {node.name}"


def test_limits_have_one_prefix():
    """MAX_ for the largest and MIN_ for the smallest that is allowed."""
    others = re.compile("(MOST|LARGEST|LONGEST|BIGGEST|THICKEST|LEAST|SMALLEST|SHORTEST)(_|$)")
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                assert not others.match(node.id), f"{path}: {node.id}"


def test_importing_has_no_effects():
    """Only pages and the entry are scripts; no other module calls something for its effect at its top."""
    for path in SOURCES:
        if path.parts[0] != "pages" and path.as_posix() != "dashboard/app.py":
            calls = [
                node for node in tree(path).body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
            ]
            assert not calls, path


def test_no_source_knows_a_machine():
    """No folder of a particular machine is named in the sources, the settings or the shipped cards."""
    kept = [ROOT / path for path in SOURCES] + sorted((ROOT / "tests").glob("*.py"))
    kept += [ROOT / "Makefile", ROOT / "pyproject.toml", *sorted((ROOT / "checkpoints").glob("*.json"))]
    folders = re.compile(r"(?<![\w.}])/(?:work|root|home|Users|mnt)/\w")
    for path in kept:
        assert not folders.search(path.read_text("utf-8")), path


def test_tests_share_helpers_and_never_import_each_other():
    for path in sorted((ROOT / "tests").rglob("*.py")):
        assert not re.search(r"(?:from|import) tests(?:\.| import )test_", path.read_text("utf-8")), path


def test_every_upload_says_how_large_its_files_may_be():
    """What Streamlit's configuration allows is meant for the largest upload only."""
    nodes = [node for path in SOURCES for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    uploads = [node for node in nodes if isinstance(node.func, ast.Attribute) and node.func.attr == "file_uploader"]
    assert uploads
    for node in uploads:
        assert "max_upload_size" in [one.arg for one in node.keywords], ast.unparse(node)


def test_signed_numbers_are_written_in_one_place_with_minus_signs():
    signed = re.compile(r"(?<!%)\{[^{}]*:\+[.\d]*[efg%]?\}|replace\(.-., .−.\)")
    written = {path.as_posix() for path in SOURCES if signed.search((ROOT / path).read_text("utf-8"))}
    assert written == {"core/system/number_format.py"}
