"""The choice of the data set in the frame of every page, with a made set in the format of Fashion-MNIST."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from core.__main__ import main
from core.classroom.led_rooms import Place
from core.classroom.room_database import DATABASE_VARIABLE
from core.digits import datasets
from core.digits.downloads import BackgroundDownload, DownloadError, DownloadStep
from core.digits.layouts import CLOTHING_CLASSES
from core.jobs import control, recipes_job, run_folders
from core.jobs.run_folders import JobRequest
from core.system import checkpoint_files
from core.zoo.recipes import BASIC, list_zoo
from dashboard.quiz import rounds
from dashboard.server import caches, data_sets, downloads, rooms
from dashboard.server.downloads import SharedDownload
from dashboard.shell.search import find_views
from tests.pages import address_of, captions, go_to, html, open_page, press, rerun, text_of
from tests.set_files import make_set
from tests.tiny_training import TINY, name_of, train_here

FASHION, LETTERS = "Fashion-MNIST", "EMNIST letters"
PLAIN = ("glossary", "lessons", "results", "similar_music")  # pages that use no set
DIGIT_PAGES = ("quiz", "class_drawings")  # pages that use digits, whichever set is chosen
SLOW_VIEWS = {"A hole everywhere", "The smallest erasure", "VGG16", "Which layer", "New classes"}


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
    assert f"{FASHION}, test picture 3, labelled {CLOTHING_CLASSES[3]}" in captions(app)
    assert address_of(app)["set"] == FASHION


def test_the_set_stays_on_the_next_page_and_the_sample_too(made_sets: None) -> None:
    app = open_page("compare", set=FASHION, sample="3")
    go_to(app, "feature_maps")
    assert f"{FASHION}, test picture 3" in captions(app)
    assert address_of(app)["set"] == FASHION and address_of(app)["sample"] == "3"


def test_d6_a_set_that_is_chosen_in_the_frame_is_used_and_the_default_is_in_no_address(made_sets: None) -> None:
    app = open_page("compare", sample="3", state={"data set": True})
    assert "set" not in address_of(app)
    rerun(app.radio[0].set_value(FASHION))
    assert f"{FASHION}, test picture 3" in captions(app)
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
    shown = html(app)
    assert "Standard (MNIST)" in shown
    assert "Sneaker" not in shown and "Ankle boot" not in shown
    assert "No network here has learned the classes of Fashion-MNIST" in captions(app)


def test_texts_speak_of_pictures_where_the_classes_are_no_digits(made_sets: None) -> None:
    said = {
        name: captions(open_page("why", set=name, sample="3", view="Where to erase"))
        + text_of(open_page("compare", set=name, sample="3"))
        for name in (FASHION, "QMNIST")
    }
    assert "from your picture on all pages" in said[FASHION] and "Draw a picture, erase part of it" in said[FASHION]
    assert "from your digit on all pages" in said["QMNIST"] and "Draw a digit, erase part of it" in said["QMNIST"]
    assert not any("{digit}" in text for text in said.values())
    app = open_page("why", set=FASHION, sample="3", view="Where to erase")
    assert app.segmented_control(key="missing part").options == ["Picture", "Erase"]


def test_a_view_that_compares_answers_with_labels_says_why_it_is_not_shown(made_sets: None) -> None:
    app = open_page("pmnist", set=FASHION, view="The table")
    assert "compares answers with the true classes of Fashion-MNIST" in text_of(app)


def test_networks_of_the_same_classes_are_measured_on_the_set_and_named_after_theirs(made_sets: None) -> None:
    app = open_page("pmnist", set="QMNIST", view="The table")
    assert "Some networks below have learned MNIST, not QMNIST" in captions(app)


def fetch_slowly(root: Path, go_on: threading.Event, error: str) -> Iterator[DownloadStep]:
    """Stand in for the network: half of the set and then, when the test says so, all of it or an error."""
    while not go_on.wait(0.01):
        yield DownloadStep("images", 50, 100, 0, 1)
    if error:
        raise DownloadError(error)
    make_set(root, "KMNIST", 600, 200)


@pytest.fixture(params=[""])
def network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_sets: None, request: pytest.FixtureRequest
) -> threading.Event:
    """Replace the network from which KMNIST comes; set the event to let it arrive, or the error in `param`."""
    go_on = threading.Event()

    def begin() -> BackgroundDownload:
        return BackgroundDownload("KMNIST", tmp_path, steps=fetch_slowly(tmp_path, go_on, request.param))

    monkeypatch.setattr(downloads, "SETS", {"KMNIST": SharedDownload(begin)})  # not MNIST, which pages fetch themselves
    return go_on


def choose(app: AppTest, name: str) -> AppTest:
    """Choose a set in the frame."""
    app.session_state["data set"] = True
    rerun(app)
    return rerun(app.radio(key="data set choice").set_value(name))


def end(network: threading.Event, app: AppTest) -> AppTest:
    """Let the download end, and return the page after that."""
    network.set()
    download = downloads.SETS["KMNIST"].last
    assert download is not None
    download._thread.join(10)
    return rerun(app)


def test_d8_a_set_that_is_not_here_is_fetched_and_then_used(network: threading.Event) -> None:
    app = choose(open_page("compare", set=FASHION, sample="3"), "KMNIST")
    assert f"{FASHION}, test picture 3" in captions(app)  # meanwhile
    end(network, app)
    assert "KMNIST, test picture 3, labelled tsu" in captions(app) and address_of(app)["set"] == "KMNIST"


def test_a_second_set_is_not_fetched_at_the_same_time(network: threading.Event) -> None:
    choose(open_page("compare", set=FASHION, sample="3"), "KMNIST")
    other = choose(open_page("compare", set=FASHION, sample="3"), "EMNIST mnist")
    assert any("KMNIST is being fetched now" in warning.value for warning in other.warning)
    end(network, other)


def test_fetching_is_cancelled_and_the_page_stays_with_its_set(network: threading.Event) -> None:
    app = press(choose(open_page("compare", set=FASHION, sample="3"), "KMNIST"), "cancel fetching set")
    end(threading.Event(), app)
    assert f"{FASHION}, test picture 3" in captions(app) and not app.warning


@pytest.mark.parametrize("network", ["KMNIST could not be downloaded."], indirect=True)
def test_a_failed_fetch_is_one_sentence_with_a_button_to_try_again(network: threading.Event) -> None:
    app = end(network, choose(open_page("compare", set=FASHION, sample="3"), "KMNIST"))
    assert [one.value for one in app.warning] == [f"KMNIST could not be downloaded. {FASHION} is still shown."]
    network.clear()
    press(app, "fetch set again")
    assert not app.warning
    end(network, app)


@pytest.fixture
def empty_shelf(made_sets: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let new networks of sets go to a folder of the test, beside the shipped ones of MNIST."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for path in checkpoint_files.SHIPPED.glob("*.*"):
        (shelf / path.name).symlink_to(path)
    monkeypatch.setattr(checkpoint_files, "SHIPPED", shelf)
    for cached in (caches._card_and_network, caches.networks, caches.server_zoo):
        cached.clear()
    return shelf


@pytest.fixture
def own_networks(empty_shelf: Path) -> Path:
    """Make the three networks of Fashion-MNIST by the command."""
    assert main(["train", "basic", "--dataset", FASHION, "--epochs", "1"]) == 0
    return empty_shelf / "fashion-mnist"


def test_one_command_makes_the_three_networks_of_a_set_each_with_a_card(own_networks: Path) -> None:
    cards, problems = list_zoo(own_networks)
    assert list(cards) == [*BASIC] and not problems
    for name, card in cards.items():
        assert card.dataset["name"] == FASHION and card.measured[0]["dataset"] == FASHION
        assert card.command == f'python -m core train {name} --dataset "{FASHION}"'


def test_networks_of_the_set_read_in_its_words_and_no_others_are_offered(own_networks: Path) -> None:
    app = open_page("compare", set=FASHION, sample="3", networks="standard,restoring")
    shown = html(app)
    assert "Standard" in shown and "(MNIST)" not in shown and "Ankle boot" in shown
    assert "learned" not in captions(app)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in dashboard.PAGES if page not in PLAIN])
def test_every_view_opens_with_networks_of_the_set(own_networks: Path, page: str) -> None:
    for view in find_views(page):
        if view not in SLOW_VIEWS:
            app = open_page(page, set=FASHION, sample="3", view=view)
            assert address_of(app).get("set") == FASHION
            assert "compares answers with the true classes" not in text_of(app)


@pytest.mark.slow
def test_the_job_makes_what_is_missing_and_its_button_is_gone_then(empty_shelf: Path, runs: Path) -> None:
    settings = {"dataset": FASHION}
    recipes_job.check(settings)
    done = [one.network for one in recipes_job.run(settings, empty_shelf, JobRequest)]
    assert list(dict.fromkeys(done)) == [*BASIC] and recipes_job.find_missing(FASHION) == ()
    with pytest.raises(ValueError, match="are there already"):
        recipes_job.check(settings)
    assert not [one for one in open_page("train", set=FASHION).button if one.key == "make set networks"]


def test_the_button_starts_the_job_once_for_all_visitors(
    empty_shelf: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_start", lambda job: None)
    app = press(open_page("train", set=FASHION), "make set networks")
    (job,) = run_folders.list_jobs()
    assert (job.kind, job.settings) == (recipes_job.KIND, {"dataset": FASHION})
    step = {"epoch": 5, "batch": 1, "batches": 2, "accuracy": 61.0}
    run_folders.append_step(job, {"network": "control", "step": step})
    with monkeypatch.context() as worker:  # as while a worker has the job
        worker.setattr(run_folders, "is_alive", lambda job: True)
        for one in (rerun(app), open_page("train", set=FASHION)):
            assert not [button for button in one.button if button.key == "make set networks"]
            assert "Control (no inversion): epoch 5 of 10, 61.0 % correct" in [
                bar.proto.text for bar in one.get("progress")
            ]


@pytest.mark.parametrize("name", ["MNIST", datasets.OFFLINE, datasets.MADE_DIGITS, "own:1", "KMNIST"])
def test_a_set_that_is_not_here_or_is_made_by_code_gets_no_networks(made_sets: None, name: str) -> None:
    with pytest.raises(ValueError):
        recipes_job.check({"dataset": name})


@pytest.mark.slow
@pytest.mark.parametrize("name", [FASHION, LETTERS])
@pytest.mark.parametrize("page", [page for page in dashboard.PAGES if page not in PLAIN])
def test_every_view_opens_with_a_set_of_other_classes(made_sets: None, page: str, name: str) -> None:
    for view in find_views(page):
        if view not in SLOW_VIEWS:
            app = open_page(page, set=name, sample="3", view=view)
            assert address_of(app).get("set") == name


@pytest.fixture
def own_rooms(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a database of rooms of its own."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)


@pytest.mark.parametrize("name", [FASHION, LETTERS])
def test_a_visitor_with_another_set_joins_a_room_and_networks_answer_with_digits(
    made_sets: None, own_rooms: None, name: str
) -> None:
    code = rooms.board().open_room(data_sets.default_name(), told=True, opener="a" * 32).code
    app = open_page("quiz", set=name, room=code)
    assert {f"quiz {digit} at 0.0" for digit in range(10)} <= {str(button.key) for button in app.button}
    press(app, "quiz 3")
    assert "ns-verdict" in html(app) and "(MNIST)" not in html(app) and "play alone" not in text_of(app)
    assert address_of(app)["set"] == name


def test_a_room_is_opened_on_digits_whichever_set_is_chosen(made_sets: None, own_rooms: None) -> None:
    app = press(open_page("quiz", set=LETTERS, view="The room"), "quiz open")
    assert app.session_state[rounds.GAME].room.data == data_sets.default_name()


def test_a_room_of_other_pictures_is_refused_in_a_sentence(made_sets: None, own_rooms: None) -> None:
    code = rooms.board().open_room(LETTERS, told=True, opener="a" * 32).code
    app = open_page("quiz", room=code)
    assert f"The room {code} plays with {LETTERS}; rooms play with digits only. You play alone." in text_of(app)


def test_class_drawings_are_read_by_networks_of_digits_alone(made_sets: None, own_rooms: None) -> None:
    code = rooms.board().open_led_room(Place("compare"), opener="ann")
    other = name_of(train_here(dataset=FASHION, architecture=TINY.to_dict()))
    own = name_of(train_here(architecture=TINY.to_dict()))
    app = open_page("class_drawings", state={"visitor": "ann"}, set=FASHION, lead=code)
    offered = app.button_group(key="drawings networks").value
    assert "standard" in offered and own in offered and other not in offered
    assert "The class has no drawings yet" in text_of(app) and "data set choice" not in [one.key for one in app.radio]


def test_no_recorded_digits_grow_for_another_set(made_sets: None) -> None:
    assert "A recorded run" in captions(open_page("maximize"))
    assert "A recorded run" not in captions(open_page("maximize", set=FASHION))


def test_no_notice_speaks_of_networks_where_the_view_is_not_shown(made_sets: None) -> None:
    app = open_page("pmnist", set=FASHION, view="The table")
    assert "below" not in captions(app) and "No network here has learned" not in captions(app)


@pytest.mark.parametrize("page", [*PLAIN, *DIGIT_PAGES])
def test_a_reload_of_a_page_that_uses_no_chosen_set_keeps_it(made_sets: None, page: str) -> None:
    app = go_to(open_page("compare", set=FASHION, sample="3"), page)
    reloaded = open_page(page, **address_of(app))
    assert address_of(go_to(reloaded, "compare"))["set"] == FASHION
