"""A class's drawings as a test set: what networks read in them, and the files, read back exactly."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets.mnist import read_image_file, read_label_file

from core.classroom import class_test_set
from core.classroom.class_test_set import find_misread, read_drawings, score_networks
from core.classroom.collected_drawings import CollectedDrawing
from core.classroom.quiz_scores import Score
from core.digits.idx import read_idx
from core.digits.own_sets.reading import read_own_files
from core.digits.own_sets.splitting import make_dataset
from core.networks.evaluation import predict_labels
from core.transfer.uploaded_pictures import read_uploads
from core.zoo import checkpoints
from tests.sample_digits import real_digits

DIGITS = real_digits(12)
DRAWINGS = [
    CollectedDrawing(f"{number:032x}", int(label), pixels.numpy())
    for number, (pixels, label) in enumerate(zip(DIGITS.pixels, DIGITS.labels, strict=True))
]


def named(number: int, label: int) -> CollectedDrawing:
    return CollectedDrawing(str(number), label, np.full((28, 28), number, np.uint8))


def test_a_network_reads_each_drawing_as_it_reads_the_same_test_digit() -> None:
    network = checkpoints.load_network("standard")
    read = read_drawings(network, DRAWINGS)
    assert list(read) == [one.id for one in DRAWINGS]
    assert list(read.values()) == predict_labels(network, DIGITS).tolist()
    assert read_drawings(network, []) == {}


def test_the_score_counts_what_was_read_and_the_worst_drawings_come_first() -> None:
    drawings = [named(0, 7), named(1, 7), named(2, 3)]
    readings = {
        "a": {"0": 7, "1": 1, "2": 3},
        "b": {"0": 7, "1": 1, "2": 5},
        "c": {"0": 7, "1": 2},  # has not read the last one yet
    }
    assert score_networks(drawings, readings) == {"a": Score(2, 3), "b": Score(1, 3), "c": Score(1, 2)}
    found = [(one.drawing.id, one.wrong, one.networks, one.commonest) for one in find_misread(drawings, readings)]
    assert found == [("1", 3, 3, 1), ("2", 1, 2, 5)]
    assert len(find_misread(drawings, readings, most=1)) == 1


def test_idx_files_are_named_and_laid_out_as_mnist_and_read_back_exactly(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(class_test_set.to_idx_zip(DRAWINGS))) as archive:
        archive.extractall(tmp_path)
    images, labels = (tmp_path / "MNIST" / "raw" / name for name in class_test_set.IDX_NAMES)
    assert len(list(images.parent.iterdir())) == 2
    for pixels, classes in (
        (read_idx(images), read_idx(labels)),
        (read_image_file(str(images)), read_label_file(str(labels))),
    ):
        assert torch.equal(pixels, DIGITS.pixels) and pixels.dtype == torch.uint8
        assert torch.equal(classes.long(), DIGITS.labels)


def test_npz_reads_back_exactly_without_pickle() -> None:
    with np.load(io.BytesIO(class_test_set.to_npz(DRAWINGS)), allow_pickle=False) as arrays:
        assert sorted(arrays) == ["x_test", "y_test"]
        assert np.array_equal(arrays["x_test"], DIGITS.pixels) and np.array_equal(arrays["y_test"], DIGITS.labels)
        assert arrays["x_test"].dtype == arrays["y_test"].dtype == np.uint8


def test_pngs_stand_in_a_folder_for_each_digit_and_read_back_exactly() -> None:
    content = class_test_set.to_png_zip(DRAWINGS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        for name, drawing in zip(names, DRAWINGS, strict=True):
            assert name.split("/")[0] == str(drawing.label)
            assert np.array_equal(np.asarray(Image.open(archive.open(name))), drawing.pixels)
    assert len(read_uploads([("drawings.zip", content)]).names) == len(DRAWINGS), "the page Transfer reads it, too"


@pytest.mark.parametrize("end", ["idx.zip", "npz", "png.zip"])
def test_every_file_loads_as_a_set_of_one_s_own(end: str) -> None:
    drawings = [replace(one, id=str(at)) for at, one in enumerate(3 * DRAWINGS)]
    make = {"idx.zip": class_test_set.to_idx_zip, "npz": class_test_set.to_npz, "png.zip": class_test_set.to_png_zip}
    loaded = make_dataset(read_own_files([(f"class-1.{end}", make[end](drawings))]), "our class", invert=False)
    parts = (loaded.train, loaded.validation, loaded.test)
    assert all(map(len, parts)) and sum(map(len, parts)) == len(drawings)
    for part in parts:
        for pixels, label in zip(part.pixels, part.labels, strict=True):
            assert any(
                np.array_equal(pixels, one.pixels) and loaded.classes[label] == str(one.label) for one in DRAWINGS
            )


def test_the_same_drawings_make_the_same_files() -> None:
    for make in (class_test_set.to_idx_zip, class_test_set.to_png_zip):
        assert make(DRAWINGS) == make(DRAWINGS)
