"""Linear probes: where a network is read, what a probe learns, where a class is lost, the files, and the view."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.__main__ import main
from core.digits import datasets
from core.inversion.functions import with_inversion
from core.networks.architectures import ARCHITECTURES, POOL, RELU, Architecture, conv
from core.networks.classifier import build
from core.networks.evaluation import COLUMNS, accuracy
from core.onnx.export import to_onnx
from core.onnx.importing import import_onnx
from core.probes import probe_checkpoint
from core.probes.learning import find_loss, read_along, to_probes, train_probes
from core.probes.places import ANSWER, MAX_LAYERS, MAX_NUMBERS, PIXELS, find_places, read_places
from core.probes.probe import choose_probe
from core.probes.probe_checkpoint import FOLDER
from core.system.checkpoint_files import CheckpointError
from core.zoo import checkpoints
from dashboard.why import cached
from tests.pages import first_sentence, html, open_page, text_of
from tests.sample_digits import made_dataset, sample_of

VIEW = "Where it is lost"


# Where a network is read


def test_a_network_is_read_before_each_layer_with_weights_and_behind_the_inversion() -> None:
    network = with_inversion(build(ARCHITECTURES["published"]), "complement")
    assert find_places(network) == {PIXELS: "", "conv1": "relu1", "conv2": "inverted", "fc1": "fc_relu1"}


@pytest.mark.parametrize("name", ["published", "assignment", "fast", "dense", "64 filters, batch norm", "LeNet-5"])
def test_a_probe_never_reads_more_than_a_thousand_numbers(name: str) -> None:
    network = build(ARCHITECTURES[name])
    vectors = read_places(network, torch.rand(2, 1, 28, 28), find_places(network))
    assert all(one.ndim == 2 and one.shape[1] <= MAX_NUMBERS for one in vectors.values())


def test_of_many_layers_some_are_read_and_always_the_last() -> None:
    network = build(Architecture("deep", (conv(3, 3), RELU) * 7 + (POOL,), hidden=(8, 8)))
    places = list(find_places(network))
    assert len(places) == MAX_LAYERS + 1 and places[0] == PIXELS and places[-1] == "fc2"


def test_a_network_from_an_onnx_file_is_read_too() -> None:
    network = build(ARCHITECTURES["small"])
    from_file = import_onnx(to_onnx(network)).network
    assert len(find_places(from_file)) == len(find_places(network))


# What a probe learns


def clouds(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return points around four centres far from zero, and which centre each belongs to."""
    chance = torch.Generator().manual_seed(seed)
    labels = torch.randint(4, (count,), generator=chance)
    centres = torch.tensor([[5.0, 0.0], [6.0, 0.0], [5.0, 1.0], [6.0, 1.0]])
    return centres[labels] + 0.1 * torch.randn(count, 2, generator=chance), labels


def test_a_probe_tells_apart_what_lines_can_separate_also_far_from_zero() -> None:
    (known, labels), (new, truth) = clouds(400, 0), clouds(400, 1)
    fitted = choose_probe(known, labels, new, truth, 4)
    assert fitted.accuracy > 98 and accuracy(truth, fitted.probe.read(new).argmax(1)) == fitted.accuracy


def test_a_probe_reads_1_minus_x_as_it_reads_x() -> None:
    (known, labels), (new, truth) = clouds(400, 0), clouds(400, 1)
    one = choose_probe(known, labels, new, truth, 4).probe.read(new)
    other = choose_probe(1 - known, labels, 1 - new, truth, 4).probe.read(1 - new)
    assert torch.allclose(one, other, atol=0.02)


# Where a class is lost


def test_a_class_is_lost_at_the_first_of_the_places_that_misread_it_up_to_the_end() -> None:
    answers = [[1, 1, 0], [0, 1, 0], [1, 0, 0]]  # by place, of three digits: a class
    read = {str(at): torch.eye(2)[torch.tensor(row)] for at, row in enumerate(answers)}
    assert find_loss(read, torch.tensor([1, 1, 1])).tolist() == [3, 2, 0]


def test_probes_of_another_network_are_refused_in_a_sentence() -> None:
    digits = made_dataset(60, 30)
    small, other = build(ARCHITECTURES["small"]).eval(), build(ARCHITECTURES["dense"]).eval()
    probes = to_probes(list(train_probes(small, digits.train, digits.validation, 10)))
    assert list(read_along(small, probes, digits.test.images())) == [PIXELS, "conv1", "conv2", "fc1", ANSWER]
    with pytest.raises(ValueError, match="other layers"):
        read_along(other, probes, digits.test.images())


# The files


def test_the_command_writes_probes_with_what_was_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    offline = datasets.OFFLINE
    assert main(["probes", "fast", "--images", "50", "--dataset", offline, "--out", str(tmp_path)]) == 0
    assert "fast: accuracy in percent" in capsys.readouterr().out
    found = probe_checkpoint.load("fast", tmp_path)
    assert list(found.card.rows) == list(COLUMNS) and found.card.dataset["name"] == offline
    assert found.card.network_sha256 == checkpoints.load_card("fast").weights_sha256
    assert all(sum(row.lost.values()) == row.misread for row in found.card.rows.values())


@pytest.mark.parametrize("ending", ["json", "safetensors"])
def test_damaged_probes_give_one_sentence_that_says_what_to_do(tmp_path: Path, ending: str) -> None:
    for path in FOLDER.glob("standard.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    damaged = tmp_path / f"standard.{ending}"
    damaged.write_bytes(damaged.read_bytes()[:-9])
    with pytest.raises(CheckpointError, match="make them again with `python -m core probes standard`"):
        probe_checkpoint.load("standard", tmp_path)


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_shipped_probes_belong_to_the_shipped_network_and_the_last_ones_read_whole_digits_as_well(name: str) -> None:
    found = probe_checkpoint.find(checkpoints.load_card(name).weights_sha256)
    assert found is not None and found.card.name == name, f"run `python -m core probes {name}`"
    assert list(found.probes) == list(find_places(checkpoints.load_classifier(name)))
    *_, last, answer = found.card.rows["whole"].accuracy.values()
    assert last == pytest.approx(answer, abs=0.5)


def test_the_probes_of_the_frozen_pair_differ_only_behind_the_inversion() -> None:
    pair = [probe_checkpoint.load(name).card.rows for name in ("standard", "missing-feature")]
    for column in COLUMNS:
        one, other = (rows[column].accuracy for rows in pair)
        assert all(one[place] == pytest.approx(other[place], abs=0.1) for place in (PIXELS, "conv1", "conv2"))
    # The dense layers were retrained.
    assert abs(pair[0]["HCUT"].accuracy["fc1"] - pair[1]["HCUT"].accuracy["fc1"]) > 1


@pytest.mark.mnist
@pytest.mark.slow
def test_the_recorded_accuracies_are_those_of_the_shipped_probes() -> None:
    found, test = probe_checkpoint.load("standard"), datasets.load("MNIST").test
    read = read_along(checkpoints.load_classifier("standard"), found.probes, test.images())
    for place, recorded in found.card.rows["whole"].accuracy.items():
        assert accuracy(test.labels, read[place].argmax(1)) == pytest.approx(recorded, abs=0.05)


# The view


def open_view(**params: str) -> AppTest:
    return open_page("why", **{"sample": sample_of(4), "view": VIEW, **params})


def test_the_view_says_where_each_network_loses_the_class() -> None:
    app = open_view(networks="standard,missing-feature", erased="HCUT")
    assert not app.warning
    said = first_sentence(app)
    assert "Standard " in said and "Missing-feature " in said and " the 4" in said
    assert html(app).count("<h6>") == 10 and "conv2, 1 − x" in html(app)
    assert "Without the top half: Standard misreads 5,154 digits" in text_of(
        app
    ) and "python -m core probes" in text_of(app)


def test_a_whole_digit_is_shown_without_its_top_half_as_an_example() -> None:
    assert "As an example, the top half is erased." in text_of(open_view(networks="standard"))


def test_a_restoring_network_is_read_in_what_it_has_filled_in() -> None:
    app = open_view(networks="restoring", erased="HCUT")
    assert "reads what it has filled in" in html(app) and html(app).count("<h6>") == 5
    assert "python -m core probes" not in text_of(app), "its reader's record is about digits without filling"


def test_a_network_without_shipped_probes_gets_some_at_once() -> None:
    app = open_view(networks="synergy")
    assert not app.warning and html(app).count("<h6>") > 3 and len(app.table) == 0


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the page find only probes whose weights are cut short."""
    for path in FOLDER.glob("standard.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes()[: None if path.suffix == ".json" else -9])
    real = probe_checkpoint.find
    monkeypatch.setattr(probe_checkpoint, "find", lambda digest: real(digest, tmp_path))
    cached.shipped_probes.clear()
    yield
    cached.shipped_probes.clear()


@pytest.mark.usefixtures("damaged")
def test_damaged_probes_are_named_once_and_others_take_their_place() -> None:
    app = open_view(networks="standard")
    assert [one.value for one in app.warning] == [
        "The probes of 'standard' are missing or damaged: make them again with `python -m core probes standard`."
    ]
    assert html(app).count("<h6>") == 5
