"""What the records of a training say, on records made by hand."""

import pytest

from core.jobs.training_report import (
    TrainingSummary,
    current_training_accuracy,
    find_misfit,
    judge_fit,
    learning_curve,
    mean_per_epoch,
    measure_progress,
    seconds_to_accuracy,
    summarize_run,
)


def record(epoch: int, batch: int, seconds: float, accuracy: float, validation: float | None = None) -> dict:
    error = None if validation is None else 2 - validation / 50
    return {
        "epoch": epoch,
        "batch": batch,
        "batches": 10,
        "seconds": seconds,
        "accuracy": accuracy,
        "loss": 1.0,
        "validation_accuracy": validation,
        "validation_loss": error,
        "learning_rate": 0.1,
    }


STEPS = [record(1, 5, 1, 50), record(1, 10, 2, 70, 90), record(2, 5, 3, 95), record(2, 10, 4, 97, 95.5)]


def test_progress_speed_and_time_left():
    progress = measure_progress(STEPS, epochs=4, batch=64)
    assert progress.share == 0.5 and progress.seconds_left == pytest.approx(4)
    assert progress.digits_per_second == pytest.approx(320)  # ten batches of 64 in two seconds
    first = measure_progress(STEPS[:1], epochs=4, batch=64)
    assert first.share == 0.125 and first.seconds_left == pytest.approx(7)
    assert measure_progress([], epochs=4, batch=64).seconds_left is None


def test_t1_curves_are_per_batch_for_training_and_per_epoch_for_validation():
    assert [(p.epochs, p.value) for p in learning_curve(STEPS, "training accuracy")] == [
        (0.5, 50),
        (1, 70),
        (1.5, 95),
        (2, 97),
    ]
    assert [(p.epochs, p.seconds, p.value) for p in learning_curve(STEPS, "validation accuracy")] == [
        (1, 2, 90),
        (2, 4, 95.5),
    ]
    assert [point.value for point in mean_per_epoch(STEPS, "training accuracy")] == [60, 96]
    assert [point.value for point in learning_curve(STEPS, "validation error")] == pytest.approx([0.2, 0.09])


def test_x3_time_against_accuracy():
    assert summarize_run(STEPS, test=95.0) == TrainingSummary(2, 4, 95.5, 96, 95.0)
    assert summarize_run(STEPS[:3]) == TrainingSummary(1, 2, 90, 60)
    assert summarize_run(STEPS[:1]) is None
    assert (
        seconds_to_accuracy(STEPS, 90) == 2
        and seconds_to_accuracy(STEPS, 95) == 4
        and seconds_to_accuracy(STEPS, 99) is None
    )


@pytest.mark.parametrize(
    ("training", "validation", "said"),
    [
        (99.9, 95.0, "overfits"),
        (80.0, 80.5, "underfits"),
        (11.8, 10.3, "underfits"),  # it reads everything as 0: the gap is small beside the error itself
        (94.0, 80.0, "overfits"),
        (96.0, 98.0, "does not overfit"),
        (99.0, 98.5, "no sign"),
    ],
)
def test_t12_over_and_underfitting_are_said(training, validation, said):
    assert f"it {said}" in judge_fit(TrainingSummary(5, 10, validation, training)).replace("*", "") or said == "no sign"
    assert said in judge_fit(TrainingSummary(5, 10, validation, training))


MADE_CURVES = {  # training and validation accuracy of each epoch, and what is wrong
    "it never learns": ([(9.9, 10.3), (10.4, 10.3), (11.8, 10.3)], "underfits"),
    "it learns too slowly": ([(30.0, 33.0), (52.0, 55.0), (63.0, 64.0)], "underfits"),
    "it stays low, and its gap is smaller than its error": ([(60.0, 55.0), (80.0, 65.0)], "underfits"),
    "it learns a few digits by heart": ([(60.0, 58.0), (85.0, 76.0), (94.0, 80.0)], "overfits"),
    "validation stays behind": ([(95.0, 94.5), (98.9, 95.2), (100.0, 95.1)], "overfits"),
    "both rise together": ([(90.0, 93.0), (97.5, 97.6), (99.2, 98.7)], ""),
    "a small gap is no overfitting": ([(97.0, 95.0), (98.0, 97.6)], ""),
    "dropout lowers the training accuracy alone": ([(70.0, 91.0), (88.0, 95.5), (93.1, 97.8)], ""),
}


@pytest.mark.parametrize(("curve", "misfit"), MADE_CURVES.values(), ids=MADE_CURVES)
def test_t12_made_curves_underfit_overfit_or_fit(curve, misfit):
    steps = [record(epoch, 10, epoch, *accuracies) for epoch, accuracies in enumerate(curve, 1)]
    assert find_misfit(summarize_run(steps)) == misfit


@pytest.mark.parametrize(
    ("regularized", "why"),
    [(True, "lower because of dropout or a penalty"), (False, "lower because it averages the whole last epoch")],
)
def test_a_training_accuracy_below_the_validation_accuracy_is_explained_by_what_there_was(regularized, why):
    said = judge_fit(TrainingSummary(1, 10, 98.7, 95.7), regularized=regularized)
    assert said.startswith("While it learned, it read 95.7 %")
    assert ("dropout" in said) == regularized and why in said


def test_attacked_digits_and_new_ones_are_not_compared():
    said = judge_fit(TrainingSummary(5, 10, 97.0, 62.0), attacked=True)
    assert "62.0 % of the attacked digits" in said and "fits" not in said


def test_the_training_accuracy_while_it_runs_is_the_one_of_the_result():
    assert [current_training_accuracy(STEPS[:count]) for count in (1, 2, 3)] == [50, 60, 95]
    assert current_training_accuracy(STEPS) == summarize_run(STEPS).training == 96
