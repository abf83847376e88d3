"""What is changed while a network learns: when it holds, what it does, and that a resumed training repeats it."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from core.jobs import control, run_folders, training_job
from core.jobs.run_folders import Job, JobError
from core.jobs.training_changes import AppliedChange, ChangeLog, load_changes
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.training.changes import TrainingChanges
from core.training.config import TrainConfig
from core.training.loop import TrainStep, train
from core.training.state import TrainState
from core.zoo import checkpoints
from dashboard.train import change_views
from tests.job_runs import ended, reach, until
from tests.pages import press, rerun, text_of
from tests.short_trainings import DIGITS, HELD_OUT, equal, lookup
from tests.train_page import ANN, SETTINGS, open_as_ann

pytestmark = pytest.mark.usefixtures("runs")
CONFIG = TrainConfig(epochs=3, batch=20, report_every=2, momentum=0.5)  # three records an epoch, of 2, 2 and 1 batches
AT = (2, 2)  # the second record of the second epoch
CHANGES = {
    "learning rate": TrainingChanges(learning_rate=0.1),
    "momentum": TrainingChanges(momentum=0.9),
    "batch": TrainingChanges(batch=10),
    "L2": TrainingChanges(l2=0.1),
    "penalty": TrainingChanges(penalty=0.1),
    "dropout": TrainingChanges(dropout=0.9),
    "frozen": TrainingChanges(frozen=("conv1",)),
    "frozen features": TrainingChanges(frozen=("features",)),
    "several": TrainingChanges(momentum=0.0, batch=25, dropout=0.0, frozen=("conv2", "fc1")),
}


def learn(
    changed: dict[tuple[int, int], TrainingChanges],
    state: TrainState | None = None,
    records: int = 99,
    **settings: object,
) -> tuple[Classifier, list[TrainStep]]:
    """Train a network with dropout; `changed` is what holds from an epoch and batch on."""
    network = build(ARCHITECTURES["talk"])
    steps = train(network, DIGITS, HELD_OUT, replace(CONFIG, **settings), state=state, changes=lookup(changed))
    taken = list(islice(steps, records))
    steps.close()
    return network, taken


def figures(steps: list[TrainStep]) -> list[tuple[object, ...]]:
    return [(step.epoch, step.batch, step.batches, step.loss, step.validation_loss) for step in steps]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_training_that_is_resumed_after_a_change_learns_the_same_bit_by_bit(name: str, optimizer: str) -> None:
    changed = {AT: CHANGES[name], (3, 2): replace(CHANGES[name], frozen=None, l2=0.01)}
    whole, expected = learn(changed, optimizer=optimizer)
    for records in (4, 6, 7):
        state = TrainState()
        learn(changed, state, records, optimizer=optimizer)
        resumed, rest = learn(changed, TrainState(state.epoch, state.seconds, state.tensors), optimizer=optimizer)
        assert equal(resumed.state_dict(), whole.state_dict())
        assert figures(rest) == figures(expected[-len(rest) :])


@pytest.mark.parametrize("name", sorted(set(CHANGES) - {"several"}))
def test_every_change_changes_what_is_learned_from_then_on_and_nothing_before(name: str) -> None:
    _, plain = learn({})
    _, changed = learn({AT: CHANGES[name]})
    before = 6 if {"batch", "frozen"} & CHANGES[name].list_set().keys() else 4  # these wait for the next epoch
    assert figures(changed[:before]) == figures(plain[:before])
    assert figures(changed[before : before + 2]) != figures(plain[before : before + 2])


def test_a_change_back_is_a_training_as_it_was_set_up() -> None:
    network, steps = learn({(1, 0): CHANGES["several"], (2, 0): TrainingChanges()})
    assert [step.batches for step in steps if step.epoch > 1] == [5] * 6
    frozen = [parameter.requires_grad for parameter in network.parameters()]
    assert all(frozen) and {one.p for one in network.modules() if isinstance(one, torch.nn.Dropout)} == {0.5}


def test_smaller_batches_make_no_more_records() -> None:
    _, steps = learn({(2, 0): TrainingChanges(batch=1)})
    assert [(step.batch, step.batches) for step in steps[3:6]] == [(40, 100), (80, 100), (100, 100)]


def test_a_change_at_once_is_the_same_as_to_set_it_up_so() -> None:
    changes = TrainingChanges(learning_rate=0.05, momentum=0.8, batch=25, l2=0.01, penalty=0.001)
    changed, _ = learn({(1, 0): changes})
    set_up, _ = learn({}, **changes.list_set())
    assert equal(changed.state_dict(), set_up.state_dict())


@pytest.mark.parametrize("stage", ["conv2", "features", "head"])
def test_a_frozen_stage_does_not_change_until_it_learns_again(stage: str) -> None:
    weights = []

    def note(epoch: int, batch: int) -> TrainingChanges:
        weights.append({name: weight.clone() for name, weight in network.named_parameters()})
        return TrainingChanges(frozen=(stage,)) if epoch == 2 else TrainingChanges()

    network = build(ARCHITECTURES["talk"])
    list(train(network, DIGITS, HELD_OUT, CONFIG, changes=note))
    after_first, after_second, end = weights[3], weights[6], dict(network.named_parameters())
    for name in end:
        frozen = stage in name.split(".")
        assert torch.equal(after_first[name], after_second[name]) == frozen, name
        assert not torch.equal(after_second[name], end[name]), name


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"learning_rate": 0.0}, "The learning rate must be a number above 0, not 0.0."),
        ({"momentum": 1.0}, "The momentum must be a number from 0 up to 1, not 1.0."),
        ({"dropout": float("nan")}, "The dropout must be a number from 0 up to 1, not nan."),
        ({"l2": -1.0}, "The L2 strength must be 0 or more, not -1.0."),
        ({"penalty": float("inf")}, "The penalty strength must be 0 or more, not inf."),
        ({"batch": 0}, "Batch must be at least 1, not 0."),
    ],
)
def test_changes_that_cannot_be_are_one_sentence(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError) as refused:
        TrainingChanges(**settings)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    "changes, said",
    [
        (TrainingChanges(batch=10**6), "A batch of 1,000,000 is larger than"),
        (TrainingChanges(frozen=("features", "head")), "All layers would be frozen"),
        (TrainingChanges(frozen=("conv9",)), "This network has no stage called 'conv9'"),
    ],
)
def test_changes_that_do_not_fit_a_training_are_refused(changes: TrainingChanges, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        training_job.check_changes(SETTINGS, changes)


# In a run folder


def test_the_log_gives_the_same_changes_again_until_there_is_a_new_request(tmp_path: Path) -> None:
    asked = TrainingChanges()
    log = ChangeLog(tmp_path, lambda: asked)
    assert log.find(1, 0) == TrainingChanges() and load_changes(tmp_path) == () and log.to_recipe() == {}
    asked = TrainingChanges(momentum=0.9)
    assert log.find(2, 10) == asked
    again = ChangeLog(tmp_path, lambda: asked)
    assert again.find(2, 0) == TrainingChanges() and again.find(2, 9) == TrainingChanges()
    assert again.find(2, 10) == asked == again.find(3, 0)
    asked = TrainingChanges(l2=0.1)
    newer = ChangeLog(tmp_path, lambda: asked)
    assert newer.find(2, 0) == asked, "what was changed later in this epoch has not come again yet"
    assert load_changes(tmp_path) == (AppliedChange(2, 0, asked),)


def run_here(job: Job, records: int = 10**6) -> None:
    """Run a job in this process until it has so many new records, as if it were killed then."""
    steps = training_job.run(job.settings, job.folder, lambda: run_folders.read_request(job))
    for step in islice(steps, records):
        run_folders.append_step(job, asdict(step))


def new_job(**settings: object) -> Job:
    asked = {"kind": "train", "title": "mine", "visitor": ANN, "threads": 1}
    return run_folders.create_job(settings={**SETTINGS, "share": 0.25, **settings}, **asked)


def steps_of(job: Job) -> list[dict[str, object]]:
    return [{**step, "seconds": 0} for step in run_folders.read_steps(job.id)]


@pytest.fixture
def changed_job() -> Iterator[Job]:
    """A training whose momentum and frozen layers were changed in its second epoch, which was interrupted later."""
    job = new_job(config={**SETTINGS["config"], "optimizer": "sgd", "learning_rate": 0.05})
    first = training_job.run(job.settings, job.folder, lambda: run_folders.read_request(job))
    for step in first:
        run_folders.append_step(job, asdict(step))
        if step.epoch == 2 and step.batch == 3:
            run_folders.write_request(job, changes=TrainingChanges(momentum=0.9))
        if step.epoch == 2 and step.batch == 6:
            break
    first.close()
    yield job


def test_an_interrupted_job_repeats_its_changes_and_its_card_says_them(changed_job: Job) -> None:
    before = steps_of(changed_job)
    run_here(changed_job)
    assert steps_of(changed_job)[: len(before)] == before
    (change,) = load_changes(changed_job.folder)
    assert change == AppliedChange(2, 3, TrainingChanges(momentum=0.9))
    card = checkpoints.load_card("network", changed_job.folder)
    assert card.recipe["changes"] == [asdict(change)] and card.recipe["dataset"] == SETTINGS["dataset"]
    assert change_views.describe(change, TrainingChanges()) == "From batch 4 of epoch 2: momentum 0.9."


def test_only_trainings_can_be_changed() -> None:
    asked = {"kind": "study", "title": "", "visitor": ANN, "threads": 1}
    job = run_folders.create_job(settings={}, **asked)
    with pytest.raises(JobError, match=r"^The settings of this job cannot be changed\.$"):
        control.change(job.id, TrainingChanges(momentum=0.9))


# On the page


@pytest.mark.slow
def test_settings_are_changed_on_the_page_and_listed_there() -> None:
    job = control.submit("train", "mine", {**SETTINGS, "config": {"epochs": 3000, "batch": 16}}, ANN)
    until(lambda: len(run_folders.read_steps(job.id)) > 10)
    app = open_as_ann("Watch")
    app.number_input(key=f"change momentum {job.id}").set_value(0.8)
    app.number_input(key=f"change batch {job.id}").set_value(32)
    app.multiselect(key=f"change frozen {job.id}").set_value(["features"])
    press(app, "apply changes")
    asked = TrainingChanges(momentum=0.8, batch=32, frozen=("features",))
    assert run_folders.read_request(job).changes == asked
    until(lambda: load_changes(job.folder))
    shown = text_of(rerun(app))
    assert "**Changed while it learned**" in shown and "momentum 0.8, batch size 32" in shown
    batches = run_folders.read_steps(job.id)[0]["batches"]
    until(lambda: run_folders.read_steps(job.id)[-1]["batches"] == -(-batches // 2))
    app.number_input(key=f"change momentum {job.id}").set_value(1.5)
    press(app, "apply changes")
    assert "The momentum must be a number from 0 up to 1, not 1.5." in text_of(app)
    assert run_folders.read_request(job).changes == asked
    reach(job, "running")
    control.stop(job.id)
    assert ended(job, 120).state == "stopped"


@pytest.mark.parametrize(
    "change, before, said",
    [
        (
            AppliedChange(1, 0, TrainingChanges(batch=32, frozen=())),
            TrainingChanges(),
            "From batch 1 of epoch 1: batch size 32, frozen layers none.",
        ),
        (
            AppliedChange(1, 7, TrainingChanges(frozen=("features", "fc1"))),
            TrainingChanges(batch=32),
            "From batch 8 of epoch 1: batch size as set up (from epoch 2), frozen layers all convolutions, fc1 (from "
            "epoch 2).",
        ),
    ],
)
def test_a_change_is_described_in_a_sentence(change: AppliedChange, before: TrainingChanges, said: str) -> None:
    assert change_views.describe(change, before) == said
