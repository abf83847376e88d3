"""What is known of a run in a few figures: of finished, running, failed and loaded ones."""

import json
from dataclasses import asdict

import pytest

from core.digits import datasets
from core.jobs import network_files, run_folders
from core.jobs.run_folders import Job, JobRequest
from core.jobs.run_overview import describe_run
from core.jobs.training_job import run
from core.training.loop import DivergedError
from core.zoo import checkpoints
from tests.tiny_training import TINY, train_here
from tests.train_page import ANN, SETTINGS

pytestmark = pytest.mark.usefixtures("runs")


def test_a_finished_training_says_what_learned_from_what_and_how_well_it_reads(job: Job) -> None:
    found, card = describe_run(job), checkpoints.load_card("network", job.folder)
    assert (found.state, found.dataset, found.digits, found.epochs) == ("done", datasets.OFFLINE, 1197, 2)
    assert found.network == "composed" and found.parameters == 4 * 26 + (4 * 144 + 1) * 20 + 21 * 10
    assert found.tested is not None and found.tested.digits == 400 and found.tested.accuracy == card.accuracies()
    assert found.attacked is None and found.seconds == run_folders.read_steps(job.id)[-1]["seconds"]


def test_a_training_with_attacks_is_tested_under_attack() -> None:
    found = describe_run(train_here(architecture=TINY.to_dict(), attack="fgsm", epsilon=0.1)).attacked
    assert found is not None and (found.digits, found.epsilon) == (300, 0.1)
    assert 0 <= found.accuracy["whole"] <= 100


def test_before_its_end_a_training_has_no_accuracy_but_the_epochs_so_far() -> None:
    job = run_folders.create_job(kind="train", title="mine", settings=SETTINGS, visitor=ANN, threads=1)
    assert describe_run(job).epochs is None and describe_run(job).network == "composed"
    step = {"epoch": 2, "batch": 3, "batches": 10, "seconds": 1.5}
    (job.folder / "steps.jsonl").write_text(json.dumps(step) + "\n" + '{"epoch": ')
    found = describe_run(job)
    assert (found.state, found.epochs, found.seconds, found.tested) == ("lost", 1, 1.5, None)


def test_one_that_diverged_or_did_not_learn_is_told_from_the_others(job: Job) -> None:
    card = checkpoints.load_card("network", job.folder)
    (job.folder / "network.json").write_text(json.dumps({**asdict(card), "validation_accuracy": 10.3}))
    assert describe_run(job).state == "not learned"
    settings = {**SETTINGS, "config": {**SETTINGS["config"], "optimizer": "sgd", "learning_rate": 1e5}}
    bad = run_folders.create_job(kind="train", title="bad", settings=settings, visitor=ANN, threads=1)
    with pytest.raises(DivergedError) as raised:
        list(run(settings, bad.folder, JobRequest))
    run_folders.write_status(bad, state="failed", message=str(raised.value))
    assert describe_run(bad).state == "diverged"


def test_a_loaded_network_is_called_so(job: Job) -> None:
    found = describe_run(network_files.import_network(network_files.export_network(job.folder), ANN))
    assert (found.state, found.dataset, found.tested, found.seconds) == ("loaded", datasets.OFFLINE, None, None)
    assert found.network == "composed"


@pytest.mark.parametrize("name", ["steps.jsonl", "network.json"])
def test_damaged_files_leave_gaps(job: Job, name: str) -> None:
    (job.folder / name).write_bytes(b"[1]\n")
    assert describe_run(job).network == "composed"
