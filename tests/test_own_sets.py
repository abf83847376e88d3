"""One's own pictures as a data set: five formats, their limits, the split, and the file in which a set is kept."""

import gzip
import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.digits import datasets
from core.digits.own_sets import reading, shrinking, storage
from core.digits.own_sets.labelled import label_pictures
from core.digits.own_sets.limits import OwnSetError
from core.digits.own_sets.reading import read_own_files
from core.digits.own_sets.splitting import make_dataset, split
from tests.own_sets import NAMES, csv, every_format, idx, npz, parquet, pictures, png
from tests.zip_files import zipped

FORMATS = every_format()


@pytest.mark.parametrize("name", FORMATS)
def test_e1_every_format_gives_the_same_pictures_and_classes(name):
    found = read_own_files(FORMATS[name])
    pixels, labels = pictures()
    # files of folders stand in the order of the zip, as those of arrays do
    assert np.array_equal(found.pixels, pixels)
    assert np.array_equal(found.labels, labels)
    assert found.classes in (NAMES, ("0", "1", "2", "3", "4"))
    assert not found.test.any() and not found.notes


def test_files_that_hold_out_a_test_keep_it():
    pixels, labels = pictures()
    keras = npz(x_train=pixels[:40], y_train=labels[:40], x_test=pixels[40:], y_test=labels[40:])
    halves = [("train-images", idx(pixels[:40])), ("train-labels", idx(labels[:40]))]
    halves += [("t10k-images", idx(pixels[40:])), ("t10k-labels", idx(labels[40:]))]
    held = zipped(
        *((f"{'test' if at >= 40 else 'train'}/{NAMES[labels[at]]}/{at}.png", png(pixels[at])) for at in range(60))
    )
    for files in ([("a.npz", keras)], halves, [("a.zip", held)]):
        found = read_own_files(files)
        assert found.test.tolist() == [False] * 40 + [True] * 20
        assert len(make_dataset(found, "mine").test) == 20


def test_names_of_classes_come_with_the_file():
    pixels, labels = pictures()
    assert read_own_files([("a.npz", npz(x=pixels, y=labels, classes=np.array(NAMES)))]).classes == NAMES
    import pyarrow as pa
    import pyarrow.parquet as pq

    about = (
        b'{"info": {"features": {"label": {"names": ["apple", "boat", "cup", "dog", "egg"], "_type": "ClassLabel"}}}}'
    )
    table = pa.table({"image": [{"bytes": png(one)} for one in pixels], "label": labels})
    pq.write_table(table.replace_schema_metadata({"huggingface": about}), stream := io.BytesIO())
    assert read_own_files([("train.parquet", stream.getvalue())]).classes == NAMES


def test_classes_are_sorted_as_people_count():
    pixels = pictures(6)[0]
    assert label_pictures("x", pixels, ["10", "2", "1", "b", "a", "2"]).classes == ("1", "2", "10", "a", "b")


def test_a_wide_picture_is_shrunk_as_a_whole_or_cropped():
    wide = np.full((60, 120), 255, np.uint8)
    wide[20:40, 5:15] = 0  # far left
    files = [("a.zip", zipped(*((f"{name}/{at}.png", png(wide)) for name in "ab" for at in range(3))))]
    whole, cropped = read_own_files(files, "whole").pixels, read_own_files(files, "crop").pixels
    assert whole.shape == cropped.shape == (6, 28, 28)
    assert whole[0].min() < 60 and (whole[0, :7] == 255).all(), "the margin has the colour of the border"
    assert (cropped == 255).all()


def test_ink_on_light_paper_is_inverted_unless_somebody_says_otherwise():
    pixels, labels = pictures()
    found = read_own_files([("a.npz", npz(x=255 - pixels, y=labels))])
    dataset = make_dataset(found, "mine")
    assert "inverted" in dataset.source and float(dataset.train.images().mean()) < 0.3
    assert float(make_dataset(found, "mine", invert=False).train.images().mean()) > 0.7


def test_colours_become_gray_and_transparency_white():
    red = np.zeros((6, 28, 28, 3), np.uint8)
    red[..., 0] = 255
    assert (read_own_files([("a.npz", npz(x=red, y=[0, 1] * 3))]).pixels == 76).all()
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    clear.save(stream := io.BytesIO(), "PNG")
    files = [(f"{name}/{at}.png", stream.getvalue()) for name in "ab" for at in range(3)]
    assert (read_own_files([("a.zip", zipped(*files))]).pixels == 255).all()


def test_every_class_has_its_share_of_every_part_and_the_seed_decides():
    found = read_own_files(FORMATS["NPZ"])
    train, validation, test = split(found, 7)
    assert sorted(np.concatenate([train, validation, test])) == list(range(60))
    for part, each in ((train, 8), (validation, 2), (test, 2)):
        assert np.bincount(found.labels[part]).tolist() == [each] * 5
    assert all(map(np.array_equal, split(found, 7), (train, validation, test)))
    assert not np.array_equal(split(found, 8)[0], train)


def test_a_set_is_kept_as_one_file_that_is_also_an_upload(tmp_path):
    dataset = make_dataset(read_own_files(FORMATS["a ZIP of folders"]), "mine")
    (tmp_path / "set.npz").write_bytes(storage.to_file(dataset, "Mine"))
    again, title = storage.read_file(tmp_path / "set.npz", "mine")
    assert title == "Mine"
    assert (again.classes, again.sha256, again.source) == (dataset.classes, dataset.sha256, dataset.source)
    assert torch.equal(again.validation.pixels, dataset.validation.pixels)
    found = read_own_files([("set.npz", storage.to_file(dataset, "Mine"))])
    assert found.classes == NAMES and found.test.sum() == len(dataset.test)
    (tmp_path / "set.npz").write_bytes(storage.to_file(dataset, "Mine")[:-90])
    with pytest.raises(OwnSetError, match="missing or damaged"):
        storage.read_file(tmp_path / "set.npz", "mine")


def test_a_set_in_the_data_folder_is_found_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(tmp_path))
    assert datasets.list_names() == datasets.DATASETS and not datasets.is_available("own:fruit")
    dataset = make_dataset(read_own_files(FORMATS["a ZIP of folders"]), "own:fruit")
    storage.save(dataset, "Fruit and more")
    assert datasets.list_names()[-1] == "own:fruit" and datasets.is_available("own:fruit")
    assert datasets.load("own:fruit").sha256 == dataset.sha256
    assert (datasets.classes_of("own:fruit"), datasets.title_of("own:fruit")) == (NAMES, "Fruit and more")
    assert datasets.count_training_digits("own:fruit") == len(dataset.train) == 40
    assert datasets.describe_files("own:fruit")[0][0] == str(tmp_path / "own" / "fruit.npz")


@pytest.mark.parametrize("name", ["own:", "own:../x", "own:a/b", "own:gone", "own:" + "a" * 50])
def test_a_set_that_is_not_here_is_one_sentence(name):
    assert (
        not datasets.is_available(name)
        and datasets.classes_of(name) is None
        and datasets.title_of(name) == datasets.DELETED
    )
    with pytest.raises(datasets.DatasetError, match="is not here"):
        datasets.load(name)


def test_equal_pictures_are_counted():
    pixels, labels = pictures(10)
    assert label_pictures("x", pixels, labels).count_copies() == 0
    assert label_pictures("x", np.concatenate([pixels, pixels[:3]]), [*labels, 0, 1, 2]).count_copies() == 3


PIXELS, LABELS = pictures()


def claimed(shape: str) -> bytes:
    """Return an .npz whose array claims more than it holds."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + b"abc"
    return zipped(("x.npy", array), ("y.npy", array))


def huge_csv() -> bytes:
    return b"label," + b",".join(b"%d" % at for at in range(784)) + b"\n" + b"1\n" * 71_000


BAD = {
    "nothing": ([], "Choose a ZIP of folders"),
    "eight packed files": ([(f"{at}.gz", gzip.compress(b"a,b")) for at in range(8)], "Choose one file"),
    "an empty file": ([("a.csv", b"")], "no picture"),
    "no set": ([("a.bin", b"hello")], "is not a ZIP of folders"),
    "a text": ([("a.csv", b"hello\nyou\nall")], "has a label and 784 pixels"),
    "a damaged zip": ([("a.zip", FORMATS["a ZIP of folders"][0][1][:-50])], "'a.zip' is no zip"),
    "one folder": ([("a.zip", zipped(*((f"a/{at}.png", png(PIXELS[at])) for at in range(4))))], "one folder for each"),
    "no folders": ([("a.zip", zipped(*((f"{at}.png", png(PIXELS[at])) for at in range(4))))], "no picture"),
    "a path outside": ([("a.zip", zipped(("../a/1.png", png(PIXELS[0]))))], "leads outside"),
    "a zip bomb": ([("a.zip", zipped(("a/1.png", bytes(310 * 2**20))))], "would unpack to 310 MB"),
    "too many files": ([("a.zip", b"PK\x03\x04" + b"PK\x01\x02" * 71_001)], "more than 71,000 files"),
    "pictures without labels": ([("a", idx(PIXELS))], "come in pairs"),
    "labels of another number": ([("a", idx(PIXELS)), ("b", idx(LABELS[:-1]))], "do not match"),
    "labels without columns": (
        [("a", idx(PIXELS)), ("b", b"\0\0\x0c\x02\0\0\0<" + bytes(4))],
        "60 pictures and 0 labels",
    ),
    "a truncated IDX file": ([("a", idx(PIXELS)[:-9]), ("b", idx(LABELS))], "truncated"),
    "two files": ([("a.csv", b"1"), ("b.csv", b"1")], "Choose one file"),
    "51 classes": ([("a.npz", npz(x=pictures(51)[0], y=np.arange(51)))], "2 to 50 classes"),
    "one class": ([("a.npz", npz(x=PIXELS, y=LABELS * 0))], "2 to 50 classes"),
    "an npz without labels": ([("a.npz", npz(x=PIXELS))], "needs pictures and labels"),
    "one label for all": ([("a.npz", npz(x_train=PIXELS, y_train=np.array(3)))], "needs pictures and labels"),
    "dates and numbers as labels": (
        [("a.npz", npz(x=PIXELS, y=LABELS, x_test=PIXELS, y_test=LABELS.astype("datetime64[D]")))],
        "different shapes or types",
    ),
    "a pickle": ([("a.npz", npz(x=PIXELS, y=np.array([{}] * 60)))], "Python objects"),
    "a false header": ([("a.npz", claimed("(1000000, 28, 28)"))], "no zip that can be read"),
    "a header that is code": ([("a.npz", claimed("__import__('os').getcwd()"))], "no zip that can be read"),
    "wrong pixels": ([("a.npz", npz(x=PIXELS.astype(int) * 9, y=LABELS))], "must be from 0 to 1"),
    "nan": ([("a.npz", npz(x=PIXELS * np.nan, y=LABELS))], "must be from 0 to 1"),
    "five axes": ([("a.npz", npz(x=PIXELS[:, None, None], y=LABELS))], "shape"),
    "no square": ([("a.npz", npz(x=PIXELS.reshape(60, -1)[:, :700], y=LABELS))], "shape"),
    "half a label": ([("a.npz", npz(x=PIXELS, y=LABELS + 0.5))], "whole numbers"),
    "two ones in a row": ([("a.npz", npz(x=PIXELS, y=np.ones((60, 5))))], "one-hot"),
    "names that become one": ([("a.npz", npz(x=PIXELS, y=np.array(["<a>", "a"] * 30)))], "a name of its own"),
    "a ragged CSV": ([("a.csv", csv(PIXELS, LABELS)[:-300])], "Some row"),
    "words for pixels": ([("a.csv", csv(PIXELS, LABELS).replace(b"250", b"egg"))], "Some row"),
    "a long first row": ([("a.csv", b"," * 20_000 + b"\n1\n")], "at most 10,001 values"),
    "a long second row": ([("a.csv", csv(PIXELS, LABELS)[:-1] + b"," * 20_000)], "at most 10,001 values"),
    "too many rows": ([("a.csv", huge_csv())], "at most 70,000"),
    "a damaged Parquet file": ([("a.parquet", FORMATS["Parquet of files"][0][1][:-200])], "damaged"),
    "a Parquet file without labels": ([("a.parquet", parquet(image=[b"x"] * 9))], "needs a column `label`"),
    "labels that are missing": ([("a.parquet", parquet(image=[b"x"] * 2, label=["a", None]))], "labels .* missing"),
    "labels that are no numbers": ([("a.parquet", parquet(image=[b"x"] * 2, label=[1.5, 2]))], "whole numbers"),
    "too many Parquet rows": ([("a.parquet", parquet(label=[1] * 70_001, image=[b""] * 70_001))], "1 to 70,000"),
    "pictures of different sizes": ([("a.parquet", parquet(label=[1, 2], image=[[1] * 9, [1] * 16]))], "sizes"),
}


@pytest.mark.parametrize("name", BAD)
def test_whatever_is_no_set_is_one_sentence(name):
    files, sentence = BAD[name]
    with pytest.raises(OwnSetError, match=sentence) as found:
        read_own_files(files)
    assert len(str(found.value)) < 300 and str(found.value).endswith(".") and "\n" not in str(found.value)


@pytest.mark.parametrize("in_zip", [False, True])
@pytest.mark.parametrize("sizes", [[2 * 2**20], [2**19] * 3])
def test_gzip_bombs_are_unpacked_to_one_limit_for_all(monkeypatch, sizes, in_zip):
    monkeypatch.setattr(reading, "MAX_UNPACKED", 2**20)
    packed = [
        (
            f"{'t10k' * (at == 1)}{'labels' * (at == 2)}-{at}.gz",
            gzip.compress(b"\0\0\x08\x03\0\0\0\0\0\0\0\0\0\0\0\0" + bytes(size)),
        )
        for at, size in enumerate(sizes)
    ]
    monkeypatch.setattr(reading, "parse_idx", lambda name, content, *_: torch.zeros(len(content), 1, 1))
    with pytest.raises(OwnSetError, match="unpacks to more than 1 MB"):
        read_own_files([("a.zip", zipped(*packed))] if in_zip else packed)


def read_in(megabytes: int, files: list[tuple[str, bytes]], sentence: str) -> None:
    """Read files that are refused with a sentence, and check that it takes no more memory."""
    tracemalloc.start()
    try:
        with pytest.raises(OwnSetError, match=sentence):
            read_own_files(files)
        assert tracemalloc.get_traced_memory()[1] < megabytes * 2**20
    finally:
        tracemalloc.stop()


def test_what_is_refused_is_not_built_first():
    bomb = gzip.compress(bytes(30 * 2**20))
    read_in(1, [(f"{at}.gz", bomb) for at in range(8)], "Choose one file")
    read_in(40, [("a.csv", b"1," * (5 * 2**20) + b"\n1\n")], "at most 10,001 values")


def test_large_pictures_of_an_array_are_shrunk_a_few_at_a_time(monkeypatch):
    sizes = []
    monkeypatch.setattr(shrinking.interrupts, "check", lambda: sizes.append(tracemalloc.get_traced_memory()[0]))
    pixels = np.zeros((12, 1000, 1000), np.uint8)
    pixels[:, 300:600, 300:600] = 255
    tracemalloc.start()
    try:
        found = shrinking.shrink_array(pixels, "whole")
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()
    assert len(sizes) == 12 and found.shape == (12, 28, 28) and found[0, 14, 14] == 255


def test_a_number_or_text_beside_the_arrays_is_no_label():
    pixels, labels = pictures()
    assert read_own_files([("a.npz", npz(x=pixels, y=labels, classes=np.array(5)))]).classes == tuple("01234")


def test_labels_are_named_alike_in_all_formats():
    pixels, labels = pictures()
    stored = [{"bytes": png(one), "path": None} for one in pixels]
    numbers = labels.astype(np.float64)
    tables = {
        "a.parquet": parquet(image=stored, label=numbers),
        "a.csv": csv(pixels, numbers),
        "a.npz": npz(x=pixels, y=numbers),
    }
    for file in tables.items():
        assert read_own_files([file]).classes == tuple("01234")


@pytest.mark.parametrize("name", FORMATS)
def test_more_pictures_than_are_wanted_are_refused_before_any_is_made(name, monkeypatch):
    monkeypatch.setattr(shrinking, "_find_range", None)
    with pytest.raises(OwnSetError, match="(59|60) pictures, and at most 50|60 rows; 1 to 50"):
        read_own_files(FORMATS[name], most=50)


def test_a_name_is_never_used_for_two_sets(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(tmp_path))
    found = read_own_files(FORMATS["NPZ"])
    storage.save(make_dataset(found, "own:bars"))
    with pytest.raises(OwnSetError, match="called 'bars' already"):
        storage.save(make_dataset(found, "own:bars", seed=1))
    assert "seed 0" in datasets.load("own:bars").source


def test_a_set_that_goes_while_it_is_described_is_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "find", lambda name: Path(tmp_path) / "gone.npz")
    assert datasets.title_of("own:x") == datasets.DELETED and datasets.classes_of("own:x") is None
    assert datasets.describe_files("own:x") == ()


def test_pictures_that_cannot_be_read_are_left_out_with_a_note():
    files = [(f"{name}/{at}.png", png(PIXELS[at])) for name in "ab" for at in range(3)]
    found = read_own_files([("a.zip", zipped(*files, ("a/notes.txt", b"hello"), ("b/4.png", png(PIXELS[0])[:-30])))])
    assert len(found.pixels) == 6 and "Left out: 2" in found.notes[0]
    alone = read_own_files([("a.zip", zipped(*files, ("7.png", png(PIXELS[0]))))])
    assert alone.notes == ("Left out: 1, the first is '7.png' (in no folder).",)


def test_a_class_of_one_picture_trains_and_two_of_each_are_too_few():
    found = label_pictures("x", PIXELS[:11], [0] * 10 + [1])
    assert (found.labels[split(found, 0)[0]] == 1).sum() == 1
    with pytest.raises(OwnSetError, match="too few"):
        split(label_pictures("x", PIXELS[:4], [0, 0, 1, 1]), 0)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), name=st.sampled_from([one for one in FORMATS if "Parquet" not in one]))
def test_whatever_bytes_change_it_is_read_or_refused(data, name):
    path, content = FORMATS[name][-1]
    changed = bytearray(content)
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        changed[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    for broken in (bytes(changed), content[:cut]):
        try:
            found = read_own_files([*FORMATS[name][:-1], (path, broken)])
        except OwnSetError:
            continue
        assert found.pixels.shape == (len(found.labels), 28, 28) and found.labels.max() < len(found.classes)


@pytest.mark.slow
def test_a_broken_parquet_file_is_read_or_refused():
    content = FORMATS["Parquet of lists"][0][1]
    for at in range(4, len(content), len(content) // 6):
        broken = bytearray(content)
        broken[at : at + 9] = b"\xff" * 9
        try:
            found = read_own_files([("a.parquet", bytes(broken))])
        except OwnSetError:
            continue
        assert found.pixels.shape[1:] == (28, 28)
