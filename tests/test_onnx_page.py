"""A visitor brings a network as an ONNX file: it is one of their networks on every page, and goes with their data."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import torch

from core.digits import datasets
from core.jobs import onnx_files as brought
from core.jobs import run_folders, trained_networks
from core.onnx.export import to_onnx
from core.zoo import checkpoints
from dashboard import PAGES
from tests import onnx_files
from tests.pages import captions, html, open_page, press, rerun, text_of
from tests.train_page import ANN, only_job, open_as_ann

pytestmark = pytest.mark.usefixtures("runs")
fitted = cache(onnx_files.fitted_file)


@pytest.fixture
def network(runs: Path) -> Iterator[str]:
    """The name of a network that Ann brought."""
    job, _ = brought.import_onnx_network(fitted(), "mine.onnx", datasets.load_or_offline(), ANN)
    yield trained_networks.network_name(job, checkpoints.load_card("network", job.folder))


@pytest.mark.slow
def test_an_onnx_file_becomes_a_network_of_its_visitor_and_goes_with_their_data() -> None:
    app = open_as_ann("Runs")
    app.get("file_uploader")[0].set_value(("my net.onnx", fitted(), "application/octet-stream"))
    said = rerun(app).success[0].value
    assert "*my net* is loaded" in said and "You can choose it on every page" in said and "validation digits" in said
    job = only_job()
    assert job.visitor == ANN and job.folder.stat().st_mode & 0o777 == run_folders.PRIVATE
    assert (job.folder / brought.FILE).read_bytes() == fitted()
    (name,) = trained_networks.list_networks(ANN)
    found = trained_networks.find_checkpoint(name)
    loaded = checkpoints.load_classifier(found.name, found.folder)
    with torch.no_grad():
        assert loaded(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    layers = open_page("train", state={"visitor": ANN, "train view": "Result"}, part="Layers")
    assert "From an ONNX file" in captions(layers) and "block1" in html(layers)
    app = press(open_as_ann(), "privacy delete")
    assert run_folders.list_jobs() == [] and not job.folder.exists()


def test_a_bad_file_is_one_sentence() -> None:
    app = open_as_ann("Runs")
    app.get("file_uploader")[0].set_value(("my net.onnx", fitted()[:500], "application/octet-stream"))
    assert "damaged, or it is not an ONNX file" in rerun(app).warning[0].value
    assert run_folders.list_jobs() == []


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if page not in ("glossary", "quiz", "lessons", "start")])
def test_every_page_takes_it(page: str, network: str) -> None:
    app = open_page(page, state={"visitor": ANN}, sample="3", networks=f"standard,{network}", network=network)
    assert not app.exception and not app.error, text_of(app)


def test_a_copy_of_our_own_network_reads_as_it_does() -> None:
    data = datasets.load_or_offline()
    network = checkpoints.load_classifier("standard")
    card, back, choice = brought.read_onnx(to_onnx(network), "standard.onnx", data, "0 to 1")
    assert card.validation_accuracy == choice.accuracies["0 to 1"]
    images = data.test.images()[:100]
    with torch.no_grad():
        assert (network.predict(images) - back.predict(images)).abs().max() < 1e-5


@pytest.mark.mnist
@pytest.mark.parametrize("name", ["standard", "assignment"])
def test_digits_that_a_network_has_learned_say_which_pixels_it_expects(name: str) -> None:
    """The assignment's network reads two more of these digits with pixels from 0 to 255, but with a larger loss."""
    content = to_onnx(checkpoints.load_classifier(name))
    assert brought.read_onnx(content, f"{name}.onnx", datasets.load("MNIST"))[2].name == "0 to 1"
