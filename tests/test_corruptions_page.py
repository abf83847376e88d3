"""The page "Shift, blur and noise" (E1, E2): a corrupted digit, who reads it, and the recorded curves."""

import pytest

from core.corruptions.kinds import CORRUPTIONS
from core.visualization.readings import Reading
from dashboard.corruptions.views import describe_readings
from tests.pages import address_of, captions, first_sentence, open_page, press, rerun, text_of


def test_e1_the_result_is_a_sentence_first_and_the_curves_stand_below() -> None:
    app = open_page("corruptions")
    assert "At shift 4 px, Standard reads 6" in first_sentence(app)
    assert "Recorded on the 10,000 MNIST test digits" in captions(app) and len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_e2_every_corruption_opens_from_a_link_and_is_in_the_address(kind: str) -> None:
    strength = f"{CORRUPTIONS[kind].strengths[1]:g}"
    app = open_page("corruptions", corruption=kind, strength=strength, compared="robust,local-dense", sample="3")
    assert f"{CORRUPTIONS[kind].title.lower()} {strength} " in first_sentence(app)
    held = address_of(app)
    assert (held.get("corruption", "shift"), held["strength"]) == (kind, strength)
    assert held["compared"] == "robust,local-dense"


def test_e2_another_corruption_starts_at_its_own_strength() -> None:
    app = open_page("corruptions", strength="8")
    app.selectbox(key="corruptions corruption").set_value("blur")
    assert "blur 1.5 px" in first_sentence(rerun(app))


def test_e2_chance_is_drawn_again_only_where_there_is_chance() -> None:
    app = open_page("corruptions", corruption="noise")
    again = next(button for button in app.button if button.label == "Randomise again")
    assert address_of(rerun(again.click()))["seed"] == "1"
    assert not [one for one in open_page("corruptions", corruption="blur").button if one.label == "Randomise again"]


def test_e2_networks_are_measured_now_beside_the_record() -> None:
    app = open_page("corruptions", compared="local-dense")
    app.select_slider(key="corruption count").set_value(100)
    app = press(app, "corruptions measure")
    assert "The first 100 test digits of" in text_of(app) and len(app.get("plotly_chart")) == 2


def test_e2_a_restoring_network_has_no_recorded_curve_and_the_page_says_why() -> None:
    app = open_page("corruptions", compared="standard,restoring")
    assert "Not recorded: Restoring" in text_of(app) and "so it reads as *Standard* does" in captions(app)
    assert "fills only what was erased" not in captions(open_page("corruptions", compared="standard"))


def test_e2_a_changed_answer_is_named() -> None:
    import numpy as np

    seven, three = np.eye(10, dtype=np.float32)[[7, 3]]
    read = [Reading("Dense", "#000", three, seven), Reading("Standard", "#000", seven, seven)]
    assert describe_readings(read, "0123456789") == "Dense now reads a 3 (was 7)."
    assert describe_readings(read[1:], "0123456789") == "No answer changes." and not describe_readings([], "0123456789")
