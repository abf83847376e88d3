"""The page "Draw, erase, compare": drawings, samples, uploads and links, and what three networks read in them."""

import base64
import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from tests.pages import address_of, captions, drawn_seven, go_to, html, open_page, press, rerun


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    st.cache_data.clear()


def readings(app: AppTest) -> str:
    """Return the readings as HTML, without the invisible acknowledgement for the canvases."""
    (shown,) = [body for element in app.main.get("html") if "ns-readings" in (body := element.proto.body)]
    return shown.split("<i hidden")[0]


def test_an_empty_canvas_asks_for_a_digit() -> None:
    app = open_page("compare")
    assert "Draw a digit first, or choose one" in app.info[-1].value and not app.get("download_button")
    assert "Draw a digit. Standard, Missing-feature and Restoring will read it." in html(app)
    assert html(app).count('class="ns-label">?<') == 3 and "data-answer" not in html(app), "rows that wait for answers"


def test_a_drawing_is_read_by_three_networks() -> None:
    app = open_page("compare")
    app.session_state["draw"] = drawn_seven()
    page = html(rerun(app))
    assert page.count('data-answer="7"') == 3 and "ns-changed" not in page


def test_the_reading_leads_to_the_page_that_explains_it() -> None:
    assert all("See why" not in link.proto.label for link in open_page("compare").get("page_link"))
    (link,) = (link for link in open_page("compare", sample="18").get("page_link") if "See why" in link.proto.label)
    assert link.proto.page == "why"


@pytest.mark.slow
def test_a_drawn_and_an_uploaded_digit_are_called_so_also_after_a_reload() -> None:
    drawn, uploaded = open_page("compare"), open_page("compare")
    drawn.session_state["draw"] = drawn_seven()
    uploaded.segmented_control(key="source").set_value("Upload")
    uploaded.run()
    photo = png(lambda pen: pen.line([(60, 20), (56, 100)], 30, 9))
    uploaded.get("file_uploader")[0].set_value(("digit.png", photo, "image/png"))
    for app, source in ((drawn, "drawn"), (uploaded, "uploaded")):
        assert f'alt="Your digit, {source}"' in html(rerun(app))
        again = open_page("why", **address_of(app))
        assert f'alt="Your digit, {source}"' in html(again) and not again.warning


def test_a_cut_changes_the_readings_and_shows_the_fills() -> None:
    app = open_page("compare", sample="18")
    before = html(app)
    app.segmented_control(key="cut").set_value("HCUT")
    after = html(rerun(app))
    assert "ns-fills" in after and "ns-fills" not in before
    assert after.split("ns-fills")[0] != before
    assert app.query_params["erased"] == "HCUT"


def test_bringing_it_back_restores_the_whole_digit() -> None:
    app = open_page("compare", sample="18", erased="VCUT")
    assert "ns-fills" in html(app)
    app.segmented_control(key="tool").set_value("shapes")
    app.run()
    back = next(button for button in app.button if button.label == "Undo all erasing")
    back.click()
    assert "ns-fills" not in html(rerun(app))
    assert "erased" not in app.query_params


def test_on_other_pages_a_button_undoes_all_erasing_where_the_digit_is_chosen() -> None:
    app = open_page("why", sample="18", erased="VCUT")
    app = press(app, "undo all erasing")
    assert "erased" not in app.query_params and app.session_state["session"].scene.mask.all()
    assert not any(one.key == "undo all erasing" for one in rerun(app).button)
    hidden = open_page("why", sample="18", erased="VCUT", hide="tools")
    assert not any(one.key == "undo all erasing" for one in hidden.button)


def undo_erasing(app: AppTest) -> AppTest:
    """Press Undo on the erase canvas when no stroke is left on it, as the browser reports it."""
    number = app.session_state["erase/memory"].number + 1
    sent = {"board": "", "number": number, "going": False, "cleared": 0, "undone": number, "content": ""}
    app.session_state["erase"] = {"sent": sent}
    return rerun(rerun(app))


def brush_out(app: AppTest) -> AppTest:
    """Erase the lower half of the digit with the brush, as the browser reports it."""
    memory = app.session_state["erase/memory"]
    cells = np.packbits(np.arange(28 * 28) >= 14 * 28).tobytes()
    sent = {"board": memory.shown["board"], "number": memory.number + 1, "going": False, "cleared": 0}
    app.session_state["erase"] = {"sent": sent | {"content": base64.b64encode(cells).decode()}}
    return rerun(app)


def test_no_cut_means_that_nothing_is_erased_not_even_by_the_brush() -> None:
    app = brush_out(open_page("compare", sample="18"))
    brushed = app.query_params["erased"]
    for cut in ("VCUT", "whole"):
        app.segmented_control(key="cut").set_value(cut)
        rerun(app)
    assert brushed and "erased" not in app.query_params and "ns-fills" not in html(app)


def test_undo_without_anything_to_undo_changes_nothing() -> None:
    app = open_page("compare", sample="18", erased="VCUT")
    erased = app.query_params["erased"]
    for _ in range(3):
        undo_erasing(app)
    assert app.query_params.get("erased") == erased and not app.exception


def test_undo_brings_back_what_a_cut_has_replaced() -> None:
    app = brush_out(open_page("compare", sample="18"))
    brushed = app.query_params["erased"]
    app.segmented_control(key="cut").set_value("VCUT")
    assert rerun(app).query_params["erased"] == "VCUT"
    assert undo_erasing(app).query_params["erased"] == brushed
    assert app.segmented_control(key="cut").value is None


def test_a_cleared_drawing_takes_its_cut_with_it() -> None:
    app = open_page("compare")
    app.session_state["draw"] = drawn_seven()
    rerun(app)
    app.segmented_control(key="cut").set_value("HCUT")
    assert rerun(app).query_params["erased"] == "HCUT"
    sent = drawn_seven()["sent"]
    app.session_state["draw"] = {"sent": sent | {"number": 2, "cleared": 2, "content": ""}}
    rerun(app)
    app.session_state["draw"] = {"sent": sent | {"number": 3}}
    assert "erased" not in rerun(app).query_params and app.segmented_control(key="cut").value == "whole"


def test_a_link_from_another_page_keeps_the_drawing_and_its_strokes() -> None:
    app = open_page("compare")
    app.session_state["draw"] = drawn_seven()
    app.run()
    app.segmented_control(key="pen").set_value("bold")
    link = {name: value for name, value in address_of(rerun(app)).items() if name != "networks"}
    go_to(app, "train")
    app.query_params.update(link | {"networks": "standard,control"})
    go_to(app, "compare")
    assert (
        app.segmented_control(key="source").value == "Draw"
        and "Link" not in app.segmented_control(key="source").options
    )
    assert app.session_state["draw/memory"].boards[""].any() and app.segmented_control(key="pen").value == "bold"
    assert app.pills(key="networks").value == ["standard", "control"]


def test_a_link_opens_the_same_scene_for_everyone() -> None:
    app = open_page("compare")
    app.session_state["draw"] = drawn_seven()
    app.run()
    app.segmented_control(key="cut").set_value("DCUT")
    link = dict(rerun(app).query_params.items())
    assert readings(open_page("compare", **link)) == readings(app)


def test_a_link_to_a_digit_that_does_not_exist_says_so() -> None:
    app = open_page("compare", sample="99999")
    assert "There is no test digit 99999" in app.warning[0].value and "data-answer" in html(app)


def test_a_broken_link_opens_the_page_with_a_sentence() -> None:
    app = open_page("compare", digit="???", networks="standard,nobody")
    assert len(app.warning) == 2 and "nobody" in app.warning[1].value


def test_next_and_any_and_a_class_walk_through_the_samples() -> None:
    app = open_page("compare", sample="18")
    app.button(key="next").click()
    assert rerun(app).query_params["sample"] == "19"
    app.selectbox(key="class").set_value("5")
    assert "labelled 5" in captions(rerun(app))
    app.button(key="any").click()
    assert "labelled 5" in captions(rerun(app))


@pytest.mark.mnist
def test_the_first_5_is_a_clear_one() -> None:
    app = open_page("compare", sample="18")
    app.selectbox(key="class").set_value("5")
    assert rerun(app).query_params["sample"] == "15"  # test digit 8 is a 5 that looks like a 6


def png(draw: Callable[[ImageDraw.ImageDraw], None]) -> bytes:
    picture, stream = Image.new("L", (120, 120), 255), io.BytesIO()
    draw(ImageDraw.Draw(picture))
    picture.save(stream, "PNG")
    return stream.getvalue()


def two_ones(pen: ImageDraw.ImageDraw) -> None:
    """Draw two ones, the left one larger."""
    pen.line([(30, 25), (28, 95)], 0, 9)
    pen.line([(90, 30), (86, 90)], 0, 9)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no picture at all", "The file is not a PNG"),
        (png(lambda pen: None), "We found no digit"),
        (png(lambda pen: pen.line([(60, 20), (60, 100)], 0, 12))[:150], "damaged"),
    ],
)
def test_a_bad_upload_costs_one_sentence(content: bytes, sentence: str) -> None:
    app = open_page("compare")
    app.segmented_control(key="source").set_value("Upload")
    app.run()
    app.get("file_uploader")[0].set_value(("digit.png", content, "image/png"))
    assert sentence in rerun(app).warning[0].value


def test_two_digits_in_a_photo_are_cut_apart_chosen_and_read_as_a_number() -> None:
    app = open_page("compare", networks="standard")
    app.segmented_control(key="source").set_value("Upload")
    app.run()
    app.get("file_uploader")[0].set_value(("digits.png", png(two_ones), "image/png"))
    assert "There are 2 separate digits" in rerun(app).warning[0].value
    session = app.session_state["session"]
    session.found = replace(session.found, index=1)  # what a tap on the second digit does; see the test in a browser
    assert "This is number 2." in rerun(app).warning[0].value
    app.button(key="read all").click()
    assert any(" reads **11**." in text.value for text in rerun(app).markdown)
    for page in ("start", "compare"):  # as the menu does
        app.query_params.clear()
        go_to(app, page)
    assert "This is number 2." in app.warning[0].value


def test_cropping_starts_with_the_part_that_was_found_and_is_kept() -> None:
    app = open_page("compare", networks="standard", state={"crop": True})
    app.segmented_control(key="source").set_value("Upload")
    app.run()
    app.get("file_uploader")[0].set_value(("digits.png", png(two_ones), "image/png"))
    left, right = rerun(app).slider(key="crop columns").value
    assert 5 < left < right < 50, "the digit with most ink"
    app.slider(key="crop columns").set_range(60, 100)
    assert not rerun(app).warning, "cropped by hand, there is one digit"
    digit = app.query_params["digit"]
    app.session_state["crop"] = False
    assert rerun(app).query_params["digit"] == digit
    app.session_state["crop"] = True
    assert rerun(app).slider(key="crop columns").value == (60, 100)
    assert "There are 2 separate digits" in press(app, "crop reset").warning[0].value
    app.slider(key="crop columns").set_range(95, 96)
    assert "choose a larger one" in rerun(app).warning[-1].value, "the controls stay"
    app.slider(key="crop columns").set_range(0, 40)
    assert not rerun(app).warning


def test_an_uploaded_photo_of_a_one_is_read_as_a_one() -> None:
    app = open_page("compare")
    app.segmented_control(key="source").set_value("Upload")
    app.run()
    photo = png(lambda pen: pen.line([(60, 20), (56, 100)], 30, 9))
    app.get("file_uploader")[0].set_value(("digit.png", photo, "image/png"))
    assert html(rerun(app)).count('data-answer="1"') == 3
