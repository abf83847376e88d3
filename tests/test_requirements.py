"""The lock files hold everything that the app and its tests need, with hashes; the page of licences names all of it."""

import ast
import re
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from tests import ROOT
from tests.licences import ALL, APP, licence_of, locked, written

LOCKS = {APP: ["requirements.txt"], ALL: ["requirements.txt", "requirements-tests.txt"]}
HASHED = re.compile(r"[a-z0-9.-]+==\S+(?: ; [^\\]+)? \\(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+")


def named(file: str) -> list[Requirement]:
    """Return what a requirements file names itself."""
    lines = (ROOT / file).read_text().splitlines()
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_the_lock_holds_what_is_named_in_the_version_that_is_named(lock):
    found = locked(lock)
    for wanted in (one for file in LOCKS[lock] for one in named(file)):
        assert found.get(normal(wanted.name)) == {str(wanted.specifier).removeprefix("==")}, f"{wanted}: `make lock`"


def test_all_that_the_app_imports_is_named():
    """What another package merely pulls in may be gone with its next version."""
    sources = [path for part in ("core", "dashboard", "pages") for path in (ROOT / part).rglob("*.py")]
    nodes = [node for path in sources for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    tops = {name.partition(".")[0] for name in imported} - {"core", "dashboard", *sys.stdlib_module_names}
    owners = metadata.packages_distributions()
    names = {normal(one.name) for one in named("requirements.txt")}
    missing = {top for top in tops if names.isdisjoint(map(normal, owners[top]))}
    assert tops and missing == set()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_line_of_the_lock_is_a_version_with_its_hashes_and_no_address(lock):
    text = lock.read_text()
    assert "://" not in text
    assert HASHED.sub("", text).strip() == ""


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_the_lock_holds_all_that_its_packages_pull_in(lock):
    found = locked(lock)
    for name in found:
        try:
            pulled = [Requirement(line) for line in metadata.requires(name) or ()]
        except metadata.PackageNotFoundError:  # of another platform or version of Python
            continue
        for one in pulled:
            if one.marker is None or one.marker.evaluate({"extra": ""}):
                assert normal(one.name) in {*found, "pip"}, f"{name} needs {one}: `make lock`"


def test_the_app_has_no_version_of_its_own():
    everything = locked(ALL)
    assert all(versions == everything[name] for name, versions in locked(APP).items())


def test_what_is_installed_is_what_is_locked():
    for name, versions in locked(ALL).items():
        try:
            assert metadata.version(name) in versions, f"{name}: `make setup`"
        except metadata.PackageNotFoundError:
            continue


def test_the_page_names_the_licence_of_every_locked_package():
    page = written()
    assert list(page) == list(locked(ALL)), "`make lock` writes docs/licences.md"
    for name, licence in page.items():
        assert licence not in ("", "?"), name
        assert licence_of(name) in (None, licence), name
