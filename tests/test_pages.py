"""Every page under AppTest, through the real entry script, with the real networks on what digits there are."""

import base64
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from core import datasets
from dashboard import cache

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
    return "".join(element.proto.body for element in app.get("html"))


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
    readings = html(app).split("ns-steps")[0]  # who opens the link has no drawing to prepare
    assert html(open_page("compare.py", **link)).startswith(readings.rsplit("<div", 1)[0])


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
    monkeypatch.setenv("NEGATIVE_SPACE_DATA", str(tmp_path))
    monkeypatch.setattr(datasets, "PROJECT_DATA", tmp_path)
    # The mirror is a port of this machine at which nobody listens: refused at once, whatever network there is.
    monkeypatch.setenv("NEGATIVE_SPACE_MIRROR", "http://127.0.0.1:9")
    cache.mnist_download.clear()
    app = open_page("compare.py", sample="3", erased="HCUT")
    assert html(app).count("data-answer=") == 5
    assert "offline digits, test digit 3" in captions(app)
    cache.mnist_download().cancel()
    cache.mnist_download.clear()


@pytest.mark.parametrize("damaged", ["synergy", "restoring"])
def test_a_damaged_network_costs_a_sentence_and_the_others_go_on(
    damaged: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cache.checkpoints, "SHIPPED", tmp_path)
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


def test_uploads_and_drawings_never_reach_another_visitor() -> None:
    first, second = open_page("compare.py"), open_page("compare.py")
    first.session_state["draw"] = drawn_seven()
    assert "data-answer" in html(whole(first.run())) and "data-answer" not in html(whole(second.run()))
    assert np.array_equal(second.session_state["app"].scene.mask, np.ones((28, 28), bool))
