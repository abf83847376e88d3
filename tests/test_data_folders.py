"""Folders with data as people have them (D8): their layouts, which set they hold, which way up the pictures are."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw, ImageFont
from streamlit.testing.v1 import AppTest

from core.__main__ import main
from core.digits import datasets, downloads, orientation
from core.digits.datasets import DATA_VARIABLE, OFFLINE, DatasetError
from core.digits.downloads import MIRROR_VARIABLE, OFF
from core.digits.layouts import LAYOUTS
from core.system import checkpoint_files
from core.zoo import checkpoints
from tests import ROOT
from tests.set_files import idx, make_set

pytestmark = pytest.mark.usefixtures("no_sets")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """MNIST's folder `raw` with files of a small set, as torchvision has it."""
    return make_set(tmp_path / "school") / "MNIST" / "raw"


def pack(path: Path) -> None:
    Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def rename(path: Path) -> None:
    path.rename(path.with_name(path.name.replace("-idx", ".idx")))


def rename_and_pack(path: Path) -> None:
    rename(path)
    pack(path.with_name(path.name.replace("-idx", ".idx")))


def capitalize(path: Path) -> None:
    path.rename(path.with_name(path.name.upper()))


@pytest.mark.parametrize("change", [Path.exists, pack, rename, rename_and_pack, capitalize])
@pytest.mark.parametrize("named", [("school",), ("school", "MNIST"), ("school", "MNIST", "raw")])
def test_d8_the_root_the_set_s_folder_and_raw_can_be_named_with_files_however_they_are_called(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], named: tuple[str, ...]
):
    whole = datasets.read_dataset("MNIST", tmp_path / "school", "made").sha256
    for path in list(raw.iterdir()):
        change(path)
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path.joinpath(*named)))
    assert datasets.is_available("MNIST") and datasets.describe_named_folder() == ""
    assert datasets.load("MNIST").sha256 == whole


@pytest.mark.parametrize("name", ["mnist", "Fashion-MNIST", "fashion_mnist", "FASHIONMNIST"])
def test_d8_a_set_s_folder_may_be_written_in_other_ways_and_need_no_raw(tmp_path, monkeypatch, name):
    kind = "MNIST" if name == "mnist" else "FashionMNIST"
    made = make_set(tmp_path / "sets", {"MNIST": "MNIST"}.get(kind, "Fashion-MNIST"))
    shutil.move(made / kind / "raw", tmp_path / name)
    found = {"MNIST": "MNIST", "FashionMNIST": "Fashion-MNIST"}[kind]
    for folder in (tmp_path, tmp_path / name):
        monkeypatch.setenv(DATA_VARIABLE, str(folder))
        assert datasets.load(found).name == found
        assert not datasets.is_available("MNIST" if found != "MNIST" else "KMNIST")


def test_d8_a_tilde_is_the_home_folder(raw, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(DATA_VARIABLE, "~/school")
    assert datasets.load("MNIST").source == "the folder school"


def test_d8_files_in_a_folder_of_another_name_are_mnist_if_they_hold_digits(tmp_path, monkeypatch):
    """Offline digits stand in for MNIST's, random pictures for those of Fashion-MNIST or KMNIST."""
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "downloads"))
    raw = make_set(tmp_path / "sets") / "MNIST" / "raw"
    shutil.move(raw, tmp_path / "downloads")
    with pytest.raises(DatasetError, match="folder downloads .* several sets use, .* not MNIST's digits"):
        datasets.load("MNIST")
    assert not datasets.is_available("Fashion-MNIST") and not datasets.is_available("KMNIST")
    write_halves(tmp_path / "downloads", LAYOUTS["MNIST"].names, *offline_halves())
    assert datasets.load("MNIST").name == "MNIST"


def test_d8_a_damaged_gz_file_is_named(raw, tmp_path, monkeypatch):
    for path in list(raw.iterdir()):
        pack(path)
    broken = raw / "t10k-images-idx3-ubyte.gz"
    broken.write_bytes(broken.read_bytes()[:-30])
    monkeypatch.setenv(DATA_VARIABLE, str(raw))
    with pytest.raises(DatasetError, match=r"^The file t10k-images-idx3-ubyte.gz cannot be unpacked"):
        datasets.load("MNIST")


# What is said when a folder does not hold the set


def some_files(folder: Path) -> None:
    folder.mkdir()
    for number in range(8):
        (folder / f"picture {number}.png").touch()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: None, "which does not exist."),
        (Path.touch, "which is a file."),
        (Path.mkdir, "has no train-images-idx3-ubyte in it, in MNIST/ or in raw/: it is empty."),
        (some_files, "it holds picture 0.png, picture 1.png, .*picture 5.png and 2 more."),
    ],
)
def test_d8_a_folder_without_the_set_is_named_with_what_was_looked_for_and_what_is_there(
    tmp_path, monkeypatch, capsys, make, said
):
    make(tmp_path / "typo")
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "typo"))
    with pytest.raises(
        DatasetError,
        match=f"^MNIST is not on this machine. {DATA_VARIABLE} names '{tmp_path}/typo', .*{said} Get it with",
    ):
        datasets.load("MNIST")
    monkeypatch.setenv(MIRROR_VARIABLE, OFF)
    assert main(["data", "MNIST"]) == 2
    assert f"{DATA_VARIABLE} names" in capsys.readouterr().err


@pytest.mark.parametrize("make", [lambda folder: None, Path.touch])
def test_d8_who_mistypes_the_folder_gets_a_sentence_and_no_download(tmp_path, monkeypatch, capsys, make):
    make(tmp_path / "typo")
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "typo"))
    monkeypatch.setattr(downloads, "download", lambda *_: pytest.fail("a mirror is asked"))
    monkeypatch.setattr(datasets, "PROJECT_DATA", tmp_path / "data")
    assert main(["data", "MNIST"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert f"{DATA_VARIABLE} names '{tmp_path}/typo'" in said and "unset it to download MNIST" in said


def command(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    everything = [sys.executable, "-m", "core", *words, "--json"]
    return subprocess.run(everything, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, timeout=600)


@pytest.mark.skipif((ROOT / "data").exists(), reason="this project has MNIST in data/")
@pytest.mark.slow
def test_d8_whoever_names_a_folder_and_gets_the_offline_digits_is_told(tmp_path):
    done = command("evaluate", "standard", "--images", "20", **{DATA_VARIABLE: str(tmp_path / "typo")})
    assert done.returncode == 0 and json.loads(done.stdout)["dataset"]["name"] == OFFLINE
    first, second, *_ = done.stderr.splitlines()
    assert first == f"{DATA_VARIABLE} names '{tmp_path}/typo', which does not exist."
    assert "These are the offline digits" in second


def test_d8_the_page_says_so_too(tmp_path, monkeypatch):
    monkeypatch.setenv(MIRROR_VARIABLE, OFF)
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "typo"))

    def page() -> None:
        from core.digits import datasets
        from dashboard.widgets.data_set import show_data_notice

        show_data_notice(datasets.load_or_offline(), "")

    shown = AppTest.from_function(page).run(timeout=60)
    assert not shown.exception
    assert [warning.value for warning in shown.warning] == [
        f"{DATA_VARIABLE} names '{tmp_path}/typo', which does not exist."
    ]


# EMNIST's orientation


def offline_halves(count: int = 600) -> list[tuple[torch.Tensor, torch.Tensor]]:
    digits = datasets.load(OFFLINE)
    return [(half.pixels[:count], half.labels[:count]) for half in (digits.train, digits.test)]


def letter_halves() -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Letters that are slanted and smaller than those they are compared with, small and capital, labels from 1."""
    font = ImageFont.load_default(20)
    pixels = torch.zeros(104, 28, 28, dtype=torch.uint8)
    for number in range(104):
        sheet, letter = Image.new("L", (28, 28)), chr(ord("aA"[number // 26 % 2]) + number % 26)
        ImageDraw.Draw(sheet).text((14, 14 + number // 52), letter, fill=255, font=font, anchor="mm")
        sheet = sheet.transform(sheet.size, Image.Transform.AFFINE, (1, 0.25, -3, 0, 1, 0))
        pixels[number] = torch.tensor(list(sheet.getdata()), dtype=torch.uint8).view(28, 28)
    return [(pixels, torch.arange(104) % 26 + 1)] * 2


def write_halves(folder: Path, names: list[str], *halves: tuple[torch.Tensor, torch.Tensor]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    arrays = [array for pixels, labels in halves for array in (pixels.numpy(), labels.byte().numpy())]
    for name, array in zip(names, arrays, strict=True):
        (folder / name).write_bytes(idx("-".join(name.split("-")[-2:]), array))


@pytest.mark.parametrize("name", ["EMNIST digits", "EMNIST mnist", "EMNIST balanced", "EMNIST letters"])
def test_d1_emnist_in_both_orientations_is_the_same_set_and_its_source_says_which(tmp_path, name):
    halves = letter_halves() if name == "EMNIST letters" else offline_halves()
    swapped = [(pixels.transpose(1, 2).contiguous(), labels) for pixels, labels in halves]
    for folder, stored in (("as published", swapped), ("upright", halves)):
        write_halves(tmp_path / folder / "EMNIST" / "raw", LAYOUTS[name].names, *stored)
    one, two = (datasets.read_dataset(name, tmp_path / folder, folder) for folder in ("as published", "upright"))
    assert one.sha256 == two.sha256 and torch.equal(one.test.pixels, halves[1][0])
    assert one.source == "as published, pictures turned upright"
    assert two.source == "upright, pictures stored upright"


@pytest.mark.mnist
def test_d1_mnist_s_digits_are_recognised_upright_and_transposed(real_mnist):
    digits = real_mnist.test
    classes = tuple("0123456789")
    assert orientation.is_transposed(digits.pixels, digits.labels, classes) is False
    assert orientation.is_transposed(digits.pixels.transpose(1, 2), digits.labels, classes) is True
    assert orientation.look_like_digits(digits.pixels, digits.labels)
    assert not orientation.look_like_digits(digits.pixels, (digits.labels + 1) % 10)


# Networks and sets with other classes


@pytest.fixture
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """EMNIST letters, a small set, where NEGATIVE_SPACE_DATA says."""
    make_set(tmp_path / "sets", "EMNIST letters", train=156, test=52)
    make_set(tmp_path / "sets", "Fashion-MNIST")
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "sets"))
    return "EMNIST letters"


@pytest.mark.parametrize("dataset", ["EMNIST letters", "Fashion-MNIST"])
@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "standard"),
        ("evaluate", "--all"),
        ("evaluate", "standard", "--growing"),
        ("attack", "--digit", "0"),
        ("attack", "--universal"),
        ("study", "adversarial"),
        ("study", "similarity"),
    ],
)
def test_d8_a_network_is_not_scored_on_a_set_with_other_classes(letters, capsys, tmp_path, dataset, words):
    out = ("--out", str(tmp_path / "study.json")) if words[0] == "study" else ()
    assert main([*words, "--dataset", dataset, *out]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "classes" in said.err and dataset in said.err and "Traceback" not in said.err


@pytest.mark.slow
def test_d8_so_it_is_in_a_process_of_its_own(letters):
    done = command("evaluate", "standard", "--dataset", letters)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.splitlines() == [
        "'standard' was trained on MNIST, which has other classes than EMNIST letters: choose another data set, or "
        "train a network on this one."
    ]


def test_d8_a_trained_network_has_an_output_for_each_class_of_the_set(letters, capsys, tmp_path):
    words = ["train", "--dataset", letters, "--epochs", "1", "--out", str(tmp_path / "made"), "--json"]
    assert main([*words, "standard"]) == 0
    card = checkpoints.load_card("standard", tmp_path / "made")
    network = checkpoints.load_classifier("standard", tmp_path / "made")
    assert card.architecture["classes"] == 26 and network(torch.rand(2, 1, 28, 28)).shape == (2, 26)
    assert card.dataset["name"] == letters
    assert "standard" in json.loads(capsys.readouterr().out)["networks"]


def test_d8_a_head_that_is_reset_follows_the_set_and_one_that_is_kept_is_refused(letters, capsys, tmp_path):
    for ending in ("json", "safetensors"):
        (tmp_path / "made").mkdir(exist_ok=True)
        shutil.copy(checkpoint_files.SHIPPED / f"standard.{ending}", tmp_path / "made")
    words = ["train", "--dataset", letters, "--epochs", "1", "--out", str(tmp_path / "made")]
    assert main([*words, "missing-feature"]) == 0
    network = checkpoints.load_classifier("missing-feature", tmp_path / "made")
    assert network(torch.rand(2, 1, 28, 28)).shape == (2, 26)
    capsys.readouterr()
    assert main([*words, "missing-no-reset"]) == 2
    assert "'standard' has 10 classes and this data set 26, and its head is kept here" in capsys.readouterr().err
