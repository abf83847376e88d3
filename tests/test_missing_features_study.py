"""The study of missing features: comparisons, seeds that are kept, the command, and the recorded results."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from core.__main__ import main
from core.digits import datasets
from core.networks.evaluation import TALK_GAIN
from core.pmnist.masks import CUTS
from core.studies import paired_differences, study_job
from core.studies.arms import ARMS, AT_THE_SAME_RATE, COLUMNS, PUBLISHED_LOG, RECORDED_ARMS, SECOND_PAPER
from core.studies.missing_features import NETWORKS, StudyConfig, run_seeds, run_study
from core.studies.missing_features_record import SECOND_PAPER_RECORD, summarize
from core.studies.recorded import load_recorded
from tests import ROOT
from tests.sample_digits import made_dataset

# Comparisons


def test_a_paired_difference_has_students_interval():
    values, others = [50.0, 53.0, 51.5, 49.0], [48.0, 52.5, 48.0, 50.0]
    found = paired_differences.paired_difference(values, others)
    low, high = stats.ttest_rel(values, others).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.mean == pytest.approx(1.25) and found.verdict == "open"


@pytest.mark.parametrize(("values", "verdict"), [((3.0, 3.1, 2.9), "higher"), ((-3.0, -3.1, -2.9), "lower")])
def test_an_interval_without_zero_is_told(values, verdict):
    assert paired_differences.paired_difference(values, (0.0, 0.0, 0.0)).verdict == verdict


def test_one_seed_tells_nothing():
    found = paired_differences.paired_difference([60.0], [50.0])
    assert (found.mean, found.low, found.high, found.verdict) == (10.0, None, None, "open")


def figures(gain: Mapping[str, float], seeds: int = 5) -> dict[str, dict[str, list[float]]]:
    """Figures in which the missing-feature arm gains that much over its control and the standard network."""
    noise = np.random.default_rng(0).normal(0, 0.1, (3, seeds))
    base = {cut: (60 + noise[0]).tolist() for cut in COLUMNS}
    other = {cut: (60 + noise[1]).tolist() for cut in COLUMNS}
    missing = {cut: (60 + gain.get(cut, 0.0) + noise[2]).tolist() for cut in COLUMNS}
    return {"standard": base, "control": other, "missing-feature": missing}


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (TALK_GAIN, "so the talk's +4.5 is reproduced"),
        ({cut: 1.0 for cut in CUTS}, "a gain, but smaller than the talk's +4.5"),
        ({}, "so the talk's +4.5 is not reproduced"),
        ({cut: -2.0 for cut in CUTS}, "a loss, not the talk's +4.5"),
    ],
)
def test_m12_the_sentence_says_whether_the_talks_gain_reproduced(gain, said):
    claims = [
        one for one in paired_differences.conclude("published", figures(gain)) if one.startswith("Compared with the")
    ]
    verdict = paired_differences.conclude("published", figures(gain))[0]
    found = "a gain" if gain is TALK_GAIN else "no gain"
    assert verdict.endswith(f". On HCUT, VCUT, DCUT and TCUT, we find {found} as large as the talk's.")
    assert len(claims) == 2 and all(f"on HCUT by {sign(one)}" in one and said in one.split(";")[0] for one in claims)


def test_one_seed_leaves_the_claim_undecided():
    single, *_ = paired_differences.conclude("talk", figures({}, seeds=1))
    assert single.endswith(
        "reads none of the four cuts clearly better than its matched control. On HCUT, VCUT, DCUT and TCUT, our seeds "
        "cannot tell whether there is a gain as large as the talk's."
    )


def sign(sentence: str) -> str:
    return sentence.split("HCUT by ")[1][0]


def test_an_arm_that_learned_nothing_is_said_so_and_not_compared():
    found = figures({})
    found["missing-maximum"] = {cut: [10.0] * 5 for cut in COLUMNS}
    sentences = paired_differences.conclude("published", found)
    assert "max(x) - x did not learn to read whole digits with 5 of 5 seeds at this rate." in sentences
    assert any(f"of {len(COLUMNS)} intervals exclude zero" in one for one in sentences)


def test_seeds_after_a_missing_one_are_left_out():
    parts = [
        {"network": "talk", "seed": seed, "arms": {"standard": dict.fromkeys(COLUMNS, float(seed))}}
        for seed in (45, 42, 43)
    ]
    assert paired_differences.collect_accuracies(parts, first=42)["talk"]["standard"]["HCUT"] == [42.0, 43.0]


# Studies: what is kept, and what is refused


def small(**changes: Any) -> StudyConfig:
    return StudyConfig(
        **{
            "dataset": "made digits",
            "networks": ("talk",),
            "arms": ("missing-feature",),
            "seeds": 2,
            "epochs": 1,
            **changes,
        }
    )


def test_finished_seeds_are_kept_and_the_next_run_goes_on_from_them(tmp_path):
    config, dataset, out = small(), made_dataset(), tmp_path / "study.json"
    stopped = run_study(config, dataset, out)
    assert [step.kept for step in islice(stopped, 1)] == [False]
    stopped.close()
    first = tmp_path / "study" / "talk-42.json"
    written = first.read_bytes()
    assert [step.kept for step in run_study(config, dataset, out)] == [True, False]
    assert first.read_bytes() == written
    together, apart = summarize(config, dataset, out), tmp_path / "apart.json"
    assert [step.kept for step in run_study(config, dataset, apart)] == [False, False]
    assert summarize(config, dataset, apart) == together


@pytest.mark.parametrize("damage", ["", "{", '{"arms": {"standard": {}}}', "null"])
def test_a_damaged_seed_is_run_again(tmp_path, damage):
    config, dataset, out = small(seeds=1, arms=("standard",)), made_dataset(), tmp_path / "study.json"
    path = tmp_path / "study" / "talk-42.json"
    path.parent.mkdir()
    path.write_text(damage)
    assert [step.kept for step in run_study(config, dataset, out)] == [False]
    assert json.loads(path.read_text())["arms"]["standard"].keys() == set(COLUMNS)


def test_seeds_of_other_epochs_never_mix(tmp_path):
    dataset, out = made_dataset(), tmp_path / "study.json"
    list(run_study(small(seeds=1, arms=("standard",)), dataset, out))
    assert [step.kept for step in run_study(small(seeds=1, arms=("standard",), epochs=2), dataset, out)] == [False]


def test_a_further_arm_joins_those_that_are_kept(tmp_path):
    dataset, out = made_dataset(), tmp_path / "study.json"
    list(run_study(small(seeds=1), dataset, out))
    list(run_study(small(seeds=1, arms=("control-no-reset",)), dataset, out))
    assert [step.kept for step in run_study(small(seeds=1), dataset, out)] == [True]


def test_costly_arms_may_have_fewer_seeds_and_the_record_says_how_many(tmp_path):
    config = small(arms=("missing-feature", "missing-unfrozen"), seeds=3, costly_seeds=1)
    dataset, out = made_dataset(), tmp_path / "study.json"
    assert len(list(run_study(config, dataset, out))) == 4
    rows = {row["arm"]: row for row in summarize(config, dataset, out)["rows"] if row["cut"] == "HCUT"}
    assert {name: row["seeds"] for name, row in rows.items()} == {
        "standard": 3,
        "control": 3,
        "missing-feature": 3,
        "standard-longer": 1,
        "missing-unfrozen": 1,
    }
    assert rows["missing-unfrozen"]["difference"]["low"] is None and rows["missing-unfrozen"]["std"] is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["--seeds", "0"], "A study needs at least one seed: ask for --seeds 1 or more."),
        (["--seeds", "-1"], "A study needs at least one seed"),
        (["--costly-seeds", "0"], "A study needs at least one seed"),
        (["--epochs", "0"], "Epochs must be at least 1, not 0."),
        (["--arms", "missing-legs"], "There is no arm called 'missing-legs'; there are standard,"),
        (["--arms", ""], "There is no arm called ''"),
        (["--networks", "published,nobody"], "There is no network called 'nobody' to study; there are"),
        (["--networks", "dense"], "'dense' has no convolutions whose features could be missing."),
        (["--workers", "0"], "There must be at least one worker, not 0."),
        (["--recorded", "--dataset", "KMNIST"], "No study 'missing-features' is recorded on KMNIST."),
    ],
)
def test_what_cannot_be_studied_is_one_sentence(capsys, tmp_path, changes, said):
    offline = [] if "--dataset" in changes else ["--dataset", datasets.OFFLINE]
    assert main(["study", "missing-features", "--out", str(tmp_path / "x.json"), *offline, *changes]) == 2
    heard = capsys.readouterr()
    said_lines = [line for line in heard.err.splitlines() if not line.startswith("These are the offline digits")]
    assert heard.out == "" and len(said_lines) == 1 and said_lines[0].startswith(said)
    assert list(tmp_path.iterdir()) == []


# The command, as people and machines use it


def command(out: Path, *more: str) -> list[str]:
    asked = ["--dataset", datasets.OFFLINE, "--epochs", "1", "--networks", "talk", "--out", str(out), *more]
    return [sys.executable, "-m", "core", "study", "missing-features", *asked]


@pytest.mark.slow
def test_study_answers_in_the_promised_shape(tmp_path):
    asked = command(tmp_path / "s.json", "--arms", "control", "--seeds", "2", "--json")
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "Traceback" not in done.stderr and done.stdout.count("\n") == 1
    answer = json.loads(done.stdout)
    assert answer == json.loads((tmp_path / "s.json").read_text())
    assert (answer["study"], answer["seeds"], answer["first_seed"]) == ("missing-features", 2, 42)
    assert answer["dataset"]["name"] == datasets.OFFLINE and answer["dataset"]["images"] == 400
    assert answer["command"].startswith("python -m core study missing-features --seeds 2 --epochs 1 --networks talk")
    assert [(row["arm"], row["cut"]) for row in answer["rows"]] == [
        (arm, cut) for arm in ("standard", "control") for cut in COLUMNS
    ]
    check_rows(answer["rows"])


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupted_study_ends_with_130_and_keeps_its_finished_seeds(tmp_path, workers):
    out = tmp_path / "s.json"
    asked = command(out, "--arms", "standard", "--seeds", "400", "--workers", workers, "--json")
    with subprocess.Popen(asked, cwd=ROOT, stdout=-1, stderr=-1, text=True) as process:
        limit = time.monotonic() + 180
        # With two workers the second seed may be finished first; a record counts them from the first one on.
        while not (out.is_file() and json.loads(out.read_text())["seeds"]) and time.monotonic() < limit:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said, heard = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "") and "Traceback" not in heard
    # Python's resource tracker may warn after it, when a worker was interrupted while it tidied up.
    assert "Interrupted; what was finished is kept." in heard.splitlines()
    assert all(json.loads(path.read_text())["arms"] for path in (tmp_path / "s").glob("talk-*.json"))
    assert (tmp_path / "s" / "talk-42.json").is_file() and json.loads(out.read_text())["seeds"] >= 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


# The recorded studies


def check_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Every mean, spread and difference follows from the values beside it."""
    values = {(row["network"], row["arm"], row["cut"]): row["values"] for row in rows}
    for row in rows:
        assert len(row["values"]) == row["seeds"] and row["mean"] == pytest.approx(np.mean(row["values"]), abs=0.01)
        if row["seeds"] > 1:
            assert row["std"] == pytest.approx(np.std(row["values"], ddof=1), abs=0.02)
        difference = row["difference"]
        assert (difference is None) == (ARMS[row["arm"]].control is None)
        if difference:
            other = values[row["network"], difference["control"], row["cut"]]
            found = paired_differences.paired_difference(row["values"], other)
            assert difference["mean"] == pytest.approx(found.mean, abs=0.02)
            near_zero = found.low is not None and min(abs(found.low), abs(found.high)) < 0.02
            assert difference["verdict"] == found.verdict or near_zero


@pytest.mark.parametrize(
    ("dataset", "published", "talk"), [("MNIST", 8, 10), (datasets.OFFLINE, 3, 3)], ids=["MNIST", "offline"]
)
def test_m16_the_recorded_study_has_every_head_and_its_figures_follow_from_its_values(dataset, published, talk):
    record = load_recorded(dataset=dataset)
    assert (record["seeds"], record["dataset"]["name"]) == (max(published, talk), dataset)
    check_rows(record["rows"])
    found = {(row["network"], row["arm"], row["cut"]): row["seeds"] for row in record["rows"]}
    heads = [arm for arm in AT_THE_SAME_RATE if not ARMS[arm].costly]  # fewer seeds where convolutions learn again
    seeds = {"published": published, "talk": talk}
    assert all(found[network, arm, cut] == seeds[network] for network in NETWORKS for arm in heads for cut in COLUMNS)
    assert set(found) == {(network, arm, cut) for network, arm, _ in found for cut in COLUMNS}
    assert all(record["conclusions"][network] for network in NETWORKS)
    assert set(record["published"]["log"]) == set(PUBLISHED_LOG)


def test_the_published_network_has_every_arm_with_every_seed():
    rows = [row for row in load_recorded()["rows"] if row["network"] == "published"]
    assert {row["arm"] for row in rows} == set(RECORDED_ARMS) and {row["seeds"] for row in rows} == {8}


def test_the_recorded_conclusions_are_those_of_the_recorded_figures():
    record = load_recorded()
    for network in NETWORKS:
        found: dict[str, dict[str, list[float]]] = {}
        for row in record["rows"]:
            if row["network"] == network:
                found.setdefault(row["arm"], {})[row["cut"]] = row["values"]
        assert paired_differences.conclude(network, found) == record["conclusions"][network]


def test_m16_the_second_paper_s_synergies_are_recorded_apart_each_with_two_ordinary_heads():
    record = load_recorded(SECOND_PAPER_RECORD)
    check_rows(record["rows"])
    seeds = {row["arm"]: row["seeds"] for row in record["rows"]}
    assert set(SECOND_PAPER) <= set(seeds) and set(seeds.values()) == {record["seeds"]} and record["seeds"] >= 2
    assert "--arms synergy-retrained,synergy-together,synergy-from-scratch" in record["command"]
    assert not {row["arm"] for row in load_recorded()["rows"]} & set(SECOND_PAPER)


@pytest.mark.slow
def test_a_seed_of_the_record_can_be_repeated(capsys):
    assert main(["study", "missing-features", "--recorded", "--json", "--dataset", datasets.OFFLINE]) == 0
    record = json.loads(capsys.readouterr().out)
    (step,) = run_seeds(datasets.load(datasets.OFFLINE), "talk", [42], ["standard"], epochs=record["epochs"])
    (row,) = [r for r in record["rows"] if (r["network"], r["arm"], r["cut"]) == ("talk", "standard", "whole")]
    assert abs(step.accuracies["whole"] - row["values"][0]) <= 3.0  # percent; other processors add up otherwise


# One seed as a job

SETTINGS = {"dataset": datasets.OFFLINE, "network": "talk", "seed": 7, "arms": ["missing-feature"], "epochs": 1}


def test_a_job_yields_every_arm_as_a_record_for_json(tmp_path):
    study_job.check(SETTINGS)
    records = [asdict(record) for record in study_job.run(SETTINGS, tmp_path, lambda: None)]
    assert [record["arm"] for record in records] == ["standard", "control", "missing-feature"]
    assert json.loads(json.dumps(records)) == records and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "changes", [{"seed": "x"}, {"arms": ["nobody"]}, {"arms": 3}, {"network": "nobody"}, {"epochs": 0}, {"more": 1}]
)
def test_a_job_refuses_what_is_no_seed_in_a_sentence(changes):
    with pytest.raises(ValueError, match=r"\.$"):
        study_job.check({**SETTINGS, **changes})
