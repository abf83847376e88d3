"""The training of a generator as a job, and from the command line: it can be stopped, resumed and repeated."""

import json
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import pytest
import torch

from core import __main__ as command_line
from core.digits import datasets
from core.generation import generator_checkpoint, quality, training_pictures
from core.generation.config import GanConfig
from core.generation.dcgan import Gan, Generator
from core.generation.loop import train_gan
from core.jobs import control, generator_job, run_folders
from core.system.checkpoint_files import GENERATOR
from tests.job_runs import ended, own_runs, until

SETTINGS = {
    "config": {"epochs": 2, "batch": 50, "latent": 4, "width": 4, "discriminator": "small", "report_every": 1},
    "dataset": datasets.OFFLINE,
    "digits": 400,
}


@pytest.mark.slow
def test_v11_a_job_trains_it_and_keeps_generator_figures_and_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with own_runs(tmp_path, monkeypatch):
        started = control.submit(generator_job.KIND, "mine", SETTINGS, "a" * 32)
        assert ended(started, 120).state == "done"
        steps = run_folders.read_steps(started.id)
        assert [step["epoch"] for step in steps] == [1] * 8 + [2] * 8 and "samples" not in steps[0]
        made = generator_checkpoint.load(started.folder)
        assert made.card.epochs == 2 and made.card.dataset["digits"] == 400
        assert made.card.title == "mine" and len(training_pictures.list_pictures(started.folder)) == len(made.growth)
        whole = Gan(GanConfig(**SETTINGS["config"]))
        list(train_gan(whole, datasets.load(datasets.OFFLINE).train.first(400), GanConfig(**SETTINGS["config"])))
        weight = whole.average.stages.fc1.weight
        assert torch.equal(weight, made.generator.stages.fc1.weight)


def test_a_stopped_job_keeps_what_it_has_and_goes_on_to_the_same_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with own_runs(tmp_path, monkeypatch):
        asked = {
            "kind": generator_job.KIND,
            "title": "mine",
            "visitor": "",
            "threads": 1,
        }
        one, other = (run_folders.create_job(settings=SETTINGS, **asked) for _ in range(2))
        for started, count in ((one, None), (other, 11)):
            for step in islice(
                records := generator_job.run(SETTINGS, started.folder, lambda: run_folders.JobRequest()), count
            ):
                run_folders.append_step(started, asdict(step))
            records.close()
        assert generator_checkpoint.load_card(other.folder).epochs >= 1
        for step in generator_job.run(SETTINGS, other.folder, lambda: run_folders.JobRequest()):
            run_folders.append_step(other, asdict(step))
        first, second = generator_checkpoint.load(one.folder), generator_checkpoint.load(other.folder)
        assert torch.equal(first.growth, second.growth)
        assert torch.equal(first.generator.stages.up1.weight, second.generator.stages.up1.weight)
        assert [s["batch"] for s in run_folders.read_steps(one.id)] == [
            s["batch"] for s in run_folders.read_steps(other.id)
        ]


@pytest.mark.slow
def test_a_running_job_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with own_runs(tmp_path, monkeypatch):
        long = {**SETTINGS, "config": {**SETTINGS["config"], "epochs": 200}}
        started = control.submit(generator_job.KIND, "mine", long, "a" * 32)
        until(lambda: run_folders.read_steps(started.id), 180)
        control.stop(started.id)
        assert ended(started, 60).state == "stopped" and generator_checkpoint.load(started.folder).card.epochs < 200


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"config": {"epochs": 0}}, "at least 1"),
        ({"config": {"colour": 1}}, "cannot be read"),
        ({"dataset": "EMNIST balanced"}, "learns from"),
        ({"digits": 10}, "at least one batch"),
        ({"config": {"epochs": 31}, "digits": 60_000}, "more than a job may take"),
        ({"config": {"epochs": 30, "width": 256}, "digits": 60_000}, "would take too long"),
        ({"what": 1}, "cannot be read"),
    ],
)
def test_a_job_that_cannot_be_is_refused_in_a_sentence(changes: dict[str, object], says: str):
    with pytest.raises(ValueError, match=says):
        generator_job.check({**SETTINGS, **changes})


def test_jobs_start_takes_a_file_that_names_its_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "mine.json").write_text(
        json.dumps({"kind": generator_job.KIND, **SETTINGS, "dataset": "EMNIST balanced"})
    )
    with own_runs(tmp_path, monkeypatch):
        assert command_line.main(["jobs", "start", str(tmp_path / "mine.json")]) == 2
    assert "A generator learns from" in capsys.readouterr().err


def test_train_generator_makes_it_again_with_card_and_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(quality, "COUNT", 50)
    asked = ["train", GENERATOR, "--epochs", "1", "--dataset", datasets.OFFLINE, "--out", str(tmp_path), "--json"]
    assert command_line.main(asked) == 0
    said = json.loads(capsys.readouterr().out)
    made = generator_checkpoint.load(tmp_path)
    assert said["dataset"]["name"] == datasets.OFFLINE and said["measured"] == made.card.measured
    assert made.card.measured["digits"] == 50 and made.card.epochs == 1 and isinstance(made.generator, Generator)
