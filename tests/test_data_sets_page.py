"""The page "Data sets": look at a set, how it is stored, and one's own pictures."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.digits import datasets
from core.digits.own_sets import labelled, splitting
from core.jobs import control, own_sets, run_folders
from dashboard.data_sets import VIEWS, own_views
from dashboard.server import caches, locks
from dashboard.server.visitors import VISITOR
from tests.own_sets import NAMES, every_format, folders, pictures
from tests.pages import captions, first_sentence, html, open_page, press, rerun, text_of

pytestmark = pytest.mark.usefixtures("runs")


def own_set(name: str = "mine") -> datasets.Dataset:
    pixels, labels = pictures(120)
    found = labelled.label_pictures("made", pixels, [NAMES[one] for one in labels])
    return splitting.make_dataset(found, name)


@pytest.mark.parametrize("view", [view.title for view in VIEWS])
def test_every_view_opens(view: str) -> None:
    assert first_sentence(open_page("data_sets", view=view))


@pytest.mark.parametrize("show", ["Mean and spread", "Most unusual", "Doubtful labels"])
@pytest.mark.parametrize("part", ["train", "test"])
def test_e4_a_set_is_looked_at_in_three_ways(show: str, part: str) -> None:
    app = open_page("data_sets", show=show, part=part)
    sentence = first_sentence(app)
    assert {"Mean and spread": "in 10 classes", "Most unusual": "least like", "Doubtful labels": "another class"}[
        show
    ] in sentence
    assert "test pictures" in sentence if part == "test" else "training pictures" in sentence
    assert "<figure>" in html(app)


def test_d2_shapes_are_live_and_the_code_says_how() -> None:
    assert "x = x.unsqueeze(1)" in open_page("data_sets", view="How it is stored").code[0].value
    app = open_page("data_sets", view="How it is stored", order="(n, 28, 28, 1)", values="0 to 1")
    table = app.table[0].value
    assert list(table["shape"]) == ["(32, 28, 28, 1)", "(32,)"] and table["type"].iloc[0] == "float32"
    assert "x.unsqueeze(-1)" in app.code[0].value and "/ 255" in app.code[0].value
    app.toggle(key="data_sets one-hot").set_value(True)
    assert list(rerun(app).table[0].value["shape"]) == ["(32, 28, 28, 1)", "(32, 10)"]


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.file_uploader(key=own_views.upload_key()).set_value(
        [(name, content, "application/zip") for name, content in files]
    )
    return rerun(app)


def test_one_s_own_pictures_are_found_kept_and_deleted() -> None:
    app = upload(open_page("data_sets", view="Your own"), ("fruit.zip", folders(*pictures(120))))
    assert "A ZIP of folders: 120 pictures in 5 classes, 24 of each." in text_of(app)
    assert "80 pictures train, 20 validate and 20 test" in captions(app) and "takes about" in captions(app)
    assert all(name in html(app) for name in NAMES)
    app = press(app, "own set keep")
    assert "*fruit* is kept" in text_of(app) and "120 pictures" not in text_of(app)
    (job,) = [one for one in run_folders.list_jobs() if one.kind == "set"]
    name = own_sets.name_of(job)
    assert datasets.load(name).classes == NAMES and datasets.title_of(name) == "fruit"
    app = press(app, f"own set delete {name}")
    assert not datasets.is_available(name) and "Your sets" not in text_of(app)


def test_what_was_chosen_for_the_pictures_stays_when_another_view_was_looked_at() -> None:
    app = open_page("data_sets", view="Your own")
    app.segmented_control(key="own set fit").set_value("crop")
    app = upload(rerun(app), ("wide.zip", folders(*pictures(60))))
    app.segmented_control(key="own set invert").set_value("yes")
    for view in ("How it is stored", "Your own"):
        app.segmented_control(key="data_sets view").set_value(view)
        app = rerun(app)
    assert app.segmented_control(key="own set fit").value == "crop"
    assert app.segmented_control(key="own set invert").value == "yes"


def test_a_second_fast_click_keeps_nothing_twice() -> None:
    app = upload(open_page("data_sets", view="Your own"), ("fruit.zip", folders(*pictures(60))))
    press(app, "own set keep")
    own_views._keep(own_set(), "fruit")  # what the button did when it was pressed again before the page had run
    assert [one.kind for one in run_folders.list_jobs()] == ["set"]


def test_a_set_of_one_s_own_never_has_the_name_of_a_public_one() -> None:
    assert own_sets.keep_set(own_set(), "MNIST", VISITOR).title == "MNIST (own)"


def test_more_pictures_than_the_page_takes_are_refused_and_its_note_names_the_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_views, "MAX_PICTURES", 50)
    app = open_page("data_sets", view="Your own")
    assert "at most 50 pictures and 25 MB" in text_of(app)
    assert "These are 60 pictures, and at most 50 are read here." in text_of(upload(app, *every_format()["NPZ"]))


def test_reading_files_holds_up_no_long_work_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    free, read = [], own_views.read_own_files

    def try_long(*given: Any) -> labelled.LabelledPictures:
        with ThreadPoolExecutor(1) as other:
            free.append(other.submit(lambda: locks.LONG.acquire(timeout=0.1) and not locks.LONG.release()).result())
        return read(*given)

    monkeypatch.setattr(own_views, "read_own_files", try_long)
    upload(open_page("data_sets", view="Your own"), *every_format()["NPZ"])
    assert free == [True]


def test_files_that_are_only_a_test_set_hold_nothing_out() -> None:
    pixels, labels = pictures(60)
    whole = labelled.label_pictures("made", pixels, labels, np.ones(60, np.bool_))
    half = labelled.label_pictures("made", pixels, labels, np.arange(60) < 20)
    assert "hold out" not in own_views.describe(whole)
    assert "The files hold out 20 of them as a test." in own_views.describe(half)


def test_a_deleted_set_leaves_the_memory_of_the_server() -> None:
    name = own_sets.name_of(own_sets.keep_set(own_set(), "mine", "ann"))
    app = open_page("data_sets", view="Your own", state={VISITOR: "ann"})
    references = caches.network("restoring", name).references  # a restoring network holds the set's pictures
    assert len(references) == len(caches.dataset(name).train)
    held = weakref.ref(caches.dataset(name).train)
    del references
    press(app, f"own set delete {name}")
    gc.collect()
    assert held() is None


def test_a_file_that_is_no_set_is_one_sentence_and_the_next_one_is_read() -> None:
    app = upload(open_page("data_sets", view="Your own"), ("a.csv", b"hello"))
    assert "A CSV file has a label" in text_of(app) or "no picture" in text_of(app)
    app = upload(app, *every_format()["IDX"])
    assert "IDX files: 60 pictures in 5 classes" in text_of(app)


def test_a_visitor_keeps_a_few_sets_and_delete_my_data_forgets_them() -> None:
    for _ in range(own_sets.MAX_SETS):
        own_sets.keep_set(own_set(), "mine", "ann")
    assert list(own_sets.list_sets("ann").values())[::-1][:2] == ["mine", "mine (2)"]
    with pytest.raises(ValueError, match="delete one of them first"):
        own_sets.keep_set(own_set(), "mine", "ann")
    name = next(iter(own_sets.list_sets("ann")))
    with pytest.raises(ValueError, match="not yours"):
        own_sets.delete_set(name, "bob")
    control.remove_all("ann")
    assert not own_sets.list_sets("ann") and not datasets.is_available(name)
