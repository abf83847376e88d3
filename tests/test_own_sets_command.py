"""`python -m core data --own`: one's own files become a set that the other verbs take."""

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.digits import datasets
from tests.own_sets import NAMES, every_format, folders, pictures


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(tmp_path / "data"))


def write(folder: Path, files: list[tuple[str, bytes]]) -> list[str]:
    for name, content in files:
        (folder / name).write_bytes(content)
    return [str(folder / name) for name, _ in files]


def test_a_zip_of_folders_becomes_a_set_that_other_verbs_take(tmp_path, capsys):
    paths = write(tmp_path, [("Fruit.zip", folders(*pictures(120)))])
    assert main(["data", "--own", *paths, "--seed", "3", "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["name"] == "own:fruit" and described["classes"] == list(NAMES)
    assert described["sizes"] == {"train": 80, "validation": 20, "test": 20} and "seed 3" in described["source"]
    assert main(["data", "own:fruit", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == described
    assert main(["evaluate", "--all", "--dataset", "own:fruit"]) == 2  # it is taken, and no network has its classes
    assert "No shipped network has the classes of" in capsys.readouterr().err


def test_several_idx_files_and_a_name(tmp_path, capsys):
    assert main(["data", "--own", *write(tmp_path, every_format()["IDX"]), "--name", "bars", "--invert", "yes"]) == 0
    assert "--dataset own:bars" in capsys.readouterr().err and (tmp_path / "data" / "own" / "bars.npz").is_file()
    assert datasets.load("own:bars").train.images().mean() > 0.5


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"hello", "a", "is not a ZIP of folders"),
        (every_format()["NPZ"][0][1], "../a", "is no name of a set"),
    ],
)
def test_what_is_no_set_or_no_name_is_one_sentence(tmp_path, capsys, content, name, sentence):
    file = "a.npz" if content[:2] == b"PK" else "a.bin"
    assert main(["data", "--own", *write(tmp_path, [(file, content)]), "--name", name]) == 2
    assert sentence in capsys.readouterr().err and not list(tmp_path.glob("data/**/*.npz"))
    assert main(["data", "--own", str(tmp_path / "gone.zip")]) == 2
    assert "gone.zip" in capsys.readouterr().err
