"""The job "train": nothing is lost when it is killed, its network is an ordinary one, and what cannot be is refused."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from core.digits import datasets
from core.inversion.functions import Synergy
from core.jobs import control, run_folders, training_job
from core.jobs.run_folders import Job, read_steps
from core.jobs.training_job import check, prepare_network, read_plan
from core.networks.architectures import ARCHITECTURES, POOL, RELU, Architecture, conv
from core.networks.classifier import build
from core.networks.cost import check_training, count_cost
from core.networks.evaluation import COLUMNS, evaluate
from core.training.changes import TrainingChanges
from core.training.loop import DivergedError
from core.training.presets import PRESETS, Preset
from core.training.state import load_state
from core.zoo import checkpoints
from tests.job_runs import ended, kill, own_runs, until

TINY = Architecture("tiny", (conv(4, 5), POOL, RELU), hidden=(20,), dropout=0.5)
OFFLINE = {"architecture": TINY.to_dict(), "dataset": datasets.OFFLINE}
CONFIG = {"epochs": 3, "batch": 16, "report_every": 5, "learning_rate": 0.003, "optimizer": "adam"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of this test's runs."""
    with own_runs(tmp_path, monkeypatch) as runs_folder:
        yield runs_folder


def learn(visitor: str = "ann", config: dict | None = None, **settings) -> Job:
    asked = {**OFFLINE, "config": {**CONFIG, **(config or {})}, **settings}
    return control.submit("train", "A network", asked, visitor)


def epoch_of(job: Job) -> int:
    return max((step["epoch"] for step in read_steps(job.id)), default=0)


def network_of(job: Job) -> bytes:
    return (job.folder / "network.safetensors").read_bytes()


@pytest.mark.slow
@pytest.mark.mnist
def test_a_killed_training_loses_one_epoch_at_most_and_ends_bit_by_bit_like_an_uninterrupted_one(monkeypatch):
    """On real digits, with dropout and Adam, killed twice in the middle of an epoch."""
    monkeypatch.setenv("NEGATIVE_SPACE_JOBS", "2")
    settings = {"dataset": "MNIST", "share": 0.05, "config": {"epochs": 3, "learning_rate": 0.002}}
    killed, whole = learn("ann", **settings), learn("bob", **settings)
    for epoch in (2, 3):
        until(lambda epoch=epoch: epoch_of(killed) >= epoch)
        kill(killed)
        reached = epoch_of(killed)
        assert run_folders.read_status(killed).state == "lost"
        assert load_state(killed.folder / "state.safetensors").epoch >= reached - 1
        control.resume(killed.id)
    for job in (killed, whole):
        assert ended(job, 120).state == "done"
    assert network_of(killed) == network_of(whole)
    records = [[{**step, "seconds": 0} for step in read_steps(job.id)] for job in (killed, whole)]
    assert records[0] == records[1] and len(records[0]) == 3 * 32
    cards = [checkpoints.load_card("network", job.folder) for job in (killed, whole)]
    assert cards[0] == cards[1]


@pytest.mark.slow
def test_a_done_training_is_an_ordinary_checkpoint_that_another_can_start_from():
    job = learn(config={"epochs": 2})
    assert ended(job).state == "done"
    card = checkpoints.load_card("network", job.folder)
    network = checkpoints.load_classifier("network", job.folder)
    offline = datasets.load(datasets.OFFLINE)
    assert card.title == "A network" and card.epochs == 2 and card.recipe == job.settings
    assert card.dataset["digits"] == len(offline.train) == datasets.count_training_digits(datasets.OFFLINE)
    assert tuple(card.accuracies()) == COLUMNS
    assert card.accuracies()["whole"] == pytest.approx(evaluate(network, offline.test), abs=0.01)
    assert card.validation_accuracy == evaluate(network, offline.validation) > 30
    refined = prepare_network(read_plan({"start": job.id, "dataset": datasets.OFFLINE}))
    assert torch.equal(refined.features.conv1.weight, network.features.conv1.weight)
    assert all(parameter.requires_grad for parameter in refined.parameters())


def test_stop_keeps_what_was_learned_and_the_rate_can_be_changed_before():
    job = learn(config={"epochs": 500})
    until(lambda: epoch_of(job) >= 2)
    control.change(job.id, TrainingChanges(learning_rate=0.002))
    until(lambda: read_steps(job.id)[-1]["learning_rate"] == 0.002)
    control.stop(job.id)
    assert ended(job).state == "stopped"
    card = checkpoints.load_card("network", job.folder)
    assert 1 <= card.epochs >= epoch_of(job) - 1 and card.accuracies()["whole"] > 30
    checkpoints.load_classifier("network", job.folder)


def run_here(**asked) -> Job:
    """Do a job in this very process, as its worker would."""
    settings = {**OFFLINE, **asked, "config": {**CONFIG, **asked.get("config", {})}}
    job = run_folders.create_job(kind="train", title="", settings=settings, visitor="ann", threads=1)
    for step in training_job.run(job.settings, job.folder, lambda: run_folders.read_request(job)):
        run_folders.append_step(job, asdict(step))
    return job


def test_m16_two_heads_learn_together_and_come_back_as_synergy():
    job = run_here(inversion="both", config={"epochs": 1})
    card, network = (load("network", job.folder) for load in (checkpoints.load_card, checkpoints.load_classifier))
    assert card.omega == 1 and card.inversion == "both" and isinstance(network.head.synergy, Synergy)
    start = prepare_network(read_plan(job.settings))
    for name in ("first", "second"):
        before, after = (one.head.synergy.get_submodule(name).fc1.weight for one in (start, network))
        assert not torch.equal(before, after)
    first, second = (start.head.synergy.get_submodule(name).fc1.weight for name in ("first", "second"))
    assert not torch.equal(first, second), "two equal heads would stay equal"
    assert torch.equal(first, build(TINY, seed=42).head.fc1.weight)
    digits = datasets.load(datasets.OFFLINE).test
    assert card.accuracies()["whole"] == pytest.approx(evaluate(network, digits), abs=0.01)


def test_a_diverging_training_says_so_and_keeps_the_last_good_epoch():
    with pytest.raises(DivergedError, match="^Training diverged in epoch 1"):
        run_here(config={"learning_rate": 1e30, "optimizer": "sgd"})
    (job,) = run_folders.list_jobs()
    network = checkpoints.load_classifier("network", job.folder)
    assert torch.equal(network.head.fc1.weight, build(TINY, seed=42).head.fc1.weight)
    assert checkpoints.load_card("network", job.folder).epochs == 0


def test_a_training_that_is_resumed_does_again_what_it_had_not_finished():
    """Even at the very end, when only the figures of its card are left to do."""
    job = run_here(config={"epochs": 2})
    steps, network = read_steps(job.id), network_of(job)
    run_folders.append_step(job, {**steps[-1], "epoch": 3, "batch": 5})
    assert list(training_job.run(job.settings, job.folder, lambda: run_folders.read_request(job))) == []
    assert read_steps(job.id) == steps and network_of(job) == network


def test_records_too_many_to_keep_are_put_together(monkeypatch):
    monkeypatch.setattr(training_job, "MAX_RECORDS_PER_EPOCH", 10)
    job = run_here(config={"epochs": 1, "report_every": 1})
    assert [step["batch"] for step in read_steps(job.id)] == [*range(8, 75, 8), 75]


# What is trained


def plan(**settings):
    return prepare_network(read_plan({"architecture": ARCHITECTURES["small, batch norm"].to_dict(), **settings}))


def learning(network: torch.nn.Module) -> set[str]:
    return {name.rpartition(".")[0] for name, parameter in network.named_parameters() if parameter.requires_grad}


def test_x2_any_stages_can_be_frozen():
    stages = learning(plan())
    assert learning(plan(frozen=["conv1", "norm1"])) == stages - {"features.conv1", "features.norm1"}
    assert learning(plan(frozen=True)) == learning(plan(frozen=["features"])) == {s for s in stages if "head." in s}
    assert learning(plan(frozen=False)) == stages


def test_m10_any_stages_can_be_drawn_anew():
    before, after = plan().state_dict(), plan(reset=["conv1"]).state_dict()
    assert {name for name in before if not torch.equal(before[name], after[name])} == {
        "features.conv1.weight",
        "features.conv1.bias",
    }
    assert not torch.equal(plan(reset=["head"]).head.fc1.weight, plan().head.fc1.weight)
    assert torch.equal(plan(reset=["head"]).head.fc1.weight, plan(reset=["head"]).head.fc1.weight)


def test_x1_a_shipped_network_is_where_one_can_start():
    network = prepare_network(read_plan({"start": "missing-feature"}))
    shipped = checkpoints.load_classifier("missing-feature")
    assert network.inversion.name == "complement" and torch.equal(network.head.fc1.weight, shipped.head.fc1.weight)
    assert (
        prepare_network(read_plan({"start": "missing-feature", "inversion": "negative"})).inversion.name == "negative"
    )


def test_x2_a_head_for_other_classes_replaces_one_that_is_reset():
    network = prepare_network(
        read_plan({"start": "standard", "reset": ["head"], "dataset": "EMNIST balanced"}), classes=47
    )
    assert network.head.fc2.out_features == 47
    assert torch.equal(network.features.conv1.weight, checkpoints.load_classifier("standard").features.conv1.weight)


# What cannot be


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dataset": "digits"}, "There is no set named 'digits'"),
        ({"share": 0}, "The share of the digits must be above 0 and at most 1, not 0."),
        ({"share": 1.5}, "The share of the digits must be above 0 and at most 1, not 1.5."),
        ({"config": {"epochs": 4000}}, "4000 epochs of 1,197 digits are more than a job may take"),
        ({"config": {"learning_rate": 0}}, "The learning rate must be a number above 0, not 0."),
        ({"config": {"speed": 1}}, "These settings of a training cannot be read: "),
        ({"color": "red"}, "These settings of a training cannot be read: "),
        ({"architecture": {"name": "none"}}, "These settings of a training cannot be read: "),
        ({"architecture": None}, "Name an architecture to build, or a network to start from."),
        ({"start": "nobody"}, "There is no network called 'nobody'."),
        ({"start": "../standard"}, "'../standard' is no name of a network"),
        ({"start": "synergy"}, "'synergy' sums two heads: start from one of its networks instead."),
        ({"config": {"alternate": ["identity", "both"]}}, "(x, 1 - x) is read by two heads, so it cannot alternate"),
        ({"inversion": "both", "config": {"alternate": ["identity"]}}, "(x, 1 - x) is read by two heads, so it cannot"),
        ({"inversion": "both", "frozen": ["fc1"]}, "With two heads, freeze or reset the whole head, not fc1 alone."),
        ({"inversion": "both", "reset": ["fc1"]}, "With two heads, freeze or reset the whole head, not fc1 alone."),
        ({"inversion": "mirror"}, "There is no inversion called 'mirror'"),
        ({"config": {"batch": 60_000}}, "A batch of 60,000 is larger than the 1,197 training digits."),
        ({"config": {"seed": 10**30}}, "A seed must be a whole number from 0 to "),
        ({"seed": -1}, "A seed must be a whole number from 0 to "),
        ({"seed": True}, "These settings of a training cannot be read: The setting 'seed' cannot be 'True'."),
        ({"frozen": [3]}, "These settings of a training cannot be read: The setting 'frozen' cannot be '3'."),
        ({"frozen": ["conv9"]}, "This network has no stage called 'conv9'; it has features, inversion, head, "),
        ({"architecture": Architecture("big", (conv(4, 29),)).to_dict()}, "Stage 1"),
    ],
)
def test_a_training_that_cannot_be_is_one_sentence_and_no_job(changes, said):
    with pytest.raises(ValueError) as refused:
        learn(**changes)
    assert str(refused.value).startswith(said) and str(refused.value).count("\n") == 0
    assert run_folders.list_jobs() == []


def test_a_batch_that_does_not_fit_into_memory_is_one_sentence_that_says_what_would():
    settings = {"architecture": ARCHITECTURES["64 filters"].to_dict(), "config": {"batch": 50_000, "epochs": 1}}
    with pytest.raises(ValueError) as refused:
        check({**settings, "dataset": datasets.MADE_DIGITS, "share": 1.0, "config": {"batch": 20_000, "epochs": 1}})
    said = "A batch of 20,000 digits would keep 2,371,280,000 values at once; the limit is 100,000,000: "
    assert str(refused.value).startswith(f"{said}use a batch of at most 843, or fewer filters or units.")
    wide = {**settings, "architecture": ARCHITECTURES["one conv"].to_dict(), "config": {"batch": 64, "epochs": 1}}
    with pytest.raises(ValueError, match="^The frozen features of 20,000 digits would be 125,440,000 values"):
        check({**wide, "dataset": datasets.MADE_DIGITS, "frozen": True})


def test_a_training_that_takes_too_long_is_one_sentence_before_it_starts():
    large = {"architecture": ARCHITECTURES["64 filters, batch norm"].to_dict(), "dataset": datasets.MADE_DIGITS}
    check({**large, "config": {"epochs": 90, "batch": 64}})
    with pytest.raises(ValueError, match=r"^This training would take too long: 40,511 billion .* 40,000 billion\. "):
        check({**large, "config": {"epochs": 100, "batch": 64}})


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_every_preset_may_be_trained_on_all_of_mnist(preset: Preset):
    operations = count_cost(ARCHITECTURES[preset.architecture or "published"]).operations
    check_training(operations, preset.config.epochs * 60_000 * preset.config.work_per_digit)


def test_a_batch_larger_than_the_share_is_one_sentence_and_no_network():
    with pytest.raises(ValueError, match="^A batch of 64 is larger than the 12 training digits.$"):
        run_here(share=0.01, config={"batch": 64})
    (job,) = run_folders.list_jobs()
    assert not (job.folder / "network.json").exists()


def test_emnist_sizes_are_known_without_loading_it():
    with pytest.raises(ValueError, match="is not on this machine|200,000 digits are more than a job may take"):
        check({**OFFLINE, "dataset": "EMNIST digits", "config": {"epochs": 60}})
