"""Where digits come from (D1, D2, D8): splits, the order of sources, the offline set, broken files, sister sets."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets as vision

from core.digits import datasets
from core.digits.datasets import DATA_VARIABLE, OFFLINE, STORED_DATASETS, DatasetError
from core.digits.layouts import LAYOUTS
from tests.set_files import CLASS_COUNTS, idx, make_set

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


pytestmark = pytest.mark.usefixtures("no_sets")


# D1: MNIST itself


@pytest.mark.mnist
def test_d1_mnist_is_split_50000_10000_10000(real_mnist):
    assert real_mnist.describe()["sizes"] == {"train": 50_000, "validation": 10_000, "test": 10_000}
    assert real_mnist.classes == tuple("0123456789")
    assert real_mnist.train.labels.bincount().sum() == 50_000


@pytest.mark.mnist
def test_d1_mnist_is_the_real_one(real_mnist):
    """The sum is that of the published files (unpacked, their md5 begin 6bbc9ace, a25bea73, 2646ac64, 27ae3e4e)."""
    assert real_mnist.sha256 == "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"
    assert real_mnist.test.labels[:5].tolist() == [7, 2, 1, 0, 4]


@pytest.mark.mnist
def test_d1_images_are_float_pictures_in_0_to_1(real_mnist):
    index = torch.tensor([5, 3])
    images = real_mnist.train.images(index)
    assert images.shape == (2, 1, 28, 28) and images.dtype == torch.float32
    assert images.min() == 0 and images.max() <= 1
    assert torch.equal((images[1, 0] * 255).round().byte(), real_mnist.train.pixels[3])
    assert real_mnist.test.images(slice(0, 7)).shape == (7, 1, 28, 28)


def test_d1_images_do_not_write_into_the_shared_pixels(tmp_path):
    digits = datasets.read_dataset("MNIST", make_set(tmp_path), "made").train
    before = digits.pixels.clone()
    digits.images().fill_(0)
    assert torch.equal(digits.pixels, before)


# D2: splits


def test_d2_splits_are_disjoint_and_the_same_every_time(tmp_path):
    one, two = (datasets.read_dataset("MNIST", make_set(tmp_path), "made") for _ in range(2))
    assert torch.equal(one.train.pixels, two.train.pixels) and torch.equal(one.validation.labels, two.validation.labels)
    pictures = [picture.numpy().tobytes() for part in (one.train, one.validation) for picture in part.pixels]
    assert len(set(pictures)) == len(pictures) == 60


def test_d2_the_split_does_not_depend_on_the_global_seed(tmp_path):
    make_set(tmp_path)
    torch.manual_seed(1)
    one = datasets.read_dataset("MNIST", tmp_path, "made")
    torch.manual_seed(2)
    assert torch.equal(one.train.labels, datasets.read_dataset("MNIST", tmp_path, "made").train.labels)


def test_d2_a_sixth_of_the_training_file_is_held_out_and_the_test_file_keeps_its_order(tmp_path):
    made = datasets.read_dataset("MNIST", make_set(tmp_path), "made")
    assert [len(part) for part in (made.train, made.validation, made.test)] == [50, 10, 12]
    assert made.test.labels.tolist() == [*range(10), 0, 1]


def test_d2_first_takes_pictures_with_their_labels(tmp_path):
    train = datasets.read_dataset("MNIST", make_set(tmp_path), "made").train
    few = train.first(7)
    assert len(few) == 7 and torch.equal(few.pixels, train.pixels[:7]) and torch.equal(few.labels, train.labels[:7])


# D8: where a set comes from


def test_d8_the_named_folder_comes_before_the_projects_own(monkeypatch, tmp_path):
    make_set(tmp_path / "data", seed=1)
    in_project = datasets.load("MNIST")
    monkeypatch.setenv(DATA_VARIABLE, str(make_set(tmp_path / "school", seed=2)))
    named = datasets.load("MNIST")
    assert (in_project.source, named.source) == ("the folder data", "the folder school")
    assert in_project.sha256 != named.sha256


@pytest.mark.parametrize("folder", ["empty", "not there"])
def test_d8_a_named_folder_without_the_set_falls_through(monkeypatch, tmp_path, folder):
    make_set(tmp_path / "data")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / folder))
    assert datasets.load("MNIST").source == "the folder data"


def test_d8_a_set_that_is_nowhere_is_an_error_that_says_how_to_get_it():
    assert not datasets.is_available("KMNIST")
    with pytest.raises(DatasetError, match=r'python -m core data "KMNIST".*NEGATIVE_SPACE_DATA.*KMNIST/raw'):
        datasets.load("KMNIST")


def test_d8_an_unknown_name_lists_the_known_ones():
    with pytest.raises(DatasetError, match="'CIFAR'.*Fashion-MNIST.*offline digits"):
        datasets.load("CIFAR")


def test_d8_load_or_offline_takes_what_is_there_and_never_downloads(monkeypatch, tmp_path):
    monkeypatch.setattr("core.digits.downloads.download", lambda *_, **__: pytest.fail("it downloaded"))
    assert datasets.load_or_offline("MNIST").name == OFFLINE
    make_set(tmp_path / "data")
    assert datasets.load_or_offline("MNIST").name == "MNIST"


def test_d8_describe_says_what_it_is_and_fits_in_json(tmp_path):
    made = datasets.read_dataset("Fashion-MNIST", make_set(tmp_path, "Fashion-MNIST"), "made here")
    described = json.loads(json.dumps(made.describe()))
    assert described["name"] == "Fashion-MNIST" and described["source"] == "made here"
    assert described["sizes"] == {"train": 50, "validation": 10, "test": 12}
    assert described["classes"][1] == "Trouser" and len(described["sha256"]) == 64


# The sister sets


@pytest.mark.parametrize("name", STORED_DATASETS)
def test_d1_d6_every_named_set_loads_from_torchvisions_layout(monkeypatch, tmp_path, name):
    monkeypatch.setenv(DATA_VARIABLE, str(make_set(tmp_path / "sets", name, train=120, test=60)))
    loaded = datasets.load(name)
    assert loaded.name == name and len(loaded.classes) == CLASS_COUNTS[name]
    assert [len(part) for part in (loaded.train, loaded.validation, loaded.test)] == [100, 20, 60]
    assert loaded.train.pixels.dtype == torch.uint8 and loaded.train.labels.dtype == torch.int64
    assert loaded.test.labels[:50].tolist() == [index % CLASS_COUNTS[name] for index in range(50)]


@pytest.mark.parametrize("name", STORED_DATASETS)
def test_d1_what_is_read_is_what_torchvision_reads(tmp_path, name):
    loaded = datasets.read_dataset(name, make_set(tmp_path, name, train=120, test=60), "made")
    kind = getattr(vision, LAYOUTS[name].kind)
    asked = {"QMNIST": {"what": "test10k"}}.get(name, {"train": False})
    theirs = kind(str(tmp_path), **asked, **({"split": name.split()[1]} if name.startswith("EMNIST") else {}))
    first = LAYOUTS[name].first_label
    pixels = theirs.data.transpose(1, 2) if name.startswith("EMNIST") else theirs.data
    assert torch.equal(loaded.test.pixels, pixels)
    assert (loaded.test.labels + first).tolist() == [theirs[index][1] for index in range(len(theirs))]
    assert [one.split(" - ")[0] for one in theirs.classes][first:] == list(loaded.classes)


@pytest.mark.parametrize("name", STORED_DATASETS)
def test_d1_pictures_are_upright_in_every_set(tmp_path, name):
    """EMNIST's files hold them on their side; `make_set` writes them so."""
    loaded = datasets.read_dataset(name, make_set(tmp_path, name), "made")
    assert (loaded.train.pixels[:, 0, :] == 255).all() and (loaded.test.pixels[:, 1:, :] < 100).all()


def test_d1_qmnist_keeps_the_10000_that_match_mnists_test_file(tmp_path):
    loaded = datasets.read_dataset("QMNIST", make_set(tmp_path, "QMNIST", test=10_050), "made")
    assert len(loaded.test) == 10_000


def test_d8_the_two_emnist_sets_share_a_folder_without_being_taken_for_each_other(tmp_path):
    make_set(tmp_path / "data", "EMNIST digits")
    assert datasets.is_available("EMNIST digits") and not datasets.is_available("EMNIST balanced")


# Broken files


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def reverse_bytes(path: Path) -> None:
    path.write_bytes(path.read_bytes()[::-1])


def leave_only_the_start(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:6])


@pytest.mark.parametrize("name", ["MNIST", "EMNIST digits", "QMNIST"])
@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut, "truncated"),
        (leave_only_the_start, "truncated"),
        (lengthen, "too long"),
        (empty, "not what its name says"),
        (reverse_bytes, "not what its name says"),
        (Path.unlink, "missing"),
    ],
)
def test_d8_a_broken_file_is_named_and_the_set_never_half_used(monkeypatch, tmp_path, name, which, damage, said):
    make_set(tmp_path / "data", name)  # a whole one further on must not hide the broken one
    folder = make_set(tmp_path / "school", name, train=240, test=240)
    broken = LAYOUTS[name].paths(folder)[which]
    damage(broken)
    monkeypatch.setenv(DATA_VARIABLE, str(folder))
    with pytest.raises(DatasetError, match=f"^The file {broken.name} .*{said}.*\\.$"):
        datasets.load_or_offline(name)


def test_d8_the_sentence_on_a_truncated_file_gives_both_sizes(tmp_path):
    make_set(tmp_path)
    cut(tmp_path / "MNIST" / "raw" / TEST_IMAGES)
    with pytest.raises(DatasetError, match="is truncated: 9,324 bytes where its header says 9,424"):
        datasets.read_dataset("MNIST", tmp_path, "made")


def rewrite(root: Path, file: str, array: np.ndarray) -> Path:
    (root / "MNIST" / "raw" / file).write_bytes(idx("-".join(file.split("-")[-2:]), array))
    return root


def test_d8_pictures_and_labels_that_do_not_belong_together_are_refused(tmp_path):
    rewrite(make_set(tmp_path), TRAIN_LABELS, np.zeros(59, np.uint8))
    with pytest.raises(DatasetError, match=f"{TRAIN_IMAGES} and {TRAIN_LABELS} hold 60 pictures and 59 labels"):
        datasets.read_dataset("MNIST", tmp_path, "made")


def test_d8_images_and_labels_files_with_their_names_swapped_are_refused(tmp_path):
    raw = make_set(tmp_path) / "MNIST" / "raw"
    images, labels = (raw / TEST_IMAGES).read_bytes(), (raw / TEST_LABELS).read_bytes()
    (raw / TEST_IMAGES).write_bytes(labels)
    (raw / TEST_LABELS).write_bytes(images)
    with pytest.raises(DatasetError, match=TEST_IMAGES):
        datasets.read_dataset("MNIST", tmp_path, "made")


@pytest.mark.parametrize(
    ("file", "array", "said"),
    [
        (TEST_LABELS, np.full(12, 10, np.uint8), "labels outside 0 to 9"),
        (TEST_IMAGES, np.zeros((12, 32, 28), np.uint8), "32x28 pixels, not 28x28"),
    ],
)
def test_d8_what_no_digit_can_be_is_refused_by_name(tmp_path, file, array, said):
    rewrite(make_set(tmp_path), file, array)
    with pytest.raises(DatasetError, match=f"{file} .*{said}"):
        datasets.read_dataset("MNIST", tmp_path, "made")


def test_d8_a_set_without_pictures_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="0 pictures"):
        datasets.read_dataset("MNIST", make_set(tmp_path, test=0), "made")


# The offline digits


@pytest.fixture(scope="module")
def offline():
    return datasets.load(datasets.OFFLINE)


def test_d8_the_offline_set_is_1797_real_digits_in_three_splits(offline):
    assert offline.name == OFFLINE and offline.source == "scikit-learn"
    assert [len(part) for part in (offline.train, offline.validation, offline.test)] == [1197, 200, 400]
    assert offline.classes == tuple("0123456789")
    assert all(part.labels.unique().tolist() == list(range(10)) for part in (offline.train, offline.test))


def test_d8_offline_digits_have_mnists_form(offline):
    """A 20x20 box in uint8 28x28, full ink somewhere, the centre of mass within half a pixel of (14, 14)."""
    pixels = offline.train.pixels
    assert pixels.shape == (1197, 28, 28) and pixels.dtype == torch.uint8
    assert (pixels.amax(dim=(1, 2)) == 255).all()
    inked, places, ink = pixels > 0, torch.arange(28.0), pixels.float()
    for across in (1, 2):
        lines = inked.any(dim=across).int()
        extents = 28 - lines.argmax(dim=1) - lines.flip(1).argmax(dim=1)
        assert extents.max() <= 20
        centers = (ink.sum(dim=across) @ places) / ink.sum(dim=(1, 2))
        assert (centers - 14).abs().max() <= 0.51


@pytest.mark.mnist
def test_d8_offline_digits_have_about_mnists_amount_of_ink(offline, real_mnist):
    ours, theirs = offline.train.images(), real_mnist.train.images(slice(0, 5000))
    assert ours.mean().item() == pytest.approx(theirs.mean().item(), rel=0.1)
    assert (ours > 0).float().mean().item() == pytest.approx((theirs > 0).float().mean().item(), rel=0.1)


def test_d8_the_offline_set_is_the_same_every_time_and_loads_by_name(offline):
    again = datasets.load(OFFLINE)
    assert datasets.is_available(OFFLINE) and again.sha256 == offline.sha256
    assert torch.equal(again.test.pixels, offline.test.pixels)
