"""The page "One window at a time" under AppTest: every view, for any digit and network; and its drawings."""

import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.convolution import examples, manual_filters
from core.convolution.pooling import POOLINGS
from core.convolution.window import slide
from core.networks.architectures import ARCHITECTURES
from core.visualization.convolution import (
    NumberGrid,
    draw_products,
    draw_shapes,
    draw_sliding_window,
    draw_weight_matrix,
    draw_window_positions,
)
from core.visualization.figures import Box, draw_clickable
from core.visualization.signed_colors import draw_signed_maps, to_signed
from dashboard.convolution import size_views
from dashboard.server import caches
from dashboard.server.scene import Scene
from dashboard.widgets.maps import describe_activations, describe_step
from tests.pages import html, open_page, rerun, text_of

VIEWS = (
    "One number",
    "Output size",
    "Filters by hand",
    "Pooling",
    "1-D to 3-D",
    "Neighbours",
    "Batch norm",
    "Dropout",
    "Shapes and activations",
    "Whole network",
)


def open_view(view: str, *, keys: dict[str, object] | None = None, **params: str) -> AppTest:
    app = open_page("convolution", **(params or {"sample": "18"}), view=view)
    for key, value in (keys or {}).items():  # afterwards: a link brings everything back to what it is at first
        app.session_state[key] = value
    return rerun(app) if keys else app


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("scene", ["sample", "everything erased", "no digit"])
def test_every_view_opens_for_every_digit(view: str, scene: str) -> None:
    if scene == "no digit":
        app = open_view(view, keys={"source": "Draw"}, networks="standard")
    else:
        mask = np.full((28, 28), scene == "sample")
        app = open_view(view, **Scene(sample=15, mask=mask).to_params())
    assert not app.error and not app.warning


def test_c2_c3_the_seed_s_examples_are_worked_out() -> None:
    app = open_view("One number", keys={"convolution of": "A 5 × 5 picture"})
    assert "row 0, column 0 gives 4" in text_of(app)
    assert "1·1 + 1·0 + 1·1 + 0·0 + 1·1 + 1·0 + 0·1 + 0·0 + 1·1 = 4" in html(app)
    app.segmented_control(key="convolution of").set_value("Red, green, blue")
    assert "308 − 498 + 164 + 1 = −25" in html(rerun(app))


def test_the_number_that_is_chosen_is_worked_out_and_followed_both_ways() -> None:
    app = open_view("One number", keys={"convolution map": 7, "convolution row": 11, "convolution column": 12})
    assert "conv1: map 7, row 11, column 12 = " in text_of(app)
    shown = html(app)
    assert "The products" in shown and "pool1: map 7, row 5, column 6" in shown and "relu1" in shown
    total = re.search(r"column 12 = (\S+)", text_of(app))
    assert total and f"= {total[1]}</code>" in shown
    back = next(button for button in app.button if button.label.startswith("Back"))
    back.click()
    assert "normalize: map 0, row " in text_of(rerun(app))
    assert app.segmented_control(key="convolution stage").value == "normalize"


@pytest.mark.parametrize("stage", ["normalize", "pool1", "relu1", "conv2", "flatten", "inverted", "fc1", "fc2"])
def test_every_stage_can_be_looked_at(stage: str) -> None:
    app = open_view("One number", keys={"convolution stage": stage, "convolution network": "missing-feature"})
    assert f"#### {stage}: " in text_of(app)
    assert app.segmented_control(key="convolution stage").value == stage


@pytest.mark.parametrize("network", ["synergy", "missing-maximum", "local-conv-shuffled", "local-dense"])
def test_any_network_of_the_zoo_can_be_looked_into(network: str) -> None:
    app = open_view("One number", keys={"convolution network": network})
    assert app.selectbox(key="convolution network").value == network and "ns-way" in html(app)
    app.segmented_control(key="convolution stage").set_value(app.segmented_control(key="convolution stage").options[-1])
    rerun(app)


def test_c1_c4_the_size_follows_the_settings_and_what_cannot_be_is_a_sentence() -> None:
    app = open_view("Output size")
    assert "+ 1 = 24</code>" in html(app) and "<span>Parameters</span><b>520</b>" in html(app)
    app.number_input(key="size stride").set_value(2)
    assert "+ 1 = 12</code>" in html(rerun(app))
    app.number_input(key="size dilation").set_value(0)
    assert "with 0 all weights of a window would meet one pixel" in text_of(rerun(app))
    assert "almost always 0" in text_of(app)
    app.number_input(key="size dilation").set_value(9)
    assert "covers 37 pixels, but there are only 28" in text_of(rerun(app))


def test_t11_networks_are_counted_as_dense_layers() -> None:
    (first, second) = size_views.to_settings(ARCHITECTURES["published"])
    assert (first.parameters, second.parameters) == (520, 25_050)
    assert (first.output, second.size, second.channels, second.output) == (24, 12, 20, 8)
    assert first.dense_parameters == 785 * 20 * 24 * 24


def test_c11_an_own_filter_is_applied_and_a_wrong_one_is_a_sentence() -> None:
    app = open_view("Filters by hand", keys={"handmade": "my own"})
    assert "ns-filtered" in html(app)
    app.text_area(key="own filter").set_value("1 2\n3 x")
    assert "A filter has 3 rows of 3 numbers" in text_of(rerun(app)) and "ns-filtered" not in html(app)


def to_file(color: tuple[int, int, int]) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (60, 40), color).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(("content", "good"), [(to_file((250, 20, 20)), True), (b"no picture at all", False)])
def test_c8_a_colour_picture_is_shown_channel_by_channel_and_a_broken_one_is_a_sentence(
    content: bytes, good: bool
) -> None:
    app = open_view("Filters by hand", keys={"filter subject": "A colour picture"})
    assert "Upload a picture" in text_of(app)
    app.get("file_uploader")[0].set_value([("picture.png", content, "image/png")])
    rerun(app)
    assert ("ns-channels" in html(app)) == good and bool(app.warning) != good


def test_an_uploaded_picture_stays_when_its_upload_is_left_is_read_once_and_can_be_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[bytes] = []
    real = manual_filters.read_color_picture
    monkeypatch.setattr(manual_filters, "read_color_picture", lambda content: read.append(content) or real(content))
    app = open_view("Filters by hand", keys={"filter subject": "A colour picture"})
    app.get("file_uploader")[0].set_value([("picture.png", to_file((250, 20, 20)), "image/png")])
    assert "ns-channels" in html(rerun(app))
    for subject in ("Your digit", "A colour picture"):  # Streamlit's widget is empty afterwards
        app.segmented_control(key="filter subject").set_value(subject)
        rerun(app)
    assert "ns-channels" in html(app) and len(read) == 1
    for content in (b"no picture at all", to_file((20, 20, 250))):
        app.get("file_uploader")[0].set_value([("other.png", content, "image/png")])
        rerun(app)
    assert "ns-channels" in html(app) and len(read) == 3, "another file is read anew"
    app.get("file_uploader")[0].clear()
    assert "Upload a picture" in text_of(rerun(app))


def test_c6_the_seed_s_pooling_is_there_and_each_kind_says_what_it_did() -> None:
    app = open_view("Pooling")
    assert "5 × 5 becomes **3 × 3**" in text_of(app) and "the largest of 3, 3, 2, 0, 0, 1, 3, 1, 2 = 3" in html(app)
    pooled = json.loads(app.get("plotly_chart")[1].proto.spec)["data"][0]
    assert pooled["text"] == list("333333323")
    for kind in POOLINGS:
        app.segmented_control(key="pool kind").set_value(kind)
        assert " of 3, 3, 2, 0, 0, 1, 3, 1, 2 = " in html(rerun(app))


def test_c9_the_four_networks_read_the_digit_and_their_accuracies_are_shown() -> None:
    app = open_view("Neighbours")
    table = app.table[0].value
    lost = {name: float(row["lost"].replace("−", "-")) for name, row in table.iterrows()}
    assert lost["Convolutional"] > 2 > 1 > abs(lost["Dense"]) and html(app).count("data-answer=") == 4


def test_t7_the_batch_is_normalized_as_gamma_and_beta_say() -> None:
    app = open_view("Batch norm")
    assert "y = γ·x̂ + β = 0.5·x̂ + 2" in html(app)
    app.slider(key="norm gamma").set_value(2.0)
    assert "y = γ·x̂ + β = 2·x̂ + 2" in html(rerun(app))


def test_t10_the_same_digit_is_read_twenty_times() -> None:
    app = open_view("Dropout")
    answers = html(app).split('<div class="ns-shares">')[1].split("</div></div>")[0]
    assert answers.count("<b>") == 20
    app.slider(key="drop rate").set_value(0.0)
    assert "**20 of 20 times**" in text_of(rerun(app))


def test_a10_lenet_is_drawn_from_its_real_shapes() -> None:
    shown = text_of(open_view("Shapes and activations"))
    for size in ("6 × 28 × 28", "6 × 14 × 14", "16 × 10 × 10", "16 × 5 × 5", ">120<", ">84<", ">10<"):
        assert size in shown


def test_zero_is_black_wherever_numbers_have_a_sign() -> None:
    values = np.array([[0.0, 1.0], [-1.0, -0.0]])
    assert draw_products([NumberGrid("", values)], (), "").count("rgb(0, 0, 0)") == 2
    assert not to_signed(values, 1.0)[0, 0].any() and not draw_weight_matrix(np.zeros((2, 2)), 9).any()
    sheet = draw_signed_maps(np.zeros((3, 4, 4)), columns=2, limit=1.0, factor=2, chosen=1)
    assert (sheet[2:10, 2:10] == 0).all() and (sheet[1, 14] == (230, 159, 0)).all()


def test_the_landing_drawing_has_a_square_for_each_pixel_and_place() -> None:
    drawn = draw_window_positions([[-1, 0, 1], [1, 2, 3]], 4, 1)
    assert drawn.count("<i ") == 12 and drawn.count("ns-read") == 6 and drawn.count("ns-out ns-read") == 1


def test_every_cell_of_a_picture_can_be_clicked_and_its_window_is_framed() -> None:
    figure = draw_clickable(np.zeros((4, 6, 3), np.uint8), (2, 3), [str(n) for n in range(5)], box=Box(-1, 0, 3, 3))
    assert [list(place) for place in figure.data[0].customdata] == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1]]
    assert (figure.layout.shapes[0].y0, figure.layout.shapes[0].y1) == (-1.5, 1.5)
    assert figure.layout.yaxis.range[1] <= -1.5  # what lies in the padding is also seen


def test_a_window_that_slides_fills_the_output_place_by_place() -> None:
    given, gives = np.zeros((5, 5, 3), np.uint8), np.full((3, 3, 3), 200, np.uint8)
    pictures = [draw_sliding_window(given, gives, filled, (0, 0, 3, 3)) for filled in (1, 9)]
    assert pictures[0].shape == pictures[1].shape
    filled = [(one == 200).all(-1).sum() for one in pictures]
    assert filled[1] == 9 * filled[0] > 0
    step = next(slide(examples.PHOTO, examples.COLOR_FILTER))
    assert describe_step(step) == "row 0, column 0: 308 − 498 + 164 + 1 = −25"


def test_a_network_is_drawn_with_as_many_squares_as_it_has_maps_up_to_twelve() -> None:
    drawn = draw_shapes([("conv1", (6, 28, 28)), ("conv2", (16, 10, 10)), ("fc1", (120,))])
    assert drawn.count("<svg") == 3 and drawn.count("<rect") == 6 + 12 + 1 and "16 × 10 × 10" in drawn


def test_c7_each_activation_says_what_it_makes_of_a_number() -> None:
    assert describe_activations(-2.0).startswith("ReLU 0 · leaky ReLU −0.020 · Swish −0.238 · sigmoid σ 0.119 · tanh")


def test_a_network_that_the_browser_cannot_compute_costs_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "browser_layers", lambda *_: ())
    app = open_view("Whole network")
    assert [info.value for info in app.info if "browser cannot compute" in info.value]
