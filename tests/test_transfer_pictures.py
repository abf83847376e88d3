"""Uploads become pictures of one size, and these a task: what is read, left out, held out and refused."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from sklearn.datasets import load_sample_image

from core.transfer import uploaded_pictures
from core.transfer.example_tasks import CROP, crops_task, digits_task
from core.transfer.tasks import MAX_PICTURES, TaskError, make_task, most_pictures
from core.transfer.uploaded_pictures import MAX_FILES, read_class_folders, read_uploads
from tests.sample_digits import real_set
from tests.transfer_page import pile, task_of
from tests.zip_files import zipped


def picture(color: tuple[int, ...], kind: str = "PNG", mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (40, 30), color).save(stream, kind)
    return stream.getvalue()


def test_d7_a_zip_and_loose_files_become_pictures_of_one_size():
    red, blue = picture((255, 0, 0)), picture((0, 0, 255), "JPEG")
    found = read_uploads([("both.zip", zipped(("a/red.png", red), ("a/blue.jpg", blue))), ("red.png", red)])
    assert found.pixels.shape == (3, 224, 224, 3) and found.names == ("red.png", "blue.jpg", "red.png")
    assert found.pixels[0, 0, 0].tolist() == [255, 0, 0] and not found.notes
    assert np.array_equal(found.pixels[0], found.pixels[2]) and found.pixels[1, 5, 5, 2] > 200


def test_a_zip_with_several_folders_is_one_class_and_the_page_is_told():
    red, blue = picture((255, 0, 0)), picture((0, 0, 255))
    found = read_uploads(
        [("both.zip", zipped(("pets/cats/a.png", red), ("pets/dogs/b.png", blue), ("c/read.txt", b"")))]
    )
    assert found.names == ("a.png", "b.png") and found.notes[0] == (
        "2 folders found (cats and dogs): all their pictures are taken as one class. For a class each, upload one ZIP "
        "with a folder for each class."
    )
    many = [(f"{number % 5}/{number}.png", red) for number in range(MAX_PICTURES + 5)]
    assert read_uploads([("a.zip", zipped(*many))]).notes[0].startswith("5 folders found (0, 1, 2 and others): ")


def test_what_computers_put_into_zips_unasked_is_passed_over():
    junk = (("__MACOSX/a/._red.png", b"?"), ("a/.DS_Store", b"?"), ("a/Thumbs.db", b"?"), ("a/", b""))
    found = read_uploads([("a.zip", zipped(*junk, ("a/red.png", picture((255, 0, 0)))))])
    assert found.names == ("red.png",) and not found.notes


def test_what_lets_through_lies_on_white():
    half = read_uploads([("half.png", picture((0, 0, 0, 0), mode="RGBA"))])
    assert (half.pixels == 255).all()


def test_what_is_no_picture_is_left_out_with_a_sentence():
    inner = zipped(("more.png", picture((1, 2, 3))))
    found = read_uploads(
        [("a.zip", zipped(("notes.txt", b"hello"), ("b.zip", inner), ("red.png", picture((255, 0, 0)))))]
    )
    assert found.names == ("red.png",)
    assert found.notes == (
        "2 files were left out; the first is 'notes.txt': The file is not a PNG, JPEG, HEIC, WebP, GIF, BMP, "
        "TIFF, AVIF, SVG or PDF that can be read.",
    )


def test_at_most_a_hundred_pictures_of_a_class_are_read_and_the_page_is_told():
    found = read_uploads([("many.zip", zipped(*((f"{n}.png", picture((n, n, n))) for n in range(MAX_PICTURES + 3))))])
    assert len(found.pixels) == MAX_PICTURES
    assert found.notes == ("The first 100 pictures are used, 3 more were left out.",)


def bomb() -> bytes:
    return zipped(*((f"{number}.png", b"\0" * 2**24) for number in range(20)))


def lying_bomb() -> bytes:
    """A zip whose list says that each of its files is small."""
    content = bytearray(bomb())
    for entry in range(len(content)):
        if content[entry : entry + 4] == b"PK\x01\x02":
            struct.pack_into("<I", content, entry + 24, 100)
    return bytes(content)


def locked() -> bytes:
    content = bytearray(zipped(("a.png", b"secret")))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zipped(("../outside.png", b"x")), "a path that leads outside of it"),
        (zipped(("/outside.png", b"x")), "a path that leads outside of it"),
        (zipped(("a\\..\\..\\outside.png", b"x")), "a path that leads outside of it"),
        (zipped(("C:\\outside.png", b"x")), "a path that leads outside of it"),
        (zipped(*((f"{number}.png", b"") for number in range(10_000))), f"more than {MAX_FILES:,} files"),
        (bomb(), "would unpack to 320 MB"),
        (lying_bomb(), "damaged"),
        (locked(), "locked with a password"),
        (zipped(("a.png", picture((1, 2, 3))))[:-30], "damaged"),
        (b"PK\x03\x04 and nothing else", "no zip that can be read"),
        (b"just text", "no zip that can be read"),
    ],
)
def test_x5_a_bad_zip_costs_one_sentence_and_nothing_is_written(
    content: bytes, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    with pytest.raises(TaskError) as refused:
        read_uploads([("bad.zip", content)])
    message = str(refused.value)
    assert sentence in message and "bad.zip" in message and "\n" not in message and message.endswith(".")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_d7_a_zip_of_folders_has_a_class_for_each_folder():
    files = [
        (f"animals/{half}/{name}/{n}.png", picture((n, 9, 9)))
        for name, half, n in (("dogs", "train", 1), ("cats", "test", 2), ("cats", "train", 3))
    ]
    found = read_class_folders(zipped(*files, ("animals/notes/read.txt", b"me"), ("animals/cats/read.txt", b"me")))
    assert list(found) == ["cats", "dogs"] and found["dogs"].names == ("1.png",)
    assert found["cats"].names == ("2.png", "3.png") and found["cats"].pixels[1, 0, 0].tolist() == [3, 9, 9]
    assert "'read.txt'" not in " ".join(found["dogs"].notes)


def test_all_classes_of_a_zip_share_the_most_pictures_and_a_zip_in_it_stays_closed():
    many = [(f"{name}/{n}.png", picture((n, 1, ord(name)))) for name in "abcd" for n in range(80)]
    found = read_class_folders(zipped(*many, ("a/inner.zip", zipped(("more.png", picture((1, 2, 3)))))))
    assert [len(one.pixels) for one in found.values()] == 4 * [most_pictures(4)]
    behind = picture((1, 2, 3)) + zipped(("more.png", picture((4, 5, 6))))  # a picture and a zip, both can be read
    found = read_class_folders(zipped(("a/both.zip", behind), ("b/red.png", picture((255, 0, 0)))))
    assert found["a"].names == ("both.zip",)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zipped(("a.png", picture((1, 2, 3))), ("b/b.png", picture((1, 2, 4)))), "in no folder"),
        (zipped(("a/a.png", picture((1, 2, 3)))), "has pictures in one folder: make one for each class, two to 10."),
        (zipped(*((f"{n}/a.png", picture((n, n, n))) for n in range(11))), "in 11 folders"),
        (zipped(("a/notes.txt", b"hello")), "in 0 folders"),
        (bomb(), "The ZIP would unpack to 320 MB"),
        (zipped(("../a/outside.png", b"x")), "a path that leads outside of it"),
        (b"just text", "The ZIP is no zip that can be read"),
    ],
)
def test_a_zip_of_folders_that_makes_no_classes_costs_one_sentence(content: bytes, sentence: str):
    with pytest.raises(TaskError, match=sentence):
        read_class_folders(content)


def test_a_zip_of_folders_with_too_many_pixels_is_refused_before_one_picture_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(uploaded_pictures, "MAX_PIXELS", 3 * 40 * 30)
    monkeypatch.setattr(uploaded_pictures, "read_picture", lambda content: pytest.fail("decoded"))
    files = [(f"{name}/{n}.png", picture((n, n, n))) for name in "ab" for n in range(2)]
    with pytest.raises(TaskError, match="million pixels together"):
        read_class_folders(zipped(*files))


def test_x6_a_quarter_of_each_class_is_held_out_fifty_of_two_hundred():
    task = task_of(pile(100), pile(100, 100))
    assert np.bincount(task.labels[task.test]).tolist() == [25, 25] and (~task.test).sum() == 150
    assert np.array_equal(task.test, task_of(pile(100), pile(100, 100)).test)
    assert not np.array_equal(task.test, task_of(pile(100), pile(100, 100), seed=1).test)


def test_a_picture_that_is_there_twice_counts_once():
    task = task_of(np.concatenate([pile(5), pile(2)]), np.concatenate([pile(1), pile(5, 50)]))
    assert np.bincount(task.labels).tolist() == [5, 5] and task.names[5:] == tuple(f"{n}.png" for n in range(1, 6))
    assert task.notes == ("3 pictures were there twice and counted once.",)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((0, 9), "There is no picture of 'one' yet."),
        ((9, 0), "There is no picture of 'other' yet."),
        ((3, 9), "There are only 3 different pictures of 'one'"),
        ((9, 1), "There is only 1 different picture of 'other'"),
    ],
)
def test_too_few_pictures_of_a_class_cost_a_sentence(counts: tuple[int, int], sentence: str):
    with pytest.raises(TaskError, match=sentence):
        task_of(pile(counts[0]), pile(counts[1], 100))


def test_two_classes_need_two_names():
    with pytest.raises(TaskError, match="Two classes are called 'cat'"):
        make_task(("cat", " cat "), [pile(4), pile(4, 9)], [["a"] * 4] * 2)
    assert make_task(("", ""), [pile(4), pile(4, 9)], [["a"] * 4] * 2).classes == ("class 1", "class 2")


@pytest.mark.parametrize("count", [0, 1, 11])
def test_a_task_has_two_to_ten_classes(count: int):
    with pytest.raises(TaskError, match=f"Choose two to 10 classes, not {count}."):
        task_of(*(pile(4, 5 * label) for label in range(count)))
    with pytest.raises(TaskError, match="not 1."):
        digits_task(real_set(), (3,))
    with pytest.raises(TaskError, match="each class once"):
        digits_task(real_set(), (3, 3))


def test_more_classes_have_fewer_pictures_each_and_a_zip_s_rest_is_left_out():
    assert [most_pictures(classes) for classes in (2, 3, 4, 10)] == [100, 100, 75, 30]
    found = read_uploads([("many.zip", zipped(*((f"{n}.png", picture((n, n, n))) for n in range(33))))], 30)
    assert len(found.pixels) == 30 and found.notes == ("The first 30 pictures are used, 3 more were left out.",)


def test_the_crops_to_learn_from_and_those_held_out_share_no_pixel():
    task = crops_task(12)
    assert task.classes == ("temple", "flower") and task.pixels.shape == (24, CROP, CROP, 3)
    for label, name in enumerate(("china.jpg", "flower.jpg")):
        photograph = load_sample_image(name)
        rows = sliding_window_view(photograph[..., 0], CROP, axis=1)  # every row of CROP pixels in the photograph
        places = []
        for crop in task.pixels[task.labels == label]:
            found = np.argwhere((rows == crop[0, :, 0]).all(-1))
            (place,) = [(r, c) for r, c in found if np.array_equal(photograph[r : r + CROP, c : c + CROP], crop)]
            places.append(place[1])
        test = task.test[task.labels == label]
        assert max(np.array(places)[~test]) + CROP <= min(np.array(places)[test])


@pytest.mark.mnist
def test_two_digits_are_validation_and_test_digits():
    data = real_set()
    task = digits_task(data, (4, 9), learned=15, tested=5)
    assert task.classes == ("4", "9") and np.bincount(task.labels).tolist() == [20, 20]
    shown = {tuple(pixels[..., 0].ravel()) for pixels in task.pixels[task.test & (task.labels == 1)]}
    nines = {tuple(pixels.ravel().tolist()) for pixels in data.test.pixels[data.test.labels == 9]}
    assert len(shown) == 5 and shown <= nines
