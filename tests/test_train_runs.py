"""The view "Runs" of the page "Train": networks are kept, deleted, taken home and brought back; bad files are not."""

import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.digits import datasets
from core.jobs import network_files, run_folders, run_titles, trained_networks
from core.jobs.run_folders import Job, read_status
from core.system import checkpoint_files
from core.training.presets import PRESETS
from core.zoo import checkpoints
from core.zoo.checkpoints import Measurement
from tests.job_runs import ended, reach
from tests.pages import captions, open_page, press, rerun, text_of
from tests.train_page import ANN, SETTINGS, only_job, open_as_ann, set_up, show_view
from tests.zip_files import zipped

pytestmark = pytest.mark.usefixtures("runs")


def test_a_network_that_was_taken_home_is_brought_back_and_is_the_same(job: Job) -> None:
    app = open_as_ann("Runs")
    assert "1 of 40 places" in app.get("progress")[-1].proto.text
    exported = network_files.export_network(job.folder)
    press(app, "keep")
    assert run_folders.is_kept(job)
    press(app, "delete")
    assert run_folders.list_jobs() == []
    app.get("file_uploader")[0].set_value(("mine.zip", exported, "application/zip"))
    assert "is loaded. You can choose it on every page" in rerun(app).success[0].value
    back = only_job()
    assert back.title == job.title and back.visitor == ANN and read_status(back).state == "done"
    card, network = network_files.read_network(exported)
    found = checkpoints.load_classifier("network", back.folder)
    assert all((found.state_dict()[name] == tensor).all() for name, tensor in network.state_dict().items())
    assert not card.measured, "figures that come with a file are nobody's"
    assert "all 400 test digits" in text_of(show_view(app, "Result"))


def test_another_choice_of_pixels_does_not_load_a_zip_again(job: Job) -> None:
    app = open_as_ann("Runs")
    app.get("file_uploader")[0].set_value(("mine.zip", network_files.export_network(job.folder), "application/zip"))
    rerun(app)
    app.selectbox(key="train scaling").set_value("0 to 1")
    assert not rerun(app).success and len(run_folders.list_jobs()) == 2


def test_a_run_with_the_name_of_a_shipped_network_is_downloaded_beside_it(job: Job) -> None:
    run_titles.rename(job.id, "standard")
    app = open_page("train", state={"visitor": ANN, "train view": "Runs", "train shipped": True})
    assert not app.exception and len([one for one in app.get("download_button") if one.proto.label == "ONNX"]) == 2


def test_all_runs_are_in_one_table_in_which_each_accuracy_names_its_digits(job: Job) -> None:
    network_files.import_network(network_files.export_network(job.folder), ANN)
    table = open_as_ann("Runs").table[0].value
    loaded, finished = table.to_dict("records")
    assert [name.split(" · ")[0] for name in table.index] == ["mine (2)", "mine"]
    measured = checkpoints.load_card("network", job.folder).find_measurement("text")
    assert finished == {
        "state": "finished",
        "learned from": "1,197 of offline digits",
        "network": "built from blocks, 11,854 parameters",
        "epochs": "2",
        "accuracy on 400 test digits of offline digits": f"{measured.accuracy['whole']:.2f} %",
        "loss on 400 test digits of offline digits": f"{measured.loss:.4f}",
        "time": finished["time"],
    }
    assert loaded["state"] == "loaded from a file"
    assert loaded["accuracy on 400 test digits of offline digits"] == loaded["time"] == "–"


def test_accuracies_on_other_test_digits_stand_in_a_column_of_their_own(job: Job) -> None:
    card = checkpoints.load_card("network", job.folder)
    other = Measurement(variant="text", dataset="MNIST", digits=10_000, accuracy={"whole": 98.7})
    (network_files.import_network(network_files.export_network(job.folder), ANN).folder / "network.json").write_text(
        json.dumps({**asdict(card), "measured": [asdict(other)]})
    )
    table = open_as_ann("Runs").table[0].value
    columns = [name for name in table if name.startswith("accuracy on ")]
    assert columns == ["accuracy on 10,000 test digits of MNIST", "accuracy on 400 test digits of offline digits"]
    assert list(table[columns[0]]) == ["98.70 %", "–"] and table[columns[1]].iloc[0] == "–"


def test_a_run_is_renamed_and_has_notes(job: Job) -> None:
    app = open_as_ann("Runs")
    app.text_input(key=f"name of {job.id}").set_value("round digits")
    press(app, "rename")
    app.text_area(key=f"notes on {job.id}").set_value("try dropout")
    table = press(app, "save notes").table[0].value
    assert table.index[0].startswith("round digits · ") and table["notes"].iloc[0] == "try dropout"


@pytest.mark.slow
def test_a_training_is_repeated_with_changes_from_a_form_that_is_filled_in() -> None:
    press(set_up(ANN, **{"block-1-stride": 2, "learning-rate": 0.02, "seed": 7}), "train go")
    first = only_job()
    ended(first)
    app = press(open_as_ann("Runs"), "train again")
    assert app.segmented_control(key="train view").value == "Set up"
    assert "The settings of *my own network*, for you to change" in captions(app)
    app.number_input(key="train epochs").set_value(3)
    press(app, "train go")
    again = run_folders.list_jobs()[0]
    assert again.title == "my own network (2)" and again.id != first.id
    assert again.settings == {**first.settings, "config": {**first.settings["config"], "epochs": 3}}


@pytest.mark.parametrize("name", ["fast training", "talk: step 3", "LeNet-5", "adversarial training", "no convolution"])
def test_a_form_filled_in_with_the_settings_of_a_preset_describes_the_same_training(name: str) -> None:
    settings = {**PRESETS[name].to_settings(), "dataset": datasets.OFFLINE}
    run_folders.create_job(kind="train", title=name, settings=settings, visitor=ANN, threads=1)
    said = _describe(press(open_as_ann("Runs"), "train again"))
    app = open_page("train", preset=name)
    app.selectbox(key="train dataset").set_value(datasets.OFFLINE)
    assert said == _describe(rerun(app))


def test_a_form_that_cannot_show_all_settings_of_a_run_names_those_that_differ() -> None:
    config = {**SETTINGS["config"], "slow_epochs": 1, "seed": 7}
    settings = {**SETTINGS, "config": config, "share": 0.3}
    run_folders.create_job(kind="train", title="from a file", settings=settings, visitor=ANN, threads=1)
    said = captions(press(open_as_ann("Runs"), "train again"))
    assert "These differ now: slow last epochs, share of the training digits, seed of the first weights." in said


def _describe(app: AppTest) -> str:
    """Return what the form says about the training that it describes, without its time."""
    (said,) = (element.value for element in app.markdown if "in batches of" in element.value)
    return said.partition("This takes")[0]


def test_a_training_whose_start_is_gone_cannot_be_repeated(job: Job) -> None:
    settings = {**SETTINGS, "architecture": None, "start": "20010101-000000-abcdef"}
    run_folders.create_job(kind="train", title="orphan", settings=settings, visitor=ANN, threads=1)
    app = press(open_as_ann("Runs"), "train again")
    assert app.warning[0].value == "The network that this training started from is no longer here."


def test_deleting_one_that_is_at_work_is_not_offered() -> None:
    app = press(set_up(epochs=3000), "train go")
    reach(only_job(), "running")
    show_view(app, "Runs")
    assert run_folders.list_jobs() and "There is no network yet" in captions(app)
    assert app.button(key="delete").click().run().warning[0].value == "This job has not ended: stop it first."


def repacked(exported: bytes, **changes: object) -> bytes:
    """Return the exported network (a ZIP) with some values of its card changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(exported)) as old, zipfile.ZipFile(stream, "w") as new:
        new.writestr("network.json", json.dumps({**json.loads(old.read("network.json")), **changes}))
        new.writestr("network.safetensors", old.read("network.safetensors"))
    return stream.getvalue()


def zipped_network(**files: bytes) -> bytes:
    """Return a ZIP of files, named with "_" for "." and "__" for "/"."""
    return zipped(*((name.replace("__", "/").replace("_", "."), content) for name, content in files.items()))


def test_a_title_with_a_number_is_no_longer_than_others(job: Job) -> None:
    exported = repacked(network_files.export_network(job.folder), title="a" * 50)
    titles = [network_files.import_network(exported, ANN).title for _ in range(2)]
    assert titles == ["a" * 40, "a" * 36 + " (2)"]


def test_bad_files_are_one_sentence_each_and_no_run(tmp_path: Path) -> None:
    shipped = zipped_network(
        network_json=(checkpoint_files.SHIPPED / "standard.json").read_bytes().replace(b'"standard"', b'"network"', 1),
        network_safetensors=(checkpoint_files.SHIPPED / "standard.safetensors").read_bytes(),
    )
    assert network_files.read_network(shipped)[0].title == "Standard"
    small = checkpoints.load_card("standard").architecture
    monster, deep = {**small, "hidden": [1024] * 4}, {**small, "hidden": [1024] * 90}
    bad = {
        b"": "This file is damaged, or it is not a ZIP",
        b"PK" + b"\0" * 50: "This file is damaged, or it is not a ZIP",
        shipped[: len(shipped) // 2]: "This file is damaged",
        b"0" * 5_000_001: "This file is larger than 5 MB.",
        zipped_network(network_json=b"{}"): "This file is not a ZIP of a network's card",
        zipped_network(network_pt=b"", network_json=b"{}"): "This file is not a ZIP of a network's card",
        zipped_network(a__network_json=b"{}", a__network_safetensors=b""): "The names in this file must consist of",
        zipped_network(network_json=b"[1]", network_safetensors=b""): "The card of 'network' cannot be read",
        zipped_network(network_json=b"0" * 7_000_000, network_safetensors=b""): "The contents of this file are larger",
        repacked(shipped, weights_sha256="0"): "The weights of 'network' are damaged or not the ones",
        repacked(shipped, architecture={**small, "hidden": [400]}): "The weights of 'network' do not fit the network",
        repacked(shipped, architecture={**small, "hidden": ["x"]}): "The card in this file describes no network.",
        repacked(shipped, architecture=monster): "This network would learn ",
        repacked(shipped, architecture=deep): "A network has at most 4 hidden layers, not 90.",
        repacked(shipped, inversion="mirror"): "The card of 'network' describes no network",
        repacked(shipped, omega=1.0): "This network sums two heads or restores",
        repacked(shipped, architecture={**small, "classes": 10**9}): "A network tells from 2 to 100 classes apart.",
    }
    for content, sentence in bad.items():
        with pytest.raises(ValueError) as refused:
            network_files.import_network(content, "ann")
        assert str(refused.value).startswith(sentence), sentence
        assert "\n" not in str(refused.value)
    assert run_folders.list_jobs() == []


def test_what_a_file_says_of_itself_is_not_believed(tmp_path: Path) -> None:
    shipped = zipped_network(
        network_json=(checkpoint_files.SHIPPED / "standard.json").read_bytes().replace(b'"standard"', b'"network"', 1),
        network_safetensors=(checkpoint_files.SHIPPED / "standard.safetensors").read_bytes(),
    )
    told = {"title": "<b>The best</b> " * 9, "track": "mask known", "measured": [1], "recipe": 3, "dataset": []}
    lies = repacked(shipped, **told, epochs="x")
    job = network_files.import_network(lies, "ann")
    (card,) = trained_networks.list_networks("ann").values()
    assert card.track == "blind" and card.accuracies() == {} and card.recipe == {} and card.epochs == 0
    assert len(card.title) <= 40 and job.title == card.title


def test_a_visitor_brings_ten_networks_at_most(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_files, "MAX_LOADED", 1)
    exported = network_files.export_network(job.folder)
    network_files.import_network(exported, "ann")
    network_files.import_network(exported, "bob")
    with pytest.raises(ValueError, match="^You have loaded 1 networks already"):
        network_files.import_network(exported, "ann")
