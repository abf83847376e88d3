"""Every page under AppTest, through the real entry script, with the real networks on what digits there are."""

import base64
import io
import re
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from core.digits import datasets
from core.zoo import checkpoints
from core.zoo.recipes import RECIPES
from dashboard.address import address_book
from dashboard.missing_features import algebra_views, variant_views
from dashboard.server import caches
from dashboard.server.scene import Scene
from tests.samples import sample_of
from tests.working import without_mnist

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    st.cache_data.clear()


def open_page(name: str, **params: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60)
    app.run()
    app.query_params.update(params)
    return whole(app.switch_page(f"../pages/{name}").run())


def whole(app: AppTest) -> AppTest:
    assert not app.exception, app.exception[0].message
    return app


def html(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.main.get("html"))


def readings(app: AppTest) -> str:
    """What the networks read, without the invisible mark of what the canvases have sent."""
    (shown,) = [body for element in app.main.get("html") if "ns-readings" in (body := element.proto.body)]
    return shown.split("<i hidden")[0]


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def drawn_seven() -> dict[str, object]:
    """What the browser sends when a seven has been drawn."""
    canvas = Image.new("L", (280, 280))
    ImageDraw.Draw(canvas).line([(70, 60), (210, 60), (130, 230)], 255, 24, joint="curve")
    content = base64.b64encode(zlib.compress(canvas.tobytes())).decode()
    return {"sent": {"board": "", "number": 1, "going": False, "cleared": 0, "content": content}}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_without_a_complaint(name: str) -> None:
    app = open_page(name)
    assert not app.error and not app.warning


def test_an_empty_canvas_asks_for_a_digit() -> None:
    app = open_page("compare.py")
    assert "As soon as there is a digit" in app.info[-1].value


def test_a_drawing_is_read_by_five_networks() -> None:
    app = open_page("compare.py")
    app.session_state["draw"] = drawn_seven()
    page = html(whole(app.run()))
    assert page.count('data-answer="7"') == 5 and "changed its mind" not in page


def test_a_cut_changes_the_readings_and_shows_the_fills() -> None:
    app = open_page("compare.py", sample="18")
    before = html(app)
    app.segmented_control(key="cut").set_value("HCUT")
    after = html(whole(app.run()))
    assert "ns-fills" in after and "ns-fills" not in before
    assert after.split("ns-fills")[0] != before
    assert app.query_params["erased"] == "HCUT"


def test_bringing_it_back_restores_the_whole_digit() -> None:
    app = open_page("compare.py", sample="18", erased="VCUT")
    assert "ns-fills" in html(app)
    app.segmented_control(key="tool").set_value("shapes")
    app.run()
    back = next(button for button in app.button if button.label == "Bring it back")
    back.click()
    assert "ns-fills" not in html(whole(app.run()))
    assert "erased" not in app.query_params


def test_a_link_opens_the_same_scene_for_everyone() -> None:
    app = open_page("compare.py")
    app.session_state["draw"] = drawn_seven()
    app.run()
    app.segmented_control(key="cut").set_value("DCUT")
    link = dict(whole(app.run()).query_params.items())
    assert readings(open_page("compare.py", **link)) == readings(app)


def test_a_broken_link_opens_the_page_with_a_sentence() -> None:
    app = open_page("compare.py", digit="???", networks="standard,nobody")
    assert len(app.warning) == 2 and "nobody" in app.warning[1].value


def test_next_and_any_and_a_class_walk_through_the_samples() -> None:
    app = open_page("compare.py", sample="18")
    app.button(key="next").click()
    assert whole(app.run()).query_params["sample"] == "19"
    app.selectbox(key="class").set_value("5")
    assert "labelled 5" in captions(whole(app.run()))
    app.button(key="any").click()
    assert "labelled 5" in captions(whole(app.run()))


def png(draw: Callable[[ImageDraw.ImageDraw], None]) -> bytes:
    picture, stream = Image.new("L", (120, 120), 255), io.BytesIO()
    draw(ImageDraw.Draw(picture))
    picture.save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no picture at all", "The file is not a PNG"),
        (png(lambda pen: None), "There is no ink"),
        (png(lambda pen: pen.line([(60, 20), (60, 100)], 0, 12))[:150], "damaged"),
    ],
)
def test_a_bad_upload_costs_one_sentence(content: bytes, sentence: str) -> None:
    app = open_page("compare.py")
    app.segmented_control(key="source").set_value("Upload")
    app.run()
    app.get("file_uploader")[0].set_value(("digit.png", content, "image/png"))
    assert sentence in whole(app.run()).warning[0].value


def test_an_uploaded_photo_of_a_one_is_read_as_a_one() -> None:
    app = open_page("compare.py")
    app.segmented_control(key="source").set_value("Upload")
    app.run()
    photo = png(lambda pen: pen.line([(60, 20), (56, 100)], 30, 9))
    app.get("file_uploader")[0].set_value(("digit.png", photo, "image/png"))
    assert html(whole(app.run())).count('data-answer="1"') == 5


@pytest.mark.parametrize("view", ["The cuts", "The table", "How much is missing", "Who mixes up what", "Download"])
def test_every_view_of_pmnist_opens(view: str) -> None:
    app = open_page("pmnist.py")
    app.segmented_control(key="pmnist view").set_value(view)
    whole(app.run())


def test_m12_the_live_table_is_measured_and_told_apart_from_the_recorded_one() -> None:
    app = open_page("pmnist.py")
    app.segmented_control(key="pmnist view").set_value("The table")
    app.run()
    app.select_slider(key="live count").set_value(100)
    recorded = len(app.table)
    app.button(key="measure").click()
    whole(app.run())
    assert len(app.table) > recorded
    assert any("Recorded" in heading.value for heading in app.markdown)
    live = app.table[recorded].value
    assert float(live.loc["Standard", "whole"]) > 80


def test_without_mnist_the_page_works_on_the_offline_digits_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in without_mnist(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(datasets, "PROJECT_DATA", tmp_path)
    caches.mnist_download.clear()
    app = open_page("compare.py", sample="3", erased="HCUT")
    assert html(app).count("data-answer=") == 5
    assert "offline digits, test digit 3" in captions(app)
    caches.mnist_download().cancel()
    caches.mnist_download.clear()


@pytest.mark.parametrize("damaged", ["synergy", "restoring"])
def test_a_damaged_network_costs_a_sentence_and_the_others_go_on(
    damaged: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(caches.checkpoints, "SHIPPED", tmp_path)
    for path in (ROOT / "checkpoints").iterdir():
        content = path.read_bytes()
        (tmp_path / path.name).write_bytes(content[:-100] if path.name == f"{damaged}.safetensors" else content)
    try:
        st.cache_resource.clear()
        app = open_page("compare.py", sample="18", erased="HCUT")
        assert damaged in app.warning[0].value and html(app).count("data-answer=") == 4
        for page in ("start.py", "pmnist.py"):
            open_page(page)
    finally:
        st.cache_resource.clear()


def test_without_a_single_network_every_view_opens_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path)
    st.cache_resource.clear()
    try:
        for name, page in address_book.PAGES.items():
            app, said = open_page(f"{name}.py", sample="3"), ""
            for view in page.views:
                app.query_params["view"] = view
                said += text_of(whole(app.run()))
            assert "no network for this" in said or name not in ("compare", "pmnist", "attack", "maximize", "why"), name
    finally:
        st.cache_resource.clear()


def test_uploads_and_drawings_never_reach_another_visitor() -> None:
    first, second = open_page("compare.py"), open_page("compare.py")
    first.session_state["draw"] = drawn_seven()
    assert "data-answer" in html(whole(first.run())) and "data-answer" not in html(whole(second.run()))
    assert np.array_equal(second.session_state["session"].scene.mask, np.ones((28, 28), bool))


# Missing features


@pytest.fixture
def laboratory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder with the networks of the main page, and two of the laboratory made of them."""
    for path in (ROOT / "checkpoints").iterdir():
        if path.stem in RECIPES and not RECIPES[path.stem].laboratory:
            shutil.copy(path, tmp_path)
    made = {"missing-clamped": "clamped complement", "missing-unfrozen": "complement"}
    for name, inversion in made.items():
        network = checkpoints.load_classifier("missing-feature", tmp_path)
        network.features.get_submodule("conv1").get_parameter("weight").mul_(1.1 if "unfrozen" in name else 1)
        card = checkpoints.load_card("missing-feature", tmp_path)
        described = asdict(RECIPES[name])
        checkpoints.save_network(
            replace(card, name=name, title=name, inversion=inversion, recipe=described), network, tmp_path
        )
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path)
    for module, constant in ((variant_views, "MEASURED"), (algebra_views, "COMPARED"), (caches, "SURVEYED")):
        monkeypatch.setattr(module, constant, 200)
    st.cache_resource.clear()
    yield tmp_path
    st.cache_resource.clear()


def open_missing(view: str, **params: str) -> AppTest:
    app = open_page("missing_features.py", **params)
    app.segmented_control(key="missing view").set_value(view)
    return whole(app.run())


def text_of(app: AppTest) -> str:
    return " ".join(element.value for kind in (app.markdown, app.caption, app.info) for element in kind)


@pytest.mark.parametrize("view", ["The idea", "Variants", "The algebra", "Freezing", "Synergy"])
@pytest.mark.parametrize("scene", ["whole", "everything erased", "blank"])
def test_m13_every_view_of_missing_features_opens_for_every_digit(laboratory: Path, view: str, scene: str) -> None:
    session = Scene(sample=15)
    if scene == "everything erased":
        session.mask = np.zeros((28, 28), np.bool_)
    elif scene == "blank":
        session.drawn = np.zeros((28, 28), np.float32)
    app = open_missing(view, **session.to_params())
    assert not app.warning
    assert ("Everything is erased" in text_of(app)) == (scene == "everything erased" and view != "Freezing")


def test_m13_the_sentence_about_what_is_missing_follows_the_digit(laboratory: Path) -> None:
    five = text_of(open_missing("The idea", sample=sample_of(5)))
    cut = text_of(open_missing("The idea", sample=sample_of(5), erased="HCUT"))
    assert "A 5. Not a" in five and "speaks against them by −" in five
    assert "what they usually have and this digit has not" in cut and "A 5. Not a" not in cut


def test_m13_one_class_can_be_asked_for_and_its_missing_features_appear(laboratory: Path) -> None:
    app = open_missing("The idea", sample="15")
    all_rivals = html(app)
    assert all_rivals.count("what it looks for</figcaption>") == 3 and all_rivals.count("not 6: −") == 2
    app.segmented_control(key="missing of").set_value(6)
    sixes = html(whole(app.run()))
    usual = re.findall(r"Usually present in ([\d ]+) \(", sixes)
    assert sixes != all_rivals and len(usual) == 3 and all("6" in classes for classes in usual)


def test_m2_to_m8_the_laboratory_s_networks_are_offered_there_and_not_on_the_main_page(laboratory: Path) -> None:
    app = open_missing("Variants", sample="15")
    assert "missing-clamped" in app.pills(key="variants").options
    assert "other functions" in html(app) and "max(1 − ReLU, 0)" in html(app)
    main = open_page("compare.py", sample="15")
    assert "missing-clamped" not in main.pills(key="networks").options
    assert "Missing-feature" in main.pills(key="networks").options


def test_the_algebra_shows_equal_logits_and_refuses_what_is_not_affine(laboratory: Path) -> None:
    app = open_missing("The algebra", sample="15", erased="VCUT")
    rows = re.findall(r"<tr><td>(?:inverted|ordinary) head</td>(.*?)</tr>", html(app))
    inverted, ordinary = ([float(one) for one in re.findall(r">(-?[\d.]+)<", row)] for row in rows)
    assert len(inverted) == 10 and inverted == pytest.approx(ordinary, abs=2e-4)
    assert "no logit differs by more than **0.0000" in text_of(app)
    assert "no ordinary head computes the same" in text_of(app) and "of this digit's 800 features are" in text_of(app)


def test_m11_frozen_filters_stay_bit_by_bit_and_the_others_move(laboratory: Path) -> None:
    app = open_missing("Freezing")
    assert "no weight has changed" in text_of(app) and "moved by 10 % of their length" in text_of(app)
    assert "**the same, bit by bit**" in text_of(app) and "**changed**" in text_of(app)
    assert html(app).count("<figure") == 4
    app.segmented_control(key="filters").set_value("second layer, all inputs")
    assert "moved" not in text_of(whole(app.run())) and text_of(app).count("no weight has changed") == 2


def test_m16_without_its_second_head_synergy_is_the_ordinary_network(laboratory: Path) -> None:
    app = open_missing("Synergy", sample="18", erased="HCUT")
    with_head = app.table[0].value
    app.slider(key="omega").set_value(0.0)
    without = whole(app.run()).table[0].value
    assert "Synergy, ω = 1" in with_head.index and "Synergy, ω = 0" in without.index
    for column in ("whole", "HCUT", "TCUT"):
        assert without.loc["Synergy, ω = 0", column] == f"{without.loc['Standard', column]}  :small[(+0.0)]"
    assert set(re.findall(r'data-answer="(\d)"', html(app))) != set() and html(app).count("data-answer=") == 3
    counts = [int(metric.value.replace(",", "")) for metric in app.metric]
    assert sum(counts[:4]) == sum(counts[4:]) == 200


@pytest.mark.parametrize("view", ["The idea", "Variants", "The algebra", "Freezing", "Synergy"])
def test_without_a_network_each_view_says_so_in_a_sentence(laboratory: Path, view: str) -> None:
    for name in ("missing-feature", "missing-clamped", "missing-unfrozen"):
        (laboratory / f"{name}.safetensors").write_bytes(b"")
    app = open_missing(view, sample="15")
    assert app.warning and all("missing-" in warning.value for warning in app.warning)
