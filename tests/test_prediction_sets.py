"""Prediction sets: what their threshold promises, on which digits it is kept, and the view that shows them."""

import re
from pathlib import Path

import pytest
import torch

from core.commands.studies.prediction_sets import lines
from core.digits import datasets
from core.networks.evaluation import COLUMNS, WHOLE
from core.networks.prediction_sets import ERROR_RATES, find_threshold, measure_sets, to_sets
from core.studies.prediction_sets import (
    NETWORKS,
    SAME_CUT,
    measure_network,
    run_prediction_sets,
    summarize,
)
from core.studies.recorded import find_row, load_recorded
from core.zoo import checkpoints
from dashboard.pmnist.set_views import describe_promise
from tests.pages import address_of, open_page, text_of


def random_answers(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return probabilities of a reader that knows how sure it is, and labels."""
    chance = torch.Generator().manual_seed(seed)
    probabilities = (3 * torch.randn(count, 10, generator=chance)).softmax(1)
    return probabilities, torch.multinomial(probabilities, 1, generator=chance)[:, 0]


@pytest.mark.parametrize("error", ERROR_RATES)
def test_sets_hold_the_true_class_as_often_as_was_chosen(error: float) -> None:
    known, test = random_answers(20_000, 0), random_answers(20_000, 1)
    found = measure_sets(to_sets(test[0], find_threshold(*known, error)), test[1])
    assert found.coverage == pytest.approx(100 * (1 - error), abs=0.6)
    assert found.digits == 20_000


def test_of_few_digits_the_threshold_keeps_the_promise_too() -> None:
    test = random_answers(4_000, 1)
    coverages = [
        measure_sets(to_sets(test[0], find_threshold(*random_answers(19, seed), 0.1)), test[1]).coverage
        for seed in range(2, 300)
    ]
    assert 90 <= sum(coverages) / len(coverages) <= 96  # at most 1 / 20 more than was chosen


def test_with_too_few_digits_for_the_error_rate_every_set_holds_every_class() -> None:
    known, test = random_answers(50, 0), random_answers(10, 1)
    assert to_sets(test[0], find_threshold(*known, 0.01)).all()


def test_the_quality_of_sets_is_counted_by_hand() -> None:
    sets = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 1, 1]], dtype=torch.bool)
    found = measure_sets(sets, torch.tensor([0, 2, 1, 1]))
    assert (found.coverage, found.size, found.empty, found.digits) == (50.0, 1.25, 25.0, 4)


# The study


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("error", ERROR_RATES)
def test_the_recorded_sets_keep_their_promise_on_digits_like_those_of_the_threshold(name: str, error: float) -> None:
    record = load_recorded("prediction-sets")
    for column in COLUMNS:
        tolerance = 1 if column == WHOLE or name in NETWORKS[:2] else 3  # three standard errors of 1,000 digits at 10 %
        row = find_row(
            record, network=name, column=column, error=error, chosen_on=WHOLE if column == WHOLE else SAME_CUT
        )
        assert row is not None and row["coverage"] == pytest.approx(100 * (1 - error), abs=tolerance)


def test_the_recorded_sets_break_their_promise_where_a_part_is_missing() -> None:
    record = load_recorded("prediction-sets")
    broken = find_row(record, network="standard", column="HCUT", error=0.001, chosen_on=WHOLE)
    kept = find_row(record, network="standard", column="HCUT", error=0.001, chosen_on=SAME_CUT)
    assert broken is not None and kept is not None and broken["coverage"] < 85 and kept["size"] > broken["size"]


@pytest.mark.mnist
@pytest.mark.slow
def test_the_recorded_sets_are_those_of_the_shipped_network() -> None:
    data, record = datasets.load("MNIST"), load_recorded("prediction-sets")
    for row in measure_network("standard", checkpoints.load_network("standard"), data.validation, data.test):
        recorded = find_row(record, network="standard", column=row.column, error=row.error, chosen_on=row.chosen_on)
        assert recorded is not None
        assert (row.coverage, row.size) == pytest.approx((recorded["coverage"], recorded["size"]), abs=0.05)


@pytest.mark.slow
def test_a_finished_network_is_not_measured_again(tmp_path: Path) -> None:
    data, cards = datasets.load(datasets.OFFLINE), {"standard": checkpoints.load_card("standard")}
    first = list(run_prediction_sets(data, cards, tmp_path / "sets.json"))
    again = list(run_prediction_sets(data, cards, tmp_path / "sets.json"))
    assert [one.kept for one in (*first, *again)] == [False, True] and first[0].rows == again[0].rows
    record = summarize(first[0].rows, data, cards)
    text = "\n".join(lines(record))
    assert "At most 0.1 % of sets" in text and "python -m core study prediction-sets" in text and "Standard" in text


# The page


def test_the_view_says_which_classes_cannot_be_ruled_out() -> None:
    app = open_page("pmnist", view="How sure is it", sample="15")
    assert "Without the top half, these classes cannot be ruled out. Standard: " in text_of(app)
    assert len(app.table) == 2 and list(app.table[0].value.columns)[0] == "whole"
    assert "prediction-sets" in " ".join(one.value for one in app.caption)
    assert re.search(r"On whole digits, coverage is at most 0\.\d\d points from 99\.9 %\.", text_of(app))


def test_pictures_of_other_classes_are_not_called_digits() -> None:
    rows = {"standard": {WHOLE: {"error": 0.01, "coverage": 98.5}}}
    assert describe_promise(rows, "picture") == "On whole pictures, coverage is at most 0.50 points from 99 %."


def test_the_sets_of_a_network_grow_with_a_threshold_that_was_chosen_on_the_same_cut() -> None:
    def count(**choice: str) -> int:
        app = open_page("pmnist", view="How sure is it", sample="15", error="0.01", **choice)
        assert choice.items() <= address_of(app).items()
        return sum(len(cell.split()) for cell in app.table[0].value.loc["Standard"] if cell != "none")

    assert count(chosen="same cut") > count() + 5
