"""Whose noise fools whom (V12): what is crossed, what is kept, and what it says."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.__main__ import main
from core.digits.datasets import OFFLINE, Dataset
from core.inversion.functions import freeze, reset_head, with_inversion
from core.networks.architectures import POOL, RELU, Architecture, conv
from core.networks.classifier import Classifier, build
from core.networks.evaluation import Network, evaluate
from core.restoration.hole_finding import BlindRestorer
from core.restoration.restorer import Restorer
from core.studies.noise_transfer import (
    CLEAN,
    RANDOM_SIGNS,
    TransferConfig,
    TransferRow,
    attackable_networks,
    evaluate_source,
    run_transfer,
)
from core.studies.noise_transfer_record import conclude, summarize, to_curve, to_matrix
from core.studies.recorded import load_recorded, to_json
from core.training.loop import TrainConfig, train
from core.zoo.checkpoints import Card
from core.zoo.recipes import RECIPES, list_zoo
from tests.sample_digits import made_dataset, real_set

SMALL = Architecture("little", (conv(4, 5), POOL, RELU), hidden=(16,))
CONFIG = TransferConfig(
    digits=30, slow_digits=4, epsilons=(0.1, 0.3, 0.5), crossed=(0.1, 0.3), steps=4, universal_steps=3
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return made_dataset(train=200, test=40)


@pytest.fixture(scope="module")
def networks(dataset: Dataset) -> dict[str, Network]:
    """A standard network, one with its frozen features turned over, one of its own, and one that restores."""
    standard = _learned(build(SMALL, seed=1), dataset)
    missing = with_inversion(standard, "complement")
    freeze(missing)
    reset_head(missing, seed=2)
    _learned(missing, dataset)
    robust = _learned(build(SMALL, seed=3), dataset, attack="fgsm", epsilon=0.2)
    for network in (standard, missing, robust):
        network.requires_grad_(False)
    return {
        "standard": standard,
        "missing-feature": missing,
        "robust": robust,
        "restoring": Restorer(standard, dataset.train),
    }


def _learned(network: Classifier, dataset: Dataset, **settings: object) -> Classifier:
    config = TrainConfig(**{"epochs": 5, "batch": 20, "optimizer": "adam", "learning_rate": 0.005, **settings})
    for _ in train(network, dataset.train, dataset.validation, config):
        pass
    return network


@pytest.fixture(scope="module")
def rows(networks: dict[str, Network], dataset: Dataset) -> list[TransferRow]:
    sources = (CLEAN, RANDOM_SIGNS, *attackable_networks(networks))
    return [row for source in sources for row in evaluate_source(source, networks, dataset, CONFIG)]


def card(name: str) -> Card:
    return Card(
        name=name,
        title=name.capitalize(),
        architecture={},
        inversion="identity",
        track="blind",
        command="",
        recipe={},
        dataset={"name": "MNIST", "digits": 1},
        epochs=1,
        seed=1,
        features_sha256="own" if name == "robust" else "shared",
    )


@pytest.fixture(scope="module")
def record(rows: list[TransferRow], networks: dict[str, Network], dataset: Dataset) -> dict:
    return summarize(rows, dataset, CONFIG, {name: card(name) for name in networks})


def cells(rows: list[TransferRow], noise: str, epsilon: float) -> dict[tuple[str, str], float]:
    return {(r.source, r.reader): r.accuracy for r in rows if r.noise == noise and r.epsilon == epsilon}


def test_v12_every_network_reads_every_other_s_noise_where_it_is_crossed(rows, networks):
    made = ("standard", "missing-feature", "robust")
    for epsilon in CONFIG.crossed:
        assert set(cells(rows, "pgd", epsilon)) == {(source, reader) for source in made for reader in networks}
    assert set(cells(rows, "universal", 0.3)) == {(source, reader) for source in made for reader in networks}


def test_v12_elsewhere_it_reads_its_own_and_all_read_the_first_one_s(rows, networks):
    own = {("missing-feature", "missing-feature"), ("robust", "robust")}
    assert set(cells(rows, "pgd", 0.5)) == own | {("standard", reader) for reader in networks}


def test_v12_a_restoring_network_makes_no_noise_and_reads_what_its_network_reads(rows, networks):
    assert attackable_networks(networks) == ("standard", "missing-feature", "robust")
    read = cells(rows, "pgd", 0.1)
    assert read["standard", "restoring"] == read["standard", "standard"]


def test_v12_without_noise_it_is_the_network_s_accuracy(rows, networks, dataset):
    for name, network in networks.items():
        expected = evaluate(network, dataset.test.first(CONFIG.digits))
        assert cells(rows, "none", 0.0)[CLEAN, name] == pytest.approx(expected, abs=0.01)


def test_v12_made_noise_fools_more_than_chance_and_more_noise_fools_more(rows):
    for epsilon in CONFIG.crossed:
        made, chance = cells(rows, "pgd", epsilon), cells(rows, "chance", epsilon)
        assert made["standard", "standard"] < chance[RANDOM_SIGNS, "standard"]
    assert cells(rows, "pgd", 0.3)["standard", "standard"] <= cells(rows, "pgd", 0.1)["standard", "standard"]


def test_v12_the_same_settings_give_the_same_figures_and_leave_the_networks_alone(rows, networks, dataset):
    before = {name: network.state_dict() for name, network in networks.items() if isinstance(network, Classifier)}
    kept = {name: {key: tensor.clone() for key, tensor in state.items()} for name, state in before.items()}
    again = list(evaluate_source("standard", networks, dataset, CONFIG))
    assert again == [row for row in rows if row.source == "standard"]
    assert all(torch.equal(before[name][key], kept[name][key]) for name in kept for key in kept[name])


def test_v12_a_network_that_looks_for_holes_reads_fewer_digits_and_only_the_first_one_s_noise(networks, dataset):
    few = {name: networks[name] for name in ("standard", "robust")}
    few["restoring-blind"] = BlindRestorer(networks["restoring"])
    config = replace(CONFIG, digits=10, slow_digits=2, universal_steps=1)
    read = {source: list(evaluate_source(source, few, dataset, config)) for source in ("standard", "robust")}
    slow = [(row.noise, row.epsilon, row.digits) for row in read["standard"] if row.reader == "restoring-blind"]
    assert slow == [("pgd", 0.1, 2), ("pgd", 0.3, 2), ("universal", 0.3, 2)]
    assert {row.reader for row in read["robust"]} == {"standard", "robust"}


# Kept


def test_v12_finished_sources_are_kept_and_made_again_for_other_weights_or_settings(networks, dataset, tmp_path):
    few = {name: networks[name] for name in ("standard", "restoring")}
    config, out = replace(CONFIG, digits=10, epsilons=(0.1,), crossed=(0.1,)), tmp_path / "adversarial.json"

    def kept(config: TransferConfig, weights: str = "a") -> list[bool]:
        return [step.kept for step in run_transfer(lambda _: few, dataset, config, out, settings=weights)]

    stopped = run_transfer(lambda _: few, dataset, config, out, settings="a")
    assert (next(stopped).task, next(stopped).task) == (CLEAN, RANDOM_SIGNS)
    stopped.close()
    assert kept(config) == [True, True, False] and kept(config) == [True] * 3
    (tmp_path / "adversarial" / "chance.json").write_text("{")
    assert kept(config) == [True, True, False]
    assert kept(config, "b") == [False] * 3
    assert kept(replace(config, steps=5), "b") == [False] * 3


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"digits": 0}, "Noise transfer is measured with at least one digit and one step."),
        ({"steps": 0}, "Noise transfer is measured with at least one digit and one step."),
        ({"crossed": (0.12,)}, "Noise that every network reads must be among the noise that is made."),
    ],
)
def test_v12_settings_that_cannot_be_are_one_sentence(settings, said):
    with pytest.raises(ValueError) as refused:
        TransferConfig(**settings)
    assert str(refused.value) == said


# What it says


def test_v12_the_record_survives_its_file(record, tmp_path):
    (tmp_path / "adversarial.json").write_bytes(to_json(record))
    read = load_recorded("adversarial", folder=tmp_path)
    assert read == json.loads(json.dumps(record))
    assert read["command"] == 'python -m core study adversarial --digits 30 --steps 4 --dataset "made digits"'


def test_v12_a_matrix_has_chance_below_the_networks_and_gaps_where_nothing_was_measured(record, rows):
    matrix = to_matrix(record, "pgd", 0.5)
    assert matrix.sources == ("standard", "missing-feature", "robust", RANDOM_SIGNS)
    assert matrix.readers == ("standard", "missing-feature", "robust", "restoring")
    assert matrix.accuracies[0, 1] == cells(rows, "pgd", 0.5)["standard", "missing-feature"]
    assert np.isnan(matrix.accuracies[1, 0]) and not np.isnan(matrix.accuracies.diagonal()[:3]).any()


def test_v12_a_curve_begins_without_noise_and_falls(record):
    curve = to_curve(record, "standard")
    assert list(curve) == [0.0, 0.1, 0.3, 0.5]
    assert curve[0.0] > curve[0.5]
    assert to_curve(record, "restoring", "standard") == curve
    assert list(to_curve(record, "restoring")) == [0.0]
    assert list(to_curve(record, "robust", RANDOM_SIGNS)) == [0.0, 0.1, 0.3, 0.5]


def with_cell(record: dict, source: str, reader: str, accuracy: float) -> dict:
    """Return the record with that accuracy under noise made for `source` by PGD, or by chance."""
    wanted = [
        {**row, "accuracy": accuracy} if (row["source"], row["reader"]) == (source, reader) else row
        for row in record["rows"]
    ]
    return {**record, "rows": wanted}


@pytest.mark.parametrize(
    ("read", "verdict"),
    [(10.0, "is fooled, too: it reads 10.0 %"), (50.0, "is partly fooled"), (85.0, "is hardly fooled")],
)
def test_v12_the_sentence_about_the_missing_feature_network_follows_from_the_figures(record, read, verdict):
    told = with_cell(record, "standard", "standard", 5.0)
    told = with_cell(told, RANDOM_SIGNS, "missing-feature", 95.0)
    told = with_cell(told, "standard", "missing-feature", read)
    assert verdict in next(conclude(told))


def test_v12_conclusions_speak_of_what_was_measured_only(record):
    said = " ".join(record["conclusions"])
    assert "the adversarially trained network reads" in said and "One seed" in said
    assert "Blind restoration" not in said, "no such network took part"
    without = {**record, "rows": [row for row in record["rows"] if "robust" not in (row["source"], row["reader"])]}
    assert "adversarially trained network reads" not in " ".join(conclude(without))
    assert list(conclude({**record, "rows": []})) == []
    assert "nan" not in said


# The command, and what ships


def test_v12_the_command_refuses_what_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["study", "adversarial", "--digits", "0", "--out", str(tmp_path / "x.json")]) == 2
    *notice, refusal = capsys.readouterr().err.splitlines()
    assert refusal == "Noise transfer is measured with at least one digit and one step."
    assert len(notice) == (real_set().name == OFFLINE) and all("offline digits" in line for line in notice)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def shipped() -> Iterator[dict]:
    try:
        yield load_recorded("adversarial")
    except ValueError:
        pytest.skip("the study has not been recorded yet")


def test_v12_the_recorded_study_holds_every_network_that_is_not_of_the_laboratory(shipped):
    zoo, _ = list_zoo()
    assert list(shipped["networks"]) == [name for name in zoo if name in RECIPES and not RECIPES[name].laboratory]
    for epsilon in shipped["settings"]["crossed"]:
        matrix = to_matrix(shipped, "pgd", epsilon)
        blind = [reader == "restoring-blind" for reader in matrix.readers]
        assert not np.isnan(matrix.accuracies[:, np.logical_not(blind)]).any()
        assert not np.isnan(matrix.accuracies[0]).any(), "the standard network's noise is read by all"
    assert all(0 <= row["accuracy"] <= 100 for row in shipped["rows"])


def test_v12_the_recorded_conclusions_are_those_of_its_figures(shipped):
    assert shipped["conclusions"] == list(conclude(shipped))
    assert all(math.isfinite(row["accuracy"]) for row in shipped["rows"])


def test_v9_the_recorded_curves_hold_what_adversarial_training_promises(shipped):
    robust, standard = (to_curve(shipped, name) for name in ("robust", "standard"))
    assert robust[0.0] >= 98 and robust[0.2] >= 90 > 20 > standard[0.2]
