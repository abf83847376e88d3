"""Addresses: each page says in its address what is on it, opens as an address says, and hides what a link locks."""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboard
from core.jobs.trained_networks import list_networks
from dashboard.address.former_names import FORMER_NAMES, present_text
from dashboard.address.kinds import Kind
from dashboard.address.links import OTHERS_NETWORK
from dashboard.address.state import Part
from dashboard.server.scene import SCENE_PARTS, Scene
from dashboard.server.visitors import VISITOR
from dashboard.shell import share
from dashboard.shell.lesson_bar import find_fault
from dashboard.shell.search import find_views
from dashboard.transfer.pictures import OWN
from tests.pages import address_of, go_to, open_page, rerun
from tests.train_page import ANN

PATIENCE = 60_000  # milliseconds
CLIMB = {"preset": "white on black", "steps": "30", "seed": "5", "ink": "0.5", "blur": "shrinking"}
EVERY_PAGE = {
    "compare": {"sample": "19", "erased": "HCUT", "networks": "standard,control"},
    "pmnist": {"view": "The cuts", "sample": "8", "networks": "standard,robust", "cuts": "as its code does"},
    "data_sets": {"view": "How it is stored", "n": "128", "order": "(n, 28, 28, 1)", "one-hot": "yes"},
    "missing_features": {"view": "The idea", "sample": "15", "erased": "VCUT", "of": "6", "class": "2"},
    "feature_maps": {
        "view": "One digit",
        "sample": "15",
        "network": "control",
        "map": "conv2.7",
        "scale": "one for each map",
    },
    "convolution": {
        "view": "One number",
        "sample": "18",
        "network": "control",
        "stage": "conv2",
        "map": "3",
        "row": "4",
        "column": "5",
    },
    "maximize": {"view": "Ten digits", "network": "standard", **CLIMB},
    "why": {
        "view": "A hole everywhere",
        "sample": "15",
        "networks": "standard",
        "truth": "3",
        "size": "12",
        "hole": "4.5",
    },
    "train": {"view": "Set up", "preset": "Keras: small, Adam", "epochs": "3", "seed": "7", "share": "10"},
    "transfer": {"view": "Fine-tuning", "network": "control", "epochs": "12", "alone": "3", "rate": "0.03"},
    "made_digits": {"view": "Make digits", "class": "7", "sheet": "4", "first": "2", "last": "8"},
    "corruptions": {"sample": "15", "corruption": "blur", "strength": "2", "compared": "robust,local-dense"},
    "attack": {
        "view": "One digit",
        "sample": "15",
        "erased": "HCUT",
        "attack": "pgd",
        "network": "robust",
        "target": "3",
        "epsilon": "0.2",
        "steps": "17",
        "random": "yes",
    },
    "similar_music": {"view": "Similar pieces", "piece": "Madrigal 3 of book 3"},
    "similarity": {"view": "Threshold", "sample": "15", "after": "conv2", "share": "0.5", "time": "one at a time"},
    "lessons": {"view": "Sheets"},
    "results": {"view": "All accuracies", "network": "of the talk", "cuts": "as its code does"},
}


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    yield
    st.cache_data.clear()


def parts_of(app: AppTest) -> dict[str, Part]:
    """What the widgets on the page have put into its address, by name."""
    parts: dict[str, Part] = app.session_state["address"].parts
    return parts


def held(app: AppTest) -> dict[str, str]:
    """What the widgets of a page hold, in the words of its address."""
    values = {name: (part, app.session_state[part.key]) for name, part in parts_of(app).items()}
    return {name: part.kind.write(value) for name, (part, value) in values.items() if value is not None}


# Every page


def test_every_page_that_has_choices_is_tried_here():
    without = {"start", "glossary", "quiz", "class_drawings"}  # the quiz has an address of its own
    assert {*dashboard.PAGES} - without == {*EVERY_PAGE}
    for page in without - {"quiz"}:
        assert not parts_of(open_page(page)) and len(find_views(page)) == 1


@pytest.mark.parametrize("page", EVERY_PAGE)
@pytest.mark.slow
def test_every_page_opens_as_its_address_says_and_says_it_again(page):
    wanted = EVERY_PAGE[page]
    app = open_page(page, **wanted)
    assert not [one.value for one in app.warning if "address" in one.value]
    parts = {name: text for name, text in wanted.items() if name not in SCENE_PARTS}
    assert held(app).items() >= parts.items()
    said = address_of(app)
    assert {name: said[name] for name in said if name in wanted} == {
        name: text for name, text in wanted.items() if name != "view" or name in said
    }
    assert {*said} <= {*wanted} | {name for name, part in parts_of(app).items() if part.always}
    menus = [menu for menu in app.get("button_group") if menu.key and menu.key == f"{page} view"]
    assert all([one.content for one in menu.proto.options] == find_views(page) for menu in menus)
    assert len(menus) == (len(find_views(page)) > 1)


def test_what_was_not_changed_is_not_in_the_address():
    app = open_page("attack", sample="18")
    assert address_of(app) == {"sample": "18"}
    app.select_slider(key="attack linf").set_value(0.3)
    assert address_of(rerun(app)) == {"sample": "18", "epsilon": "0.3"}
    app.select_slider(key="attack linf").set_value(0.25)
    assert address_of(rerun(app)) == {"sample": "18"}


def test_a_change_on_the_page_is_in_the_address_and_opens_for_others():
    app = open_page("attack", **EVERY_PAGE["attack"])
    app.slider(key="attack steps").set_value(23)
    app.selectbox(key="attack target pgd").set_value("8")
    said = address_of(rerun(app))
    assert said == EVERY_PAGE["attack"] | {"steps": "23", "target": "8"} or "view" not in said
    assert said["steps"] == "23" and said["target"] == "8"
    other = open_page("attack", **said)
    assert address_of(other) == said and other.slider(key="attack steps").value == 23


def test_another_link_brings_back_what_it_does_not_name():
    app = open_page("attack", sample="18", epsilon="0.3", steps="20")
    app.query_params.clear()
    app.query_params.update({"sample": "15", "steps": "30"})
    rerun(app)
    assert (app.select_slider(key="attack linf").value, app.slider(key="attack steps").value) == (0.25, 30)
    assert address_of(app) == {"sample": "15", "steps": "30"}


def test_a_number_between_two_of_a_slider_is_the_nearest_of_them():
    app = open_page("attack", sample="18", epsilon="0.29")
    assert not app.warning and app.select_slider(key="attack linf").value == 0.3
    assert address_of(app) == {"sample": "18", "epsilon": "0.3"}
    app = open_page("attack", sample="18", epsilon="99")
    assert "'epsilon'" in app.warning[0].value and app.select_slider(key="attack linf").value == 0.25


def test_a_link_s_own_order_of_networks_stays_so_that_back_needs_one_press():
    link = {"sample": "19", "networks": "control,standard"}  # another order would be another entry in the history
    app = open_page("compare", **link)
    assert address_of(app) == link
    assert address_of(rerun(app)) == link


@pytest.mark.slow
def test_a_drawn_digit_and_what_is_rubbed_out_of_it_open_from_page_to_page():
    drawn = np.zeros((28, 28), np.float32)
    drawn[4:24, 13:16] = 1
    params = Scene(drawn=drawn, mask=np.arange(784).reshape(28, 28) > 300).to_params()
    for page in ("compare", "why", "similarity"):
        app = open_page(page, **params)
        assert not app.warning and address_of(app).items() >= params.items()


# Addresses of other versions, and by hand


@pytest.mark.parametrize("page", ["attack", "results", "train"])
def test_an_address_by_hand_opens_the_page_with_a_sentence_for_each_part(page):
    hand = {"view": "<h1>", "colour": "red", "<script>": "x", "hide": "everything"}
    app = open_page(page, **hand)
    assert app.warning and not app.error
    said = " ".join(one.value for one in app.warning)
    assert "colour" in said and "everything" in said and "script" not in said and "h1" not in said


def readable(kind: Kind) -> str:
    """Something that reads as a value of this kind, if it has no options, and hardly is an option else."""
    for text in ("zz", "7", "3", "0.5", "yes", "conv9.3", "2.1"):
        with suppress(ValueError):
            kind.read(text)
            return text
    return "zz"


@pytest.mark.parametrize("page", ["attack", "convolution", "maximize", "train", "transfer", "results"])
@pytest.mark.slow
def test_words_that_no_widget_knows_open_every_view_of_a_page(page):
    app = open_page("start")
    for view in find_views(page):
        app.query_params.clear()
        app.query_params.update({"view": view})
        go_to(app, page)
        app.query_params.update({name: readable(part.kind) for name, part in parts_of(app).items()} | {"view": view})
        rerun(app)
        assert app.session_state["address"].params["view"] == view or view == find_views(page)[0]


def test_a_value_that_is_no_option_costs_a_sentence():
    app = open_page("attack", sample="18", network="nobody", attack="magic", epsilon="0.2")
    assert len(app.warning) == 1 and "'attack', 'network'" in app.warning[0].value
    assert address_of(app) == {"sample": "18", "epsilon": "0.2"}


@pytest.mark.parametrize("page, part, stays", [("compare", "networks", "standard"), ("attack", "network", "")])
def test_a_network_that_only_its_owner_sees_costs_others_one_sentence(page, part, stays, job):
    (own,) = list_networks(ANN)
    link = {"sample": "18", part: ",".join(filter(None, (stays, own)))}
    theirs = open_page(page, **link)
    assert [one.value for one in theirs.warning] == [OTHERS_NETWORK]
    assert address_of(theirs).get(part, "") == stays
    mine = open_page(page, state={VISITOR: ANN}, **link)
    assert not mine.warning and address_of(mine) == link


def test_a_link_with_a_former_name_opens_what_has_another_name_now(monkeypatch):
    monkeypatch.setitem(FORMER_NAMES, ("attack", "view", "Whom it fools"), "Noise for all")
    monkeypatch.setitem(FORMER_NAMES, ("why", "methods", "slope"), "gradient")
    app = open_page("attack", view="Whom it fools")
    assert not app.warning and held(app)["view"] == "Noise for all" == address_of(app)["view"]
    assert present_text("why", "methods", "saliency,slope") == "saliency,gradient"
    assert not find_fault("attack", {"view": "Whom it fools"})


def test_a_former_name_is_no_option_any_more_and_its_present_name_is():
    views = [(page, former, present) for (page, part, former), present in FORMER_NAMES.items() if part == "view"]
    for page, former, present in views:
        assert former not in find_views(page) and present in find_views(page), (page, former)


def test_sentences_about_an_address_stay_with_its_page():
    app = open_page("attack", sample="18", colour="red")
    assert app.warning
    app.query_params.clear()
    assert not go_to(app, "results").warning


# Locked choices


def test_what_a_link_hides_is_not_shown_keeps_its_value_and_stays_in_the_address():
    app = open_page("attack", sample="18", epsilon="0.3", hide="networks,epsilon,tools")
    shown_keys = {one.key for kind in (app.selectbox, app.slider, app.get("button_group")) for one in kind}
    assert not shown_keys & {"attack network", "attack linf", "attack watched", "cut", "tool", "networks"}
    assert {"attack method", "attack target pgd", "attack steps"} <= shown_keys
    app.selectbox(key="attack target pgd").set_value("8")
    assert address_of(rerun(app)) == {
        "sample": "18",
        "epsilon": "0.3",
        "target": "8",
        "hide": "networks,epsilon,tools",
    }
    app.query_params.clear()  # the menu leads to another page: nothing is locked there
    go_to(app, "why")
    assert app.session_state["address"].hidden == () and not app.session_state["address"].locked


def test_what_a_link_hides_cannot_be_changed_by_what_a_browser_sends():
    app = open_page("attack", sample="18")
    app.query_params.update({"epsilon": "0.3", "hide": "epsilon,digit,networks"})
    rerun(app)  # its widgets were on the page before
    app.session_state["attack linf"] = 0.9
    app.session_state["attack network"] = "robust"
    app.session_state["session"].scene.sample = 3
    assert address_of(rerun(app)) == {"sample": "18", "epsilon": "0.3", "hide": "epsilon,digit,networks"}
    assert app.session_state["attack linf"] == 0.3 and app.session_state["attack network"] == "standard"


def test_with_the_tools_locked_nothing_can_be_rubbed_out():
    assert "erase" in open_page("compare", sample="19", erased="HCUT").session_state  # the canvas
    app = open_page("compare", sample="19", erased="HCUT", hide="tools")
    assert "erase" not in app.session_state
    assert address_of(app) == {"sample": "19", "erased": "HCUT", "hide": "tools"}


# Sharing


def test_a_shared_address_says_what_it_does_not_hold():
    own = "20261126-201247-6c7e29-0a1b2c3d"
    assert share.describe_missing({"networks": "standard,restoring", "pictures": "Digits"}) == ""
    assert share.describe_missing({"networks": f"standard,{own}"}) == (
        "The address does not hold the networks that you trained: only you see them."
    )
    assert share.describe_missing({"network": own, "pictures": OWN}).endswith(
        "trained and your own pictures: only you see them."
    )


def test_the_shared_address_has_the_name_by_which_the_page_was_opened():
    parts = {"sample": "19", "view": "The cuts", "networks": "standard,control"}
    assert share.write_url("http://room-12:8501/pmnist?sample=3#top", parts) == (
        "http://room-12:8501/pmnist?sample=19&view=The+cuts&networks=standard,control"
    )


def test_the_code_holds_the_address_and_a_too_long_one_has_none():
    code = share.draw_code("http://room-12:8501/compare?sample=19&erased=HCUT")
    assert code.startswith("data:image/svg+xml") and "fff" in code
    assert share.draw_code("http://room-12/?digit=" + "x" * 5000) == ""
