"""The page "Transfer": its views, uploaded pictures, and its sentences when something is missing."""

import io
import re
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.system.intervals import wilson_interval
from core.transfer.backbones import LAST_MAPS, PIXELS, RANDOM_LAYERS, own_backbone
from core.transfer.example_tasks import crops_task, load_photograph
from core.transfer.fine_tuning import TuneConfig
from core.transfer.uploaded_pictures import to_square
from core.transfer.vgg16_weights import WEIGHTS_VARIABLE
from core.visualization.transfer import THUMB, draw_color_filters, draw_maps, draw_tuning, to_thumb
from core.zoo.checkpoints import load_classifier
from dashboard.transfer import new_picture
from dashboard.transfer.class_views import describe_layers
from dashboard.transfer.inside_views import draw_sheets
from dashboard.transfer.new_picture import UPLOAD
from dashboard.transfer.pictures import FOLDERS, ONE_BY_ONE
from dashboard.transfer.tuning_views import LOOK, RECORDED_TUNING, Tuning
from dashboard.widgets.cached import load_recorded
from tests.pages import address_of, captions, first_sentence, html, open_page, rerun, text_of
from tests.sample_digits import real_set
from tests.transfer_page import choose_source, open_view, photograph, upload
from tests.vgg16_weights import make_weights
from tests.zip_files import zipped

VIEWS = ("New classes", "Which layer", "Fine-tuning", "Filters and maps", "VGG16")
STANDARD = own_backbone("Standard", load_classifier("standard"))


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide VGG16's weights of this machine, so that only a test can provide some."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)


# The views


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.slow
def test_every_view_opens_and_shows_something_at_once(view: str):
    app = open_view(view)
    assert not app.warning and not app.error and not app.info


def test_x5_x6_two_classes_show_both_accuracies_a_matrix_and_the_mistakes():
    app = open_view("New classes")
    page = html(app)
    assert (
        "accuracy on held-out pictures" in page and "(47 of 50)" in page and "84 to 98 %" in page and "16,200" in page
    )
    assert page.count("temple, read as flower") == 2 * 3, "each in its caption, and for those who cannot see it"
    assert len(app.get("plotly_chart")) == 1 and "they share no pixel" in captions(app)


def test_x5_the_digits_are_another_task():
    app = choose_source(open_view("New classes"), "Digits")
    there = int((real_set().test.labels == 3).sum())  # among the offline digits there are fewer than are asked for
    held_out = f"**3**: 10 training pictures, {min(250, there)} held out"
    assert "test digits for testing" in captions(app) and held_out in captions(app)
    app.pills(key="transfer classes").set_value([5])
    assert "Choose two to 10 classes, not 1." in rerun(app).info[0].value
    app.pills(key="transfer classes").set_value([8, 3, 5])
    assert "**8**: 10 + " in captions(rerun(app)) and "It tells 3, 5 and 8 apart in" in text_of(app)
    assert address_of(app)["classes"] == "8,3,5"


def test_a_link_with_two_digits_from_before_opens_these_classes():
    app = open_page("transfer", view="Two classes", pictures="Digits", tell="7", **{"from": "9"})
    assert not app.warning and "It tells 7 and 9 apart in" in text_of(app)
    assert address_of(app)["classes"] == "7,9" and address_of(app)["view"] == "New classes"


def test_all_ten_digits_have_a_matrix_and_a_lowest_class():
    every = ",".join(map(str, range(10)))
    app = open_page("transfer", view="New classes", pictures="Digits", classes=every, features="last dense layer")
    assert "It tells 0, 1, 2, 3, 4, 5, 6, 7, 8 and 9 apart in" in text_of(app)
    assert "**9**: 10 + " in captions(app) and len(app.get("plotly_chart")) == 1
    app.segmented_control(key="transfer view").set_value("Which layer")
    lowest = rerun(app).table[0].value["lowest class, held out"]
    assert all(re.fullmatch(r"\d: \d+ %", one) for one in lowest)


def test_x4_every_layer_is_compared_with_the_pixels_alone():
    table = open_view("Which layer").table[0].value
    for held_out, interval in zip(table["accuracy, held out"], table["95 % interval"], strict=True):
        right, count = map(int, re.findall(r"\d+", held_out)[-2:])
        assert interval == "{:.0f} to {:.0f} %".format(*wilson_interval(right, count))
    assert list(table.index) == [
        "last feature maps",
        "second to last dense layer",
        "last dense layer",
        "control: hand-made features (HOG)",
        "control: pixels alone",
        "control: last maps of random layers",
    ]
    assert list(table["features"]) == ["16,200", "500", "10", "4,356", "7,056", "16,200"]


def test_x8_the_page_says_when_this_does_not_help():
    assert "X-ray" in text_of(open_view("New classes"))


def test_a11_the_table_of_vgg16_is_there_without_its_weights():
    page = html(open_view("VGG16"))
    assert "14,714,688" in page and "2,359,808" in page and "block5_pool" in page


# What people bring


def test_d7_two_zips_of_pictures_become_a_task():
    app = choose_source(open_view("New classes"), "Your own")
    assert "There is no picture of 'cats' yet." in text_of(app)
    across = [(f"a/{n}.png", photograph(20 * n, "across")) for n in range(8)]
    upright = [(f"{n}.png", photograph(20 * n, "upright")) for n in range(8)]
    app = upload(app, 0, ("across.zip", zipped(*across)))
    assert "There is no picture of 'dogs' yet." in text_of(app) and "8 pictures" in captions(app)
    app.text_input(key="transfer class 1").set_value("upright")
    app = upload(app, 1, *upright)
    assert "accuracy on held-out pictures" in html(app) and "**upright**: 6 training pictures, 2 held out" in captions(
        app
    )
    assert not app.warning


def test_three_zips_of_pictures_become_a_task_of_three_classes():
    app = choose_source(open_view("New classes"), "Your own")
    app.slider(key="transfer count").set_value(3)
    app = rerun(app)
    for number in range(3):
        pictures = [(f"{n}.png", photograph(70 * number + 8 * n, "across")) for n in range(8)]
        app = upload(app, number, ("class.zip", zipped(*pictures)))
    assert "It tells cats, dogs and class 3 apart in" in text_of(app)
    assert "**class 3**: 6 + 2" in captions(app)
    app.file_uploader(key=UPLOAD).set_value([("mine.png", photograph(8, "across"), "image/png")])
    assert "It is read as " in text_of(rerun(app)) and "It knows these 3 classes only" in captions(app)
    app.slider(key="transfer count").set_value(2)
    assert "It tells cats and dogs apart in" in text_of(rerun(app))


def test_d7_one_zip_of_folders_becomes_a_task_of_as_many_classes():
    app = choose_source(open_view("New classes"), "Your own")
    app.segmented_control(key="transfer way").set_value(FOLDERS)
    assert "Put at least 4 pictures in each" in text_of(rerun(app))
    names = ("apples", "pears", "plums")
    files = [
        (f"fruit/{name}/{n}.png", photograph(70 * at + 8 * n, "across"))
        for at, name in enumerate(names)
        for n in range(8)
    ]
    app.file_uploader(key="transfer folders").set_value(("fruit.zip", zipped(*files), "application/zip"))
    assert "It tells apples, pears and plums apart in" in text_of(rerun(app)) and "**pears**: 6 + 2" in captions(app)
    app.file_uploader(key="transfer folders").set_value(("fruit.zip", zipped(files[0]), "application/zip"))
    assert "has pictures in one folder" in rerun(app).warning[0].value
    app.segmented_control(key="transfer way").set_value(ONE_BY_ONE)
    assert "There is no picture of 'cats' yet." in text_of(rerun(app))


def test_what_was_brought_stays_until_it_is_forgotten():
    app = choose_source(open_view("New classes"), "Your own")
    app = upload(app, 0, *((f"{n}.png", photograph(20 * n, "across")) for n in range(4)))
    app = choose_source(choose_source(app, "Digits"), "Your own")
    assert "4 pictures" in captions(app)
    app.button(key="transfer forget 0").click()
    assert "4 pictures" not in captions(rerun(app)) and "no picture of 'cats'" in text_of(app)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("bad.zip", zipped(("../x.png", b"x")), "a path that leads outside of it"),
        ("bad.zip", b"no zip at all", "is no zip that can be read"),
        ("notes.png", b"no picture at all", "1 file was left out; it is 'notes.png'"),
    ],
)
def test_a_bad_upload_costs_a_sentence(name: str, content: bytes, sentence: str):
    app = upload(choose_source(open_view("New classes"), "Your own"), 0, (name, content))
    assert sentence in text_of(app) and "There is no picture of 'cats' yet." in text_of(app)


def test_photos_from_the_camera_are_kept_one_by_one():
    app = choose_source(open_view("New classes"), "Your own")
    app.toggle(key="transfer camera on").set_value(True)
    app.run()
    for shade in (30, 60):
        app.camera_input(key="transfer camera").set_value(("photo.jpg", photograph(shade, "across"), "image/jpeg"))
        rerun(app)
    app.segmented_control(key="transfer camera class 2").set_value(1)
    app.run()
    app.camera_input(key="transfer camera").set_value(("photo.jpg", photograph(90, "across"), "image/jpeg"))
    rerun(app)
    assert "2 pictures" in captions(app) and "1 picture" in captions(app)
    assert "There are only 2 different pictures of 'cats'" in text_of(app)


def test_pictures_never_reach_another_visitor():
    first, second = (choose_source(open_view("New classes"), "Your own") for _ in range(2))
    upload(first, 0, ("a.png", photograph(10, "across")))
    assert "1 picture" in captions(first) and "1 picture" not in captions(rerun(second))


# VGG16


@pytest.mark.parametrize("view", VIEWS[:4])
def test_without_weights_the_page_says_what_is_missing_and_how_to_get_it(view: str):
    app = open_view(view)
    app.segmented_control(key="transfer layers").set_value("VGG16")
    assert "VGG16's weights are not on this computer" in rerun(app).info[0].value
    there = text_of(open_view("VGG16"))
    assert WEIGHTS_VARIABLE in there and "random weights would be misleading" in there


def test_nothing_is_fetched_before_somebody_asks_for_it(tmp_path: Path):
    app = open_view("VGG16")
    assert app.button(key="transfer fetch").label == "Download (528 MB)"
    assert not list(tmp_path.rglob("*.partial")) and not list(tmp_path.rglob("*.pth"))


def test_a_setting_that_names_no_vgg16_costs_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "text.pth").write_text("hello")
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "text.pth"))
    assert "'text.pth' holds no weights" in open_view("VGG16").warning[0].value
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "gone.pth"))
    assert "'gone.pth' that does not exist" in open_view("VGG16").warning[0].value


@pytest.mark.slow
def test_x5_f2_f3_with_weights_of_a_file_vgg16_is_used_and_not_called_pretrained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(make_weights(tmp_path)))
    app = open_view("New classes")
    app.segmented_control(key="transfer layers").set_value("VGG16")
    app = choose_source(app, "Your own")
    for number, stripes in enumerate(("across", "upright")):
        app = upload(app, number, *((f"{n}.png", photograph(40 * n, stripes)) for n in range(4)))
    (look,) = [button for button in app.button if button.label.startswith("Compute features of 8 pictures")]
    look.click()
    app = rerun(app)
    assert "25,088" in html(app) and "the unknown training data of the file 'made.safetensors'" in captions(app)
    app.segmented_control(key="transfer view").set_value("Filters and maps")
    app = rerun(app)
    assert "64 filters of block1_conv1" in text_of(app) and "64 maps of 200 × 300" in text_of(app)
    assert "128 maps of 100 × 150, the first 64" in text_of(app)
    app.segmented_control(key="transfer view").set_value("VGG16")
    app = rerun(app)
    assert "no dense layers" in captions(app) and "pretrained" not in text_of(app).lower()


# Sentences


@pytest.mark.parametrize(
    ("view", "says"),
    [
        ("Fine-tuning", "After 20 epochs, the accuracy on held-out pictures is "),
        ("Filters and maps", "The network makes 20 maps of 72 × 110, then 50 maps of 34 × 53 from this picture: "),
        (
            "VGG16",
            "13 convolutions make 512 maps of 7 × 7 from a picture of 224 × 224; those with 512 maps hold 88 % ",
        ),
    ],
)
def test_a_view_says_first_what_its_picture_shows(view: str, says: str) -> None:
    assert first_sentence(open_view(view)).startswith(says)


# Fine-tuning


def test_a_recorded_fine_tuning_plays_before_one_s_own_and_says_so():
    said = captions(open_view("Fine-tuning"))
    assert "A recorded run" in said
    assert re.search(r"With \d+ held-out pictures .*: \d+ right ones have the 95 % interval \d+ to \d+ %", said)
    run = load_recorded(RECORDED_TUNING)
    assert (
        run is not None and run.look.axis == LOOK.axis and run.frames[-1].at == 20 and len(run.frames[-1].labels) == 3
    )


def test_x7_tuning_plays_an_epoch_a_frame():
    app = open_view("Fine-tuning")
    app.slider(key="transfer epochs").set_value(4)
    app.run()
    app.button(key="transfer tuning/start").click()
    rerun(app)
    run, end = app.session_state["transfer tuning/run"], time.monotonic() + 60
    while not run.finished:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert not run.problem and len(run.frames) == 5
    assert list(run.frames[-1].values) == ["two phases", "one phase", "random start"]
    assert "the last layer learns now" in run.frames[1].text and "all layers learn now" in run.frames[-1].text
    assert "two phases 0.0 %" in run.frames[1].text


def test_x7_all_frames_of_a_run_have_one_size():
    tuning = Tuning(crops_task(8), STANDARD, TuneConfig(epochs=2, first=1))
    sizes = {tuning.to_frame(step).picture.shape for step in tuning.steps()}
    assert len(sizes) == 1


def test_x7_vgg16_is_tuned_by_one_visitor_at_a_time():
    turn = threading.Lock()
    first, second = (Tuning(crops_task(8), STANDARD, TuneConfig(epochs=2, first=1), turn).steps() for _ in range(2))
    next(first)
    with pytest.raises(ValueError, match="another visitor"):
        next(second)
    first.close()
    assert not turn.locked()


# Drawings


def test_what_is_read_wrongly_is_framed():
    pictures = [np.full((64, 64, 3), 100, np.uint8)] * 2
    sheet = draw_tuning(pictures, np.array([0, 1]), {"arm": np.array([0, 0])}).picture
    left, right = sheet[-THUMB:, :THUMB], sheet[-THUMB:, -THUMB:]
    assert (left == 100).all() and right[0, 0].tolist() == [240, 82, 107] and (right[10:-10, 10:-10] == 100).all()


def test_a_digit_s_own_pixels_stay_to_be_seen():
    checks = np.indices((28, 28)).sum(0)[..., None].repeat(3, 2) % 2 * 255
    assert set(to_thumb(checks.astype(np.uint8), 56).flat) == {0, 255}


def test_f2_colour_filters_are_grey_where_they_are_zero():
    filters = np.zeros((64, 3, 3, 3))
    filters[1, 0] = 2.0
    sheet = draw_color_filters(filters, 16, factor=4)
    assert sheet[6, 6].tolist() == [128, 128, 128] and sheet[6, 20].tolist() == [255, 128, 128]


def test_f3_maps_are_brightest_where_they_are_strongest_and_silent_ones_are_black():
    maps = np.zeros((3, 20, 30))
    maps[0, :10] = 5
    sheet = draw_maps(maps, 2, height=10)
    assert sheet.shape == (32, 42) and sheet[4, 4] == 255 and sheet[13, 4] == 0 and not sheet[4:14, 23:38].any()
    assert (sheet[18:28, 23:38] == 128).all()  # no fourth map: a black tile would look like a silent one


def test_f3_a_picture_keeps_its_proportions():
    first, second = draw_sheets(STANDARD, load_photograph("temple"))
    assert first.title == "After the first pooling (pool1): 20 maps of 72 × 110"
    assert second.title == "After the second pooling (pool2): 50 maps of 34 × 53"


def test_a_layer_that_another_network_has_not_got_is_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    app = open_view("New classes")
    app.selectbox(key="transfer layer").set_value("last dense layer")
    assert ">10<" in html(rerun(app))
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(make_weights(tmp_path)))
    app.segmented_control(key="transfer layers").set_value("VGG16")
    assert rerun(app).selectbox(key="transfer layer").value == "last maps"


# A new picture


def test_u51_a_new_picture_is_read_by_the_transferred_network():
    app = open_view("New classes")
    stream = io.BytesIO()
    Image.fromarray(load_photograph("flower")[:200, :200]).save(stream, "PNG")
    app.file_uploader(key=UPLOAD).set_value([("mine.png", stream.getvalue(), "image/png")])
    assert "**It is read as flower (" in text_of(rerun(app)) and "one of them for any picture" in captions(app)
    app.file_uploader(key=UPLOAD).set_value([("mine.png", b"no picture", "image/png")])
    assert len(rerun(app).warning) == 1 and not app.exception


def test_a_new_picture_is_read_once_and_stays(monkeypatch: pytest.MonkeyPatch):
    read: list[Image.Image] = []
    monkeypatch.setattr(new_picture, "to_square", lambda picture: read.append(picture) or to_square(picture))
    app, stream = open_view("New classes"), io.BytesIO()
    Image.fromarray(load_photograph("flower")[:200, :200]).save(stream, "PNG")
    app.file_uploader(key=UPLOAD).set_value([("mine.png", stream.getvalue(), "image/png")])
    for source in ("Photographs", "Digits", "Photographs"):
        app = choose_source(app, source)
    assert "**It is read as flower (" in text_of(app) and len(read) == 1


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("address", ["transfer", "transfer?pictures=Your+own", "compare"])
def test_no_upload_of_pictures_names_a_limit_that_large_photos_do_not_meet(server: str, page: Page, address: str):
    page.goto(f"{server}/{address}")
    if "compare" in address:
        page.get_by_test_id("stButtonGroup").get_by_text("Upload", exact=True).click(timeout=60_000)
    expect(page.locator(".intake .hint").first).to_be_visible(timeout=60_000)
    for limit in page.get_by_test_id("stFileUploaderDropzoneInstructions").all():
        expect(limit).to_be_hidden()


def test_u51_a_new_digit_is_drawn_and_read(monkeypatch: pytest.MonkeyPatch):
    ink = np.zeros((280, 280), np.uint8)
    ink[40:240, 130:150] = 255
    monkeypatch.setattr(new_picture, "draw_canvas", lambda key: ink)
    app = choose_source(open_view("New classes"), "Digits")
    assert "**It is read as " in text_of(app)


def test_t6_trained_layers_are_not_praised_where_a_control_is_as_good():
    told = describe_layers({LAST_MAPS: 94.0, PIXELS: 78.0, RANDOM_LAYERS: 100.0})
    assert "A control is better: trained layers do not help here." in told
    assert "do not help" not in describe_layers({LAST_MAPS: 94.0, PIXELS: 78.0, RANDOM_LAYERS: 80.0})


def test_e3_the_classifier_on_top_is_chosen_and_is_in_the_address():
    app = open_page("transfer", view="New classes", classifier="small dense network")
    assert address_of(app)["classifier"] == "small dense network" and "apart in" in text_of(app)


def test_e6_hand_made_features_stand_beside_learned_ones_the_sentence_first():
    app = open_page("transfer", view="Hand-made features")
    assert first_sentence(app).startswith("From hand-made features, a logistic regression reads 95.")
    assert "control: hand-made features (HOG)" in app.table[0].value.index
