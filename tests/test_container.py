"""The container: what it copies is enough to run, its user has no rights, all that is written goes to one place."""

import re
import shutil
from pathlib import Path

import pytest

from dashboard import PAGES
from tests import ROOT
from tests.browser import serve
from tests.visitor import Visitor, run

RECIPE = (ROOT / "Dockerfile").read_text()
COPIED = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.M)


def test_it_runs_without_rights_and_is_asked_for_its_health():
    assert re.search(r"^USER 1000$", RECIPE, re.M) and RECIPE.index("USER 1000") < RECIPE.index('CMD ["sh"')
    assert "HEALTHCHECK" in RECIPE and "/_stcore/health" in RECIPE
    assert re.findall(r"^VOLUME (.+)$", RECIPE, re.M) == ["/state"]


def test_every_package_but_torch_is_checked_by_its_hash():
    assert re.findall(r"^RUN (make .+)$", RECIPE, re.M) == ['make setup LOCK=requirements.lock CPU_INDEX="$CPU_INDEX"']
    assert "pip install" not in RECIPE and "--require-hashes" in (ROOT / "Makefile").read_text()


@pytest.mark.slow
def test_what_is_copied_shows_every_page_and_writes_to_the_volume_only(tmp_path: Path):
    image, state = tmp_path / "image", tmp_path / "state"
    (state / "data").mkdir(parents=True)
    image.mkdir()
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, image / name)
    (image / "data").symlink_to(state / "data")
    before = set(image.rglob("*"))
    where = {"HOME": str(state), "NEGATIVE_SPACE_RUNS": str(state / "runs"), "PYTHONDONTWRITEBYTECODE": "1"}
    with serve("dashboard", folder=image, **where) as address:
        assert run(_errors(address)) == 0
    assert set(image.rglob("*")) == before


async def _errors(address: str) -> int:
    visitor = Visitor(address)
    await visitor.open("/start")
    for name in PAGES:
        await visitor.go_to(name)
    await visitor.close()
    return visitor.errors
