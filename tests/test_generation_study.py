"""What a discriminator's convolutions are worth as pre-trained weights (V10): a fair comparison, kept part by part."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core import __main__ as command_line
from core.commands.studies.pretraining import lines
from core.digits import datasets
from core.studies import finished_parts, pretraining
from core.studies.pretraining import (
    LABELLED,
    RANDOM,
    STARTS,
    SUPERVISED,
    UNLABELLED,
    PretrainingConfig,
    PretrainingRow,
    build_start,
    run_pretraining,
    shipped_weights,
)
from core.studies.pretraining_record import STUDY, conclude, gains, label_counts, summarize
from core.studies.recorded import find_row, load_recorded
from tests.sample_digits import made_dataset, made_digits

DATASET = made_dataset(train=150, test=30)
TINY = PretrainingConfig(labelled=(20, 40), seeds=2, gan_epochs=1, batches=2, epochs=1, batch=20)


def test_v10_every_beginning_is_measured_with_every_seed_and_a_finished_part_is_not_run_again(tmp_path: Path):
    out = tmp_path / "study.json"
    steps = list(run_pretraining(DATASET, TINY, out))
    rows = [row for step in steps for row in step.rows]
    asked = {
        (start, frozen, labelled, seed)
        for start in STARTS
        for frozen in (False, True)
        for labelled in TINY.labelled
        for seed in (42, 43)
    }
    assert {(row.start, row.frozen, row.labelled, row.seed) for row in rows} == asked and len(rows) == len(asked)
    assert [step.share for step in steps] == sorted(step.share for step in steps) and steps[-1].share == 1
    path = finished_parts.part_path(out, "42-20")
    changed = json.loads(path.read_text())
    changed["rows"][0]["accuracy"] = -1.0
    path.write_text(json.dumps(changed))
    again = list(run_pretraining(DATASET, TINY, out))
    assert [row.accuracy for step in again for row in step.rows][0] == -1.0, "the part was read, not run"
    assert not any(step.text.startswith("a GAN") for step in again), "nor was the GAN trained again"
    other = next(step for step in run_pretraining(DATASET, replace(TINY, batches=3), out) if step.rows)
    assert other.rows[0].accuracy >= 0, "with other settings it is"


def test_v10_beginnings_differ_in_their_convolutions_alone():
    weights = dict(shipped_weights())
    assert set(weights) == {LABELLED, SUPERVISED}
    networks = {
        start: build_start(weights.get(start), seed=3, frozen=False) for start in (RANDOM, LABELLED, SUPERVISED)
    }
    heads = [network.head.state_dict() for network in networks.values()]
    assert all(torch.equal(one["fc1.weight"], heads[0]["fc1.weight"]) for one in heads)
    convolutions = [network.features.conv2.weight for network in networks.values()]
    assert not torch.equal(convolutions[0], convolutions[1]) and not torch.equal(convolutions[1], convolutions[2])
    assert torch.equal(networks[SUPERVISED].features.conv1.weight, weights[SUPERVISED]["conv1.weight"])
    frozen = build_start(weights[LABELLED], seed=3, frozen=True)
    assert not any(p.requires_grad for p in frozen.features.parameters())
    assert all(p.requires_grad for p in frozen.head.parameters())


def test_each_seed_has_digits_of_its_own_and_more_of_them_hold_the_fewer():
    digits = made_digits(60)
    few, more, others = digits.draw(10, 1), digits.draw(30, 1), digits.draw(10, 2)
    assert torch.equal(few.pixels, more.pixels[:10]) and not torch.equal(few.pixels, others.pixels)


def test_all_classifiers_learn_from_at_least_so_many_batches():
    config = PretrainingConfig()
    for labelled in config.labelled:
        training = config.training(labelled, 1)
        assert training.epochs * labelled / training.batch >= config.batches and training.epochs >= config.epochs


@pytest.mark.parametrize("changes", [{"seeds": 0}, {"labelled": (0,)}, {"gan_epochs": 0}])
def test_a_comparison_of_nothing_is_refused(changes: dict[str, object]):
    with pytest.raises(ValueError, match="at least one seed"):
        replace(TINY, **changes)


def test_more_labelled_digits_than_there_are_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="only 150 training digits"):
        next(run_pretraining(DATASET, replace(TINY, labelled=(200,)), tmp_path / "study.json"))


def record_of(better: list[float]) -> dict:
    base = [70.0, 80.0, 75.0]
    rows = [PretrainingRow(RANDOM, False, 100, seed, value) for seed, value in enumerate(base)]
    rows += [
        PretrainingRow(UNLABELLED, True, 100, seed, value + gain)
        for seed, (value, gain) in enumerate(zip(base, better, strict=True))
    ]
    return summarize(rows, DATASET, PretrainingConfig())


def test_a_shift_counts_only_where_all_seeds_agree():
    agreed, mixed = record_of([5.0, 6.0, 7.0]), record_of([5.0, -6.0, 7.0])
    assert gains(agreed, UNLABELLED, frozen=True, labelled=100) == pytest.approx([5, 6, 7])
    assert "add: a discriminator without labels frozen +6.0." in " ".join(conclude(agreed))
    assert "frozen +2.0 (no clear difference)." in " ".join(conclude(mixed))
    assert gains(agreed, SUPERVISED, frozen=True, labelled=100) == [], "nothing is said of what was not measured"
    assert label_counts(agreed) == [100] and find_row(agreed, arm=UNLABELLED, frozen=True, labelled=100)["mean"] == 81.0
    assert any("81.00 ± 5.57" in line for line in lines(agreed))


@pytest.mark.slow
def test_the_command_runs_it_and_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch):
    short = TINY.training(20, 42)
    monkeypatch.setattr(pretraining.PretrainingConfig, "training", lambda self, labelled, seed: short)
    out = tmp_path / "study.json"
    asked = ["study", STUDY, "--dataset", datasets.OFFLINE, "--seeds", "1", "--labelled", "20", "--gan-epochs", "1"]
    assert command_line.main([*asked, "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == json.loads(out.read_text()) and said["dataset"]["name"] == datasets.OFFLINE
    assert len(said["rows"]) == 8 and said["seeds"] == 1
    assert command_line.main([*asked[:-4], "--labelled", "many", "--out", str(out)]) == 2
    assert "whole numbers" in capsys.readouterr().err


def test_v10_the_recorded_study_says_what_its_rows_say(capsys: pytest.CaptureFixture[str]):
    record = load_recorded(STUDY)
    assert record["dataset"]["name"] == "MNIST" and record["dataset"]["images"] == 10_000 and record["seeds"] >= 3
    assert label_counts(record) == [100, 1_000, 10_000] and len(record["rows"]) == 3 * 2 * len(STARTS)
    assert record["conclusions"] == list(conclude(record))
    assert command_line.main(["study", STUDY, "--recorded"]) == 0
    assert record["command"] in capsys.readouterr().out
