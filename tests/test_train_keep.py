"""The view "Keep" of the page "Train": networks are kept, deleted, taken home and brought back; bad files are not."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from core.jobs import network_files, run_folders, trained_networks
from core.jobs.run_folders import Job, read_status
from core.zoo import checkpoints
from tests.job_runs import reach
from tests.pages import captions, press, rerun, text_of
from tests.train_page import ANN, only_job, open_as_ann, set_up, show_view
from tests.zip_files import zipped

pytestmark = pytest.mark.usefixtures("runs")


def test_a_network_that_was_taken_home_is_brought_back_and_is_the_same(job: Job) -> None:
    app = open_as_ann("Keep")
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


def test_deleting_one_that_is_at_work_is_not_offered() -> None:
    app = press(set_up(epochs=3000), "train go")
    reach(only_job(), "running")
    show_view(app, "Keep")
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
        network_json=(checkpoints.SHIPPED / "standard.json").read_bytes().replace(b'"standard"', b'"network"', 1),
        network_safetensors=(checkpoints.SHIPPED / "standard.safetensors").read_bytes(),
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
        network_json=(checkpoints.SHIPPED / "standard.json").read_bytes().replace(b'"standard"', b'"network"', 1),
        network_safetensors=(checkpoints.SHIPPED / "standard.safetensors").read_bytes(),
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
