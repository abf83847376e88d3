"""What each stage of a network does while it learns: measured on request, without influence, and shown in "Watch"."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from core.inversion import functions
from core.jobs import run_folders, training_job
from core.jobs.run_folders import Job, JobRequest
from core.jobs.watched_stages import DIGITS, StageFigures, collect_stages, describe_gradients, measure_stages
from core.networks.classifier import Classifier, build
from core.system import locks
from core.visualization.training_stages import StageCurves, draw_stages
from tests.pages import captions, rerun, text_of
from tests.sample_digits import made_digits
from tests.tiny_training import TINY
from tests.train_page import ANN, SETTINGS, open_as_ann

WITH_DROPOUT = replace(TINY, dropout=0.5)  # its training draws random numbers at every batch
pytestmark = pytest.mark.usefixtures("runs")


def learn(*, stages: bool) -> Job:
    """Run Ann's training in this process, with its stages recorded or not."""
    settings = {**SETTINGS, "architecture": WITH_DROPOUT.to_dict(), "share": 0.25}
    job = run_folders.create_job(kind="train", title="mine", settings=settings, visitor=ANN, threads=1)
    for step in training_job.run(job.settings, job.folder, lambda: JobRequest(stages=stages)):
        run_folders.append_step(job, asdict(step))
    run_folders.write_status(job, state="done")
    return job


@contextmanager
def running(job: Job) -> Iterator[None]:
    """Let the job look as if a worker had it."""
    lock = locks.acquire(job.folder / "lock")
    assert lock is not None
    with lock:
        run_folders.write_status(job, state="running")
        yield


def median(values: torch.Tensor) -> float:
    ordered = [value for value in sorted(values.abs().flatten().tolist()) if value]
    return ordered[(len(ordered) - 1) // 2]


def network() -> Classifier:
    return build(TINY, seed=3).eval()


def test_each_stage_s_outputs_and_gradients_are_those_of_a_batch_learned_from_them() -> None:
    digits, measured = made_digits(30), network()
    found = measure_stages(measured, digits)
    assert all(parameter.grad is None for parameter in measured.parameters())
    other = network()
    outputs = other.activations(digits.images())
    cross_entropy(outputs["fc2"], digits.labels).backward()
    assert [one.stage for one in found] == ["conv1", "fc1", "fc2"]
    for one in found:
        weight = dict(other.stages())[one.stage].weight
        assert one.activation == pytest.approx(median(outputs[one.stage].detach()))
        assert one.gradient == pytest.approx(median(weight.grad))


def test_a_stage_whose_relu_is_0_for_all_digits_is_dead_and_frozen_ones_have_no_gradient() -> None:
    measured = network()
    torch.nn.init.constant_(measured.head.fc1.bias[:5], -1000.0)
    functions.freeze_stage(measured.features.conv1)
    convolution, hidden, answer = measure_stages(measured, made_digits(30))
    assert (convolution.gradient, answer.dead) == (None, None)
    assert hidden.gradient is not None and hidden.dead is not None and hidden.dead >= 25


def test_two_heads_on_frozen_features_are_one_stage() -> None:
    measured = functions.with_two_heads(network(), "both", seed=1)
    functions.freeze(measured)
    convolution, heads = measure_stages(measured, made_digits(30))
    assert convolution.gradient is None and heads.stage == "synergy" and heads.gradient
    measured.requires_grad_(False)
    assert [one.gradient for one in measure_stages(measured, made_digits(30))] == [None, None]


def test_a_network_that_computes_no_numbers_has_figures_that_can_be_stored() -> None:
    broken = network()
    torch.nn.init.constant_(broken.head.fc1.weight, float("nan"))
    assert [one.gradient for one in measure_stages(broken, made_digits(30))] == [0, 0, 0]


@pytest.mark.slow
def test_a_training_learns_the_same_with_and_without() -> None:
    watched, alone = learn(stages=True), learn(stages=False)
    weights = [(job.folder / "network.safetensors").read_bytes() for job in (watched, alone)]
    assert weights[0] == weights[1]
    assert not any(step["stages"] for step in run_folders.read_steps(alone.id))
    steps = run_folders.read_steps(watched.id)
    assert {step["epoch"] for step in steps if step["stages"]} == {1, 2}
    histories = collect_stages(steps)
    assert [one.stage for one in histories] == ["conv1", "fc1", "fc2"]
    assert list(histories[0].epochs) == sorted(set(histories[0].epochs)) and histories[0].epochs[-1] == 2


def figures(stage: str, gradient: float | None) -> StageFigures:
    return StageFigures(stage, 1.0, gradient, None)


@pytest.mark.parametrize(
    "gradients, said",
    [
        (
            {"conv1": 0.001, "fc1": 7.0, "fc2": 0.04},
            "The gradients of the first stage (conv1) are 40 times smaller than those of the last (fc2).",
        ),
        (
            {"conv1": 0.1, "fc2": 0.04},
            "The gradients of the first stage (conv1) are 2.5 times larger than those of the last (fc2).",
        ),
        (
            {"conv1": 0.05, "fc2": 0.04},
            "The gradients of the first stage (conv1) are about as large as those of the last (fc2).",
        ),
        ({"conv1": 0.0, "fc2": 0.04}, "All gradients of conv1 are 0: it does not learn from these digits."),
        ({"conv1": None, "fc2": 0.04}, "Only fc2 learns."),
    ],
)
def test_a_sentence_compares_the_first_stage_with_the_last(gradients: dict[str, float | None], said: str) -> None:
    assert describe_gradients([figures(*one) for one in gradients.items()]) == said


def test_all_charts_have_the_same_powers_of_ten_on_their_axis() -> None:
    stages = [
        StageCurves("conv1", [0.5, 1], [0.5, 0.6], [2e-5, 0.0]),
        StageCurves("fc1 · frozen", [0.5, 1], [30.0, 31.0], []),
    ]
    first, second = draw_stages(stages, x_end=2)
    for power in ("10²", "10⁰", "10⁻²", "10⁻⁴", "10⁻⁶"):
        assert f">{power}<" in first and f">{power}<" in second
    assert "gradients" in first and "gradients" not in second
    assert "nan" not in first + second


# On the page


def test_watch_shows_the_stages_only_when_chosen() -> None:
    learn(stages=True)
    app = open_as_ann("Watch")
    assert "gradients" not in text_of(app)
    app.checkbox(key="train stages").check()
    rerun(app)
    assert "The gradients of the first stage (conv1)" in text_of(app)
    assert all(f"<b>{stage}" in text_of(app) for stage in ("conv1", "fc1", "fc2"))
    assert f"Medians over {DIGITS} test digits" in captions(app)


def test_the_choice_asks_a_training_that_runs_and_says_that_one_that_ended_recorded_nothing() -> None:
    job = learn(stages=False)
    app = open_as_ann("Watch")
    with running(job):
        app.checkbox(key="train stages").check()
        assert "The charts appear after the next batches." in captions(rerun(app))
    assert run_folders.read_request(job).stages
    run_folders.write_status(job, state="done")
    assert "This training recorded nothing about its stages." in captions(rerun(app))


def test_damaged_figures_are_a_sentence() -> None:
    job = learn(stages=True)
    last = run_folders.read_steps(job.id)[-1]
    run_folders.append_step(job, {**last, "stages": [{"stage": "conv1"}]})
    assert "The records of this run are damaged" in text_of(open_as_ann("Watch"))
