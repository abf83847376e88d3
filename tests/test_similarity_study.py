"""The study of the similarity shortcut (D4, S4, S5): what is read with it, what is kept, and what it says."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from core.__main__ import main
from core.commands.studies.similarity import lines
from core.digits.datasets import Dataset
from core.networks.architectures import POOL, RELU, Architecture, conv
from core.networks.classifier import Classifier, build
from core.studies.recorded import find_rows, load_recorded, to_json
from core.studies.similarity import (
    HALF_TRAINED,
    SECOND_HALF,
    TEST,
    VALIDATION,
    SimilarityConfig,
    SimilarityRow,
    measure_network,
    run_similarity,
    split_halves,
    stage_sets,
    train_on_half,
)
from core.studies.similarity_record import conclude, describe_stages, fastest_row, summarize
from tests.sample_digits import made_dataset

SMALL = Architecture("little", (conv(4, 5), POOL, RELU, conv(4, 3), RELU), hidden=(8,))
CONFIG = SimilarityConfig(
    seen=(0.5, 0.1), shares=(0.1, 0.5, 1.0), timed_shares=(0.5,), second=50, timed=10, alone=2, epochs=1
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return made_dataset(train=200, test=40)


@pytest.fixture(scope="module")
def network() -> Classifier:
    return build(SMALL, seed=1).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def rows(network: Classifier, dataset: Dataset) -> list[SimilarityRow]:
    return list(measure_network("little", network, dataset, CONFIG))


@pytest.fixture(scope="module")
def record(rows: list[SimilarityRow], dataset: Dataset) -> dict:
    half = [replace(row, network=HALF_TRAINED) for row in rows]
    record = summarize([*half, *rows], dataset, CONFIG, {})
    record["networks"]["little"] = "Little"
    return {**record, "conclusions": list(conclude(record))}


def test_d4_one_half_is_seen_and_the_other_is_read(dataset):
    first, second = split_halves(dataset, CONFIG)
    assert torch.equal(first.pixels, dataset.train.pixels[:100])
    assert torch.equal(second.pixels, dataset.train.pixels[100:150]), "as many as were asked for"


def test_d4_the_network_of_one_half_has_learned_nothing_from_the_other(dataset):
    changed = dataset.train.pixels.clone()
    changed[100:] = 0
    other = replace(dataset, train=type(dataset.train)(changed, dataset.train.labels))
    one, two = (train_on_half(set_, CONFIG).state_dict() for set_ in (dataset, other))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_s4_every_stage_alone_and_all_convolutions_in_turn_are_tried(network, rows):
    assert stage_sets(network) == [("conv1",), ("conv2",), ("flatten",), ("conv1", "conv2")]
    tried = {(row.seen, row.stages, row.split) for row in rows}
    stages = ("conv1", "conv2", "flatten", "conv1+conv2")
    assert tried == {
        (seen, one, split) for seen in (100, 20) for one in stages for split in (VALIDATION, SECOND_HALF, TEST)
    }
    assert len(rows) == len(tried)


def test_s5_thresholds_are_those_of_validation_digits_on_every_split(rows):
    for row in rows:
        (same,) = [one for one in rows if (one.seen, one.stages, one.split) == (row.seen, row.stages, VALIDATION)]
        assert row.thresholds == same.thresholds and row.chosen["thresholds"] == same.chosen["thresholds"]
    for row in (row for row in rows if row.split == VALIDATION):
        assert row.chosen["accuracy"] >= row.plain - CONFIG.loss - 0.01
        assert row.hits == sorted(row.hits) and row.hits[-1] == 100


def test_s4_time_is_measured_on_test_digits_at_the_chosen_and_some_other_thresholds(rows):
    for row in rows:
        assert len(row.ratios) == (len(CONFIG.timed_shares) if row.split == TEST else 0)
        assert set(row.times) == ({"together", "alone"} if row.split == TEST else set())
        assert all(time["plain"] > 0 and time["ratio"] > 0 for time in row.times.values())


def test_s4_finished_networks_are_kept_and_measured_again_for_other_weights(network, dataset, tmp_path):
    few, out = replace(CONFIG, seen=(0.4,), second=10), tmp_path / "similarity.json"

    def kept(weights: str) -> list[bool]:
        return [step.kept for step in run_similarity({"little": network}, dataset, few, out, settings=weights)]

    stopped = run_similarity({"little": network}, dataset, few, out, settings="a")
    assert next(stopped).task == HALF_TRAINED
    stopped.close()
    assert kept("a") == [True, False] and kept("a") == [True, True] and kept("b") == [False, False]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"seen": (0.1, 0.5)}, "The digits seen first are shares of all between 0 and 1, the largest first."),
        ({"seen": (1.5,)}, "The digits seen first are shares of all between 0 and 1, the largest first."),
        ({"epochs": 0}, "The similarity study takes at least one digit to read, one to time and one epoch."),
        ({"timed_shares": (0.33,)}, "Time is measured at thresholds that are tried."),
    ],
)
def test_s4_settings_that_cannot_be_are_one_sentence(settings, said):
    with pytest.raises(ValueError) as refused:
        SimilarityConfig(**settings)
    assert str(refused.value) == said


# What it says


def test_s4_the_record_survives_its_file(record, tmp_path):
    (tmp_path / "similarity.json").write_bytes(to_json(record))
    assert load_recorded("similarity", folder=tmp_path) == json.loads(json.dumps(record))
    assert record["command"] == 'python -m core study similarity --loss 0.3 --epochs 1 --dataset "made digits"'


def test_s4_the_best_setting_is_the_one_that_takes_least_time_on_test_digits(record):
    best = fastest_row(record, "little", "alone")
    ratios = [row["times"]["alone"]["ratio"] for row in find_rows(record, network="little", split=TEST)]
    assert best["times"]["alone"]["ratio"] == min(ratios) and len(ratios) == 8
    assert fastest_row(record, "nobody", "alone") is None


def test_s4_whether_it_pays_follows_from_the_figures(record):
    def told(ratio: float) -> str:
        found = json.loads(json.dumps(record))
        for row in find_rows(found, split=TEST):
            row["times"] = {way: {"plain": 1.0, "shortcut": ratio, "ratio": ratio} for way in row["times"]}
        return " ".join(conclude(found))

    assert "The shortcut never saves time here" in told(1.2) and "1.20 times the whole network's time" in told(1.2)
    assert "The shortcut saves time in 32 of 32 settings" in told(0.8)


def test_s4_conclusions_name_both_splits_and_what_the_network_knew(record):
    said = " ".join(record["conclusions"])
    assert "50 digits of the other half" in said and "40 test digits" in said
    assert said.count("this network was trained on both halves") == 1, "of the shipped one alone"
    assert "nan" not in said and "One seed each" in said
    assert list(conclude({**record, "rows": []})) == []


def test_s4_stages_are_written_as_they_are_asked():
    assert describe_stages("conv1+conv2") == "conv1, then conv2"
    assert describe_stages("flatten") == "the last pooled vector"


def test_s4_people_get_a_line_for_each_setting(record):
    text = "\n".join(lines(record))
    assert text.count("\nconv1+conv2") == 4 and record["command"] in text


# The command, and what ships


def test_s4_the_command_refuses_what_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["study", "similarity", "--epochs", "0", "--out", str(tmp_path / "x.json")]) == 2
    assert capsys.readouterr().err.endswith("one to time and one epoch.\n")


def test_s4_the_recorded_study_keeps_its_promise_on_validation_digits_and_says_what_its_figures_say():
    try:
        shipped = load_recorded("similarity")
    except ValueError:
        pytest.skip("the study has not been recorded yet")
    assert shipped["conclusions"] == list(conclude(shipped))
    assert shipped["settings"].keys() == asdict(SimilarityConfig()).keys()
    for row in find_rows(shipped, split=VALIDATION):
        assert row["chosen"]["accuracy"] >= row["plain"] - shipped["settings"]["loss"] - 0.011
