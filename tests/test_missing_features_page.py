"""The page "Missing features": the idea, variants, the algebra, freezing, and two heads."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.system import checkpoint_files
from core.zoo import checkpoints
from core.zoo.recipes import RECIPES
from dashboard.missing_features import algebra_views, variant_views
from dashboard.server import caches
from dashboard.server.scene import Scene
from tests import ROOT
from tests.pages import html, open_page, rerun, text_of
from tests.sample_digits import sample_of


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    st.cache_data.clear()


@pytest.fixture
def laboratory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Make a folder with the networks of the main page, and two variants made from them; return it."""
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
    monkeypatch.setattr(checkpoint_files, "SHIPPED", tmp_path)
    for module, constant in ((variant_views, "MEASURED"), (algebra_views, "COMPARED"), (caches, "SURVEYED")):
        monkeypatch.setattr(module, constant, 200)
    st.cache_resource.clear()
    yield tmp_path
    st.cache_resource.clear()


def open_missing(view: str, **params: str) -> AppTest:
    return open_page("missing_features", view=view, **params)


@pytest.mark.parametrize("view", ["The idea", "Amplify", "Variants", "The algebra", "Freezing", "Synergy"])
@pytest.mark.parametrize("scene", ["whole", "everything erased", "blank"])
@pytest.mark.slow
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
    assert "The missing-feature network reads a 5. Parts that a" in five and "lowers their scores most (−" in five
    assert "would have are missing here" in cut and "The missing-feature network reads a 5. Parts that a" not in cut


@pytest.mark.parametrize("view", ["The idea", "Amplify", "Synergy"])
def test_every_view_answers_whether_it_helps_and_links_to_the_results(laboratory: Path, view: str) -> None:
    link = next(one.proto for one in open_missing(view).get("page_link") if one.proto.page == "results")
    assert link.label.startswith("**Does it help?** ") and "The talk claims +4.5 to +9.1 points." in link.label


def test_m13_one_class_can_be_asked_for_and_its_missing_features_appear(laboratory: Path) -> None:
    app = open_missing("The idea", sample="15")
    all_rivals = html(app)
    assert all_rivals.count("what activates it</figcaption>") == 3 and all_rivals.count("not 6: −") == 2
    app.segmented_control(key="missing of").set_value(6)
    sixes = html(rerun(app))
    usual = re.findall(r"Usually present in ([\d ]+) \(", sixes)
    assert sixes != all_rivals and len(usual) == 3 and all("6" in classes for classes in usual)


def test_m2_to_m8_the_laboratory_s_networks_are_offered_there_and_not_on_the_main_page(laboratory: Path) -> None:
    app = open_missing("Variants", sample="15")
    assert "missing-clamped" in app.pills(key="variants").options
    assert "other functions" in html(app) and "max(1 − ReLU, 0)" in html(app)
    main = open_page("compare", sample="15")
    assert "missing-clamped" not in main.pills(key="networks").options
    assert "Missing-feature" in main.pills(key="networks").options


def test_the_algebra_shows_equal_logits_and_refuses_what_is_not_affine(laboratory: Path) -> None:
    app = open_missing("The algebra", sample="15", erased="VCUT")
    rows = re.findall(r"<tr><td>(?:inverted|ordinary) head</td>(.*?)</tr>", html(app))
    inverted, ordinary = ([float(one.replace("−", "-")) for one in re.findall(r">(−?[\d.]+)<", row)] for row in rows)
    assert len(inverted) == 10 and inverted == pytest.approx(ordinary, abs=2e-4)
    assert "no logit differs by more than **0.0000" in text_of(app)
    assert "no ordinary head computes the same" in text_of(app) and "of the 800 features are" in text_of(app)


def test_m11_frozen_filters_stay_bit_by_bit_and_the_others_move(laboratory: Path) -> None:
    app = open_missing("Freezing")
    assert "no weight has changed" in text_of(app) and "changed by 10 % of their length" in text_of(app)
    assert "**identical**" in text_of(app) and "**changed**" in text_of(app)
    assert html(app).count("<figure") == 4
    app.segmented_control(key="filters").set_value("second layer, all inputs")
    assert "changed by" not in text_of(rerun(app)) and text_of(app).count("no weight has changed") == 2


def test_m16_without_its_second_head_synergy_is_the_ordinary_network(laboratory: Path) -> None:
    app = open_missing("Synergy", sample="18", erased="HCUT")
    with_head = app.table[0].value
    app.slider(key="omega").set_value(0.0)
    without = rerun(app).table[0].value
    assert "Synergy, ω = 1" in with_head.index and "Synergy, ω = 0" in without.index
    for column in ("whole", "HCUT", "TCUT"):
        assert without.loc["Synergy, ω = 0", column] == f"{without.loc['Standard', column]}  :small[(+0.0)]"
    assert set(re.findall(r'data-answer="(\d)"', html(app))) != set() and html(app).count("data-answer=") == 3
    counts = [int(metric.value.replace(",", "")) for metric in app.metric]
    assert sum(counts[:4]) == sum(counts[4:]) == 200


@pytest.mark.parametrize("view", ["The idea", "Amplify", "Variants", "The algebra", "Freezing", "Synergy"])
def test_without_a_network_each_view_says_so_in_a_sentence(laboratory: Path, view: str) -> None:
    for name in ("missing-feature", "missing-clamped", "missing-unfrozen"):
        (laboratory / f"{name}.safetensors").write_bytes(b"")
    app = open_missing(view, sample="15")
    assert app.warning and all("missing-" in warning.value for warning in app.warning)
