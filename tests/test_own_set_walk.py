"""One's own set of five classes on every page, with a network that learned it: nobody else has either."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from core.digits import datasets
from core.digits.own_sets.labelled import label_pictures
from core.digits.own_sets.splitting import make_dataset
from core.jobs import network_files, own_sets, run_folders, training_job
from core.zoo import fit
from dashboard.server import caches, data_sets
from dashboard.server.visitors import VISITOR
from dashboard.shell.search import find_views
from tests.own_sets import NAMES, pictures
from tests.pages import address_of, captions, html, open_page, text_of
from tests.tiny_training import TINY, name_of, train_here

ANN = "ann"
PLAIN = ("glossary", "lessons", "results")  # pages that use no chosen set
SLOW_VIEWS = {"A hole everywhere", "The smallest erasure", "VGG16", "Which layer", "New classes"}


@pytest.fixture
def fruit(runs: Path) -> str:
    """The name of the set that Ann keeps."""
    caches.server_zoo.clear()
    pixels, labels = pictures(300)
    found = label_pictures("made", pixels, np.array(NAMES)[labels])
    return own_sets.name_of(own_sets.keep_set(make_dataset(found, "fruit"), "My fruit", ANN))


@pytest.fixture
def network(fruit: str) -> str:
    """The name of a network of Ann that learned it."""
    job = train_here(dataset=fruit, architecture=TINY.to_dict())
    caches._networks_of.clear()
    return name_of(job)


def open_own(page: str, name: str, **params: str) -> AppTest:
    return open_page(page, state={VISITOR: ANN}, set=name, sample="3", **params)


def test_its_owner_chooses_it_on_every_page_and_sees_its_classes(fruit: str) -> None:
    app = open_own("compare", fruit)
    assert "My fruit, test picture 3, labelled" in captions(app) and address_of(app)["set"] == fruit
    form = open_own("train", fruit, dataset=fruit)
    assert form.selectbox(key="train dataset").value == fruit
    assert "My fruit" in form.selectbox(key="train dataset").options
    assert "of My fruit in batches" in text_of(form) and ">5</td>" in html(form).replace(" ", "")


def test_pages_ask_for_a_picture_where_classes_are_no_digits(fruit: str) -> None:
    empty = open_page("compare", state={VISITOR: ANN}, set=fruit)
    assert "Draw a picture first" in empty.info[-1].value and "Draw a picture. " in html(empty)


def test_nobody_else_sees_it(fruit: str) -> None:
    app = open_page("compare", state={VISITOR: "bob"}, set=fruit, sample="3")
    assert any("names a set that is not here" in one.value for one in app.warning)
    assert "My fruit" not in text_of(app) + captions(app) + html(app)
    form = open_page("train", state={VISITOR: "bob"}, dataset=fruit)
    assert (
        fruit != form.selectbox(key="train dataset").value
        and "My fruit" not in form.selectbox(key="train dataset").options
    )


def test_a_training_learns_it_and_only_its_owner_s(network: str, fruit: str) -> None:
    assert caches.network(network, fruit).classifier(datasets.load(fruit).test.images()).shape[1] == 5
    settings = {"dataset": fruit, "architecture": TINY.to_dict(), "config": {"epochs": 1, "batch": 32}}
    job = run_folders.create_job(kind="train", title="x", settings=settings, visitor="bob", threads=1)
    with pytest.raises(ValueError, match="another visitor's"):
        next(training_job.run(settings, job.folder, run_folders.JobRequest))


def test_a_network_that_learned_it_reads_it_in_its_words(network: str, fruit: str) -> None:
    app = open_own("compare", fruit, networks=network)
    assert not app.warning and all(name in html(app) for name in NAMES)


def test_variants_say_that_none_has_learned_it(network: str, fruit: str) -> None:
    app = open_own("missing_features", fruit, view="Variants")
    assert "No inverted network has learned this set." in text_of(app)
    assert "its head reads" not in html(app)  # the table would be empty


def test_after_it_is_deleted_pages_show_the_default_and_say_so_once(fruit: str) -> None:
    app = open_own("compare", fruit)
    own_sets.delete_set(fruit, ANN)
    shown = app.run()
    assert not shown.exception and f"{data_sets.default_name()}, test digit 3" in captions(shown)
    assert "no longer here" in text_of(shown) and "no longer here" not in text_of(shown.run())


def test_after_it_is_deleted_its_network_joins_no_set_of_as_many_classes(network: str, fruit: str) -> None:
    card, others = caches._networks_of(ANN)[network], dataclasses.replace(datasets.load(fruit), classes=tuple("01234"))
    assert fit.fits(card, datasets.load(fruit))
    own_sets.delete_set(fruit, ANN)
    assert fit.classes_of(card) == NAMES and not fit.fits(card, others)


def test_its_network_in_a_file_knows_the_classes_too(network: str, fruit: str) -> None:
    job = run_folders.load_job(network.rpartition("-")[0])
    card, _ = network_files.read_network(network_files.export_network(job.folder, job.title))
    assert fit.classes_of(card) == NAMES and fit.fits(card, datasets.load(fruit))


@pytest.mark.slow
@pytest.mark.parametrize("learned", [False, True], ids=["without a network", "with its network"])
@pytest.mark.parametrize("page", [page for page in dashboard.PAGES if page not in PLAIN])
def test_every_view_opens_with_a_set_of_five_classes(
    page: str, learned: bool, fruit: str, request: pytest.FixtureRequest
) -> None:
    if learned:
        request.getfixturevalue("network")
    for view in find_views(page):
        if view not in SLOW_VIEWS:
            assert address_of(open_own(page, fruit, view=view)).get("set") == fruit
