"""The choice of the data set in the frame of every page, with a made set in the format of Fashion-MNIST."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import dashboard
from core.digits import datasets
from core.digits.layouts import CLOTHING_CLASSES
from dashboard.server import caches, data_sets
from dashboard.shell.search import find_views
from tests.pages import address_of, captions, go_to, open_page, rerun, text_of
from tests.set_files import make_set

FASHION, LETTERS = "Fashion-MNIST", "EMNIST letters"
PLAIN = ("glossary", "lessons", "results")  # pages that use no chosen set
SLOW_VIEWS = {"A hole everywhere", "The smallest erasure", "VGG16", "Which layer", "Two classes"}


@pytest.fixture
def made_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the data folder hold small sets in the formats of three others, and no MNIST."""
    for name in (FASHION, LETTERS, "QMNIST"):
        make_set(tmp_path, name, 600, 200)
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(tmp_path))
    monkeypatch.setattr(datasets, "PROJECT_DATA", tmp_path / "none")
    caches.dataset.clear()
    caches.server_zoo.clear()
    yield
    caches.dataset.clear()
    caches.server_zoo.clear()


def test_a_link_names_the_set_and_the_page_shows_its_pictures(made_sets: None) -> None:
    app = open_page("compare", set=FASHION, sample="3")
    assert f"{FASHION}, test digit 3, labelled {CLOTHING_CLASSES[3]}" in captions(app)
    assert address_of(app)["set"] == FASHION


def test_the_set_stays_on_the_next_page_and_the_sample_too(made_sets: None) -> None:
    app = open_page("compare", set=FASHION, sample="3")
    go_to(app, "feature_maps")
    assert f"{FASHION}, test digit 3" in captions(app)
    assert address_of(app)["set"] == FASHION and address_of(app)["sample"] == "3"


def test_a_set_that_is_chosen_in_the_frame_is_used_and_the_default_is_in_no_address(made_sets: None) -> None:
    app = open_page("compare", sample="3", state={"data set": True})
    assert "set" not in address_of(app)
    rerun(app.radio[0].set_value(FASHION))
    assert f"{FASHION}, test digit 3" in captions(app)
    assert address_of(app)["set"] == FASHION
    app.session_state["data set"] = True
    rerun(app)
    rerun(app.radio[0].set_value(data_sets.default_name()))
    assert "set" not in address_of(app)


@pytest.mark.parametrize("name", ["KMNIST", "own:0123", "../../etc"])
def test_a_set_that_is_not_here_is_said_in_one_sentence_and_the_default_is_shown(made_sets: None, name: str) -> None:
    app = open_page("compare", set=name, sample="3")
    assert any("so offline digits is shown" in warning.value for warning in app.warning)
    assert "offline digits, test digit 3" in captions(app) and "set" not in address_of(app)


def test_networks_of_other_classes_are_shown_with_the_set_they_learned_from_and_answer_in_its_words(
    made_sets: None,
) -> None:
    app = open_page("compare", set=FASHION, sample="3", networks="standard")
    shown = "".join(element.proto.body for element in app.main.get("html"))
    assert "Standard (MNIST)" in shown
    assert "Sneaker" not in shown and "Ankle boot" not in shown
    assert "No network here has learned the classes of Fashion-MNIST" in captions(app)


def test_a_view_that_compares_answers_with_labels_says_why_it_is_not_shown(made_sets: None) -> None:
    app = open_page("pmnist", set=FASHION, view="The table")
    assert "compares answers with the true classes of Fashion-MNIST" in text_of(app)


def test_networks_of_the_same_classes_are_measured_on_the_set_and_named_after_theirs(made_sets: None) -> None:
    app = open_page("pmnist", set="QMNIST", view="The table")
    assert "Some networks below have learned MNIST, not QMNIST" in captions(app)


@pytest.mark.slow
@pytest.mark.parametrize("name", [FASHION, LETTERS])
@pytest.mark.parametrize("page", [page for page in dashboard.PAGES if page not in PLAIN])
def test_every_view_opens_with_a_set_of_other_classes(made_sets: None, page: str, name: str) -> None:
    for view in find_views(page):
        if view not in SLOW_VIEWS:
            app = open_page(page, set=name, sample="3", view=view)
            assert address_of(app).get("set") == name
