"""Networks on disk: they come back bit by bit, a broken or foreign file is one sentence, a crash leaves no half one."""

import ast
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from core.inversion.functions import build_synergy, features_hash
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.restoration.restorer import Restorer
from core.system.checkpoint_files import CheckpointError
from core.zoo.checkpoints import list_cards, load_card, load_classifier, load_network, save_network
from tests import ROOT
from tests.saved_networks import IMAGES, MISSING, REFERENCES, STANDARD, card_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good checkpoint, "mine"."""
    save_network(card_of(STANDARD), STANDARD, tmp_path)
    return tmp_path


def rewrite_card(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "mine.json"
    described = json.loads(path.read_text())
    change(described)
    path.write_text(json.dumps(described))


def one_sentence(error: BaseException) -> bool:
    text = str(error)
    return text.endswith(".") and "\n" not in text and "Error" not in text and 20 < len(text) < 200


# Round trips


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_classifier_comes_back_bit_by_bit_ready_to_be_shared(tmp_path, architecture):
    network = build(ARCHITECTURES[architecture], seed=5).eval()
    save_network(card_of(network, architecture=architecture), network, tmp_path)
    again = load_network("mine", folder=tmp_path)
    assert isinstance(again, Classifier) and features_hash(again) == features_hash(network)
    assert torch.equal(again(IMAGES), network(IMAGES))
    assert not any(module.training for module in again.modules())
    assert not any(parameter.requires_grad for parameter in again.parameters())


def test_m4_an_inverted_network_comes_back_bit_by_bit(tmp_path):
    save_network(card_of(MISSING, inversion="complement"), MISSING, tmp_path)
    assert torch.equal(load_network("mine", folder=tmp_path)(IMAGES), MISSING(IMAGES))
    assert not torch.equal(STANDARD(IMAGES), MISSING(IMAGES))


@pytest.mark.parametrize("omega", [1.0, -0.5])
def test_m16_synergy_comes_back_bit_by_bit(tmp_path, omega):
    network = build_synergy(STANDARD, MISSING, omega=omega).eval()
    save_network(card_of(network, inversion="both", omega=omega), network, tmp_path)
    assert torch.equal(load_network("mine", folder=tmp_path)(IMAGES), network(IMAGES))


def test_a_restoring_network_comes_back_with_the_references_it_is_given(tmp_path):
    save_network(card_of(STANDARD, neighbours=3, track="mask known"), STANDARD, tmp_path)
    again, mask = load_network("mine", references=REFERENCES, folder=tmp_path), torch.rand(28, 28) > 0.5
    expected = Restorer(STANDARD, REFERENCES, neighbours=3).predict(IMAGES, mask)
    assert isinstance(again, Restorer) and torch.equal(again.predict(IMAGES, mask), expected)
    assert torch.equal(load_classifier("mine", tmp_path)(IMAGES), STANDARD(IMAGES))
    with pytest.raises(CheckpointError, match="restores from full digits, and none were given"):
        load_network("mine", folder=tmp_path)


def test_a_card_comes_back_with_everything_on_it(tmp_path):
    measured = [{"variant": "code", "accuracy": {"whole": 99.1}}, {"variant": "text", "accuracy": {"whole": 99.2}}]
    card = save_network(card_of(STANDARD, measured=measured, versions={"python": "3"}), STANDARD, tmp_path)
    again = load_card("mine", tmp_path)
    assert json.dumps(again.__dict__) == json.dumps(card.__dict__)
    assert again.weights_sha256 == hashlib.sha256((tmp_path / "mine.safetensors").read_bytes()).hexdigest()
    assert (again.accuracies(), again.accuracies("code")) == ({"whole": 99.2}, {"whole": 99.1})
    assert card_of(STANDARD).accuracies() == {}


def test_a_network_trained_with_filters_laid_out_by_channel_comes_back(tmp_path):
    network = build(ARCHITECTURES["talk"], seed=3).eval().to(memory_format=torch.channels_last)
    save_network(card_of(network), network, tmp_path)
    assert features_hash(load_classifier("mine", tmp_path)) == features_hash(network)


def test_saving_again_replaces_the_checkpoint_and_leaves_nothing_beside_it(folder):
    save_network(card_of(MISSING, inversion="complement"), MISSING, folder)
    assert torch.equal(load_network("mine", folder=folder)(IMAGES), MISSING(IMAGES))
    assert {path.name for path in folder.iterdir()} == {"mine.json", "mine.safetensors"}


# Broken and foreign weights


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("place", [0, 7, 8, 300, 20_000, -1])
def test_one_flipped_bit_in_the_weights_is_found_wherever_it_is(folder, place):
    flip(folder / "mine.safetensors", place)
    with pytest.raises(CheckpointError, match="^The weights of 'mine' are damaged or not the ones") as refused:
        load_network("mine", folder=folder)
    assert one_sentence(refused.value)


@pytest.mark.parametrize("size", [0, 5, 100, 50_000])
def test_truncated_weights_are_one_sentence(folder, size):
    path = folder / "mine.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="^The weights of 'mine' are damaged"):
        load_network("mine", folder=folder)


def tensors_of(network: Classifier) -> dict[str, torch.Tensor]:
    return {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in network.state_dict().items()}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: safetensors.torch.save({"foreign.weight": torch.zeros(3)}), id="other names"),
        pytest.param(lambda: safetensors.torch.save(tensors_of(build(ARCHITECTURES["published"]))), id="other sizes"),
        pytest.param(lambda: safetensors.torch.save({**tensors_of(STANDARD), "more": torch.zeros(3)}), id="one more"),
        pytest.param(lambda: safetensors.torch.save(dict(list(tensors_of(STANDARD).items())[1:])), id="one missing"),
        pytest.param(lambda: b"", id="empty"),
        pytest.param(lambda: b"PK\x03\x04" + bytes(500), id="a zip, as torch.save writes"),
        pytest.param(lambda: (2**40).to_bytes(8, "little") + b"{}", id="a header as long as the sky"),
    ],
)
def test_foreign_weights_with_the_right_hash_are_still_refused(folder, content):
    (folder / "mine.safetensors").write_bytes(content())
    rewrite_card(folder, lambda card: card.update(weights_sha256=hashlib.sha256(content()).hexdigest()))
    said = "^The weights of 'mine' (do not fit the network|are no safetensors file)"
    with pytest.raises(CheckpointError, match=said) as refused:
        load_network("mine", folder=folder)
    assert one_sentence(refused.value)


# Broken and foreign cards


def missing(*names: str) -> Callable[[dict[str, Any]], object]:
    return lambda card: [card.pop(name) for name in names]


def setting(**fields: Any) -> Callable[[dict[str, Any]], object]:
    return lambda card: card.update(fields)


def with_stage(**stage: Any) -> Callable[[dict[str, Any]], object]:
    return lambda card: card["architecture"].update(features=[stage])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(missing("title"), id="no title"),
        pytest.param(missing("architecture"), id="no architecture"),
        pytest.param(setting(architecture=None), id="architecture none"),
        pytest.param(setting(architecture={"name": "talk"}), id="architecture empty"),
        pytest.param(setting(colour="blue"), id="one field too many"),
        pytest.param(setting(name="yours"), id="another's name"),
        pytest.param(setting(inversion="mirrored"), id="unknown inversion"),
        pytest.param(with_stage(kind="swirl"), id="unknown stage"),
        pytest.param(with_stage(kind="conv", filters=4, size=50), id="filters larger than the picture"),
        pytest.param(with_stage(kind="conv", filters=-4, size=3), id="a negative number of filters"),
    ],
)
def test_a_card_that_describes_no_network_is_one_sentence(folder, change):
    rewrite_card(folder, change)
    with pytest.raises(CheckpointError) as refused:
        load_network("mine", folder=folder)
    assert one_sentence(refused.value) and "'mine'" in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '{"name": "mine"}', "\ufffd\x00", '"mine"'])
def test_a_card_that_is_none_is_one_sentence(folder, text):
    (folder / "mine.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"^The card of 'mine' cannot be read; make the network again\.$"):
        load_network("mine", folder=folder)


def test_a_card_that_is_not_utf_8_or_not_a_file_is_one_sentence(folder):
    (folder / "mine.json").write_bytes(b"\xff\xfe{}")
    (folder / "folder.json").mkdir()
    for name in ("mine", "folder"):
        with pytest.raises(CheckpointError, match=f"^The card of '{name}' cannot be read"):
            load_network(name, folder=folder)


@pytest.mark.parametrize("name", ["../mine", "a/b", "", ".", "..", "/mine", "Mine", "mine.json", "mine\n", "m" * 65])
def test_a_name_that_is_none_never_leaves_the_folder(folder, name):
    (folder / "inside").mkdir()
    with pytest.raises(CheckpointError, match="is no name of a network: use lower-case letters, digits and dashes"):
        load_network(name, folder=folder / "inside")


def test_an_unknown_name_is_one_sentence(folder):
    with pytest.raises(CheckpointError, match=r"^There is no network called 'theirs'\.$"):
        load_network("theirs", folder=folder)


# Listing


def test_a_card_without_weights_is_a_problem_and_weights_without_a_card_are_nothing(folder):
    save_network(card_of(STANDARD, "bare"), STANDARD, folder)
    save_network(card_of(STANDARD, "lost"), STANDARD, folder)
    (folder / "lost.safetensors").unlink()
    (folder / "bare.json").unlink()
    cards, problems = list_cards(folder)
    assert [card.name for card in cards] == ["mine"]
    assert problems == ["The weights of 'lost' are missing; make the network again."]
    with pytest.raises(CheckpointError, match="There is no network called 'bare'"):
        load_network("bare", folder=folder)


def test_one_broken_card_does_not_hide_the_others(folder):
    for name in ("first", "second", "third"):
        save_network(card_of(STANDARD, name), STANDARD, folder)
    (folder / "second.json").write_text("{")
    (folder / "Not A Name.json").write_text("{}")
    cards, problems = list_cards(folder)
    assert [card.name for card in cards] == ["first", "mine", "third"] and len(problems) == 2


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert list_cards(tmp_path / "nowhere") == ([], [])


# No pickle


def test_no_pickle_is_imported_or_asked_for_anywhere():
    sources = [path for part in ("core", "dashboard", "pages") for path in (ROOT / part).rglob("*.py")]
    assert len(sources) > 10
    forbidden = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal"}
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert not forbidden & {alias.name.split(".")[0] for alias in node.names}, path
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in forbidden, path
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) != ("torch", "save"), path
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                # What torchvision offers is no safetensors; read so, it makes tensors and calls nothing.
                assert "weights_only=True" in map(ast.unparse, node.keywords), path
            elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant) and node.value.value is False, path
