"""`python -m core maximize`: sheets, animations and figures from the command line."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from core.__main__ import BAD_INPUT, DONE, main
from tests import ROOT


def run(*arguments: str, capsys) -> tuple[int, str, str]:
    status = main(["maximize", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.slow
def test_n1_a_class_gives_a_sheet_and_one_json_object(tmp_path):
    sheet = tmp_path / "new" / "sheet.png"
    command = [sys.executable, "-m", "core", "maximize", "--objective", "class:3", "--network", "assignment"]
    done = subprocess.run(
        [*command, "--steps", "40", "--out", str(sheet), "--json"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == DONE, done.stderr
    result = json.loads(done.stdout)
    (picture,) = result["pictures"]
    assert picture["label"] == 3 and picture["confidence"] >= 0.99 and picture["end"] > picture["start"]
    assert (result["preset"], result["steps"], result["seed"]) == ("as in the assignment", 40, 0)
    assert Image.open(io.BytesIO(sheet.read_bytes())).size[0] >= 28


def test_n1_n5_classes_and_maps_are_one_sheet_each(tmp_path, capsys):
    for objective, count in (("classes", 10), ("maps:pool2", 32)):
        out = tmp_path / "sheet.png"
        status, said, _ = run("--objective", objective, "--steps", "2", "--out", str(out), "--json", capsys=capsys)
        assert status == DONE and len(json.loads(said)["pictures"]) == count
        assert np.asarray(Image.open(io.BytesIO(out.read_bytes()))).std() > 10


def test_the_same_seed_writes_the_same_sheet(tmp_path, capsys):
    sheets = []
    for number, seed in enumerate(("5", "5", "6")):
        out = tmp_path / f"{number}.png"
        assert run("--steps", "3", "--seed", seed, "--out", str(out), capsys=capsys)[0] == DONE
        sheets.append(out.read_bytes())
    assert sheets[0] == sheets[1] != sheets[2]


def test_the_climb_can_be_kept_as_an_animation_and_as_numbers(tmp_path, capsys):
    moving, numbers = tmp_path / "climb.apng", tmp_path / "climb.npz"
    for out in (moving, numbers):
        assert run("--objective", "class:7", "--steps", "5", "--out", str(out), capsys=capsys)[0] == DONE
    assert Image.open(io.BytesIO(moving.read_bytes())).n_frames == 6
    with np.load(numbers) as found:
        assert found["images"].shape == (6, 1, 28, 28) and found["costs"].shape == (6, 1) and not found["dead"].any()


def test_people_get_a_line_per_picture_and_dead_neurons_are_named(capsys):
    status, said, _ = run("--objective", "maps:pool2", "--steps", "20", "--preset", "shrinking blur", capsys=capsys)
    lines = said.splitlines()
    assert status == DONE and len(lines) == 32 and lines[4].startswith("pool2 4 ") and "dead" in lines[4]
    assert "dead" not in lines[7]


def test_the_magnitude_of_the_chosen_set_is_kept_fixed(capsys):
    arguments = ("--objective", "class:3", "--preset", "magnitude-constrained", "--steps", "30", "--json")
    status, said, _ = run(*arguments, "--dataset", "offline digits", capsys=capsys)
    (picture,) = json.loads(said)["pictures"]
    assert status == DONE and picture["label"] == 3 and picture["end"] > picture["start"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--objective", "map:pool9:1"), "There is no stage called 'pool9'"),
        (("--objective", "map:pool2:99"), "There is no map 99 here"),
        (("--objective", "dream"), "'dream' is no objective"),
        (("--network", "nobody"), "There is no network called 'nobody'"),
        (("--steps", "0"), "The setting steps must be from 1"),
        (("--out", "sheet.jpg"), "--out takes a name that ends in .png, .apng, .npz"),
    ],
)
def test_bad_input_costs_one_sentence_and_status_2(arguments, sentence, capsys):
    status, said, complaint = run(*arguments, capsys=capsys)
    assert status == BAD_INPUT and said == "" and sentence in complaint and complaint.count("\n") == 1
