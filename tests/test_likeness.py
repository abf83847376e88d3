"""How unlike MNIST a digit is: measures, distance, and the one step that brings it nearer."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.digits.likeness import reference
from core.digits.likeness.advice import find_likeness
from core.digits.likeness.measures import MEASURES, measure, sheared
from tests.drawn_pictures import drawn, mnist_way
from tests.sample_digits import made_dataset, real_set

DIGIT = mnist_way(drawn())


def test_measures_of_a_digit() -> None:
    found = measure(DIGIT)
    assert set(found) == set(MEASURES)
    assert found["size"] == 20 and found["off centre"] < 1
    assert measure(mnist_way(drawn(3, 40)))["stroke width"] > found["stroke width"]
    assert measure(sheared(DIGIT, 20))["slant"] > found["slant"] + 10
    with pytest.raises(ValueError):
        measure(np.zeros((28, 28), np.float32))


@pytest.mark.mnist
def test_real_digits_are_nearer_than_noise() -> None:
    shipped = reference.shipped()
    real = shipped.distance(real_set().validation.images()[:200, 0].numpy())
    noise = shipped.distance(np.random.default_rng(0).random((20, 28, 28)).astype(np.float32))
    assert np.median(real) < 0.4 < noise.min()
    assert (real < shipped.card.quantiles["distance"][-2]).mean() > 0.98


def test_the_one_step_that_brings_a_digit_nearer() -> None:
    leaning = find_likeness(sheared(DIGIT, 40))
    assert leaning.advice == "Writing it upright would bring it nearer to MNIST's digits."
    assert leaning.advised_unlike < leaning.unlike
    small = np.pad(DIGIT[4:24:2, 4:24:2], ((0, 18), (0, 18)))
    assert "full size" in find_likeness(small).advice


def test_a_reference_is_made_saved_and_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "GROUPS", 20)
    made = reference.make_reference(made_dataset(400, 60))
    reference.save_reference(made, tmp_path)
    loaded = reference.load_reference(tmp_path)
    assert loaded.card.quantiles.keys() == {*MEASURES, "distance"} and loaded.card.dataset["name"] == "made digits"
    assert np.allclose(loaded.distance(DIGIT[None]), made.distance(DIGIT[None]), atol=0.01)
    assert loaded.share_below("size", 100) == 1


def test_the_page_warns_of_a_drawing_that_is_not_one_digit() -> None:
    def show() -> None:
        import numpy as np

        from core.digits.drawing import prepare_strokes
        from dashboard.compare.preparation import show_preparation
        from tests.drawn_pictures import drawn

        show_preparation(prepare_strokes(np.hstack([drawn(3), drawn(7)])), drawn=True)

    app = AppTest.from_function(show).run(timeout=60)
    assert "The ink is in separate parts." in app.warning[0].value and "How unlike" in app.get("progress")[0].proto.text


def test_the_page_shows_the_meter_below_the_steps() -> None:
    def show() -> None:
        from core.digits.drawing import prepare_strokes
        from dashboard.compare.preparation import show_preparation
        from tests.drawn_pictures import drawn

        show_preparation(prepare_strokes(drawn()))

    app = AppTest.from_function(show).run(timeout=60)
    assert not app.exception
    assert "Stroke width (above" in (page := "".join(element.proto.body for element in app.get("html")))
    assert page.count("of MNIST)") == len(MEASURES)
    assert "How unlike MNIST" in app.get("progress")[0].proto.text
