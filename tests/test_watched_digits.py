"""What a network reads in ten test digits and in a visitor's digit while it learns: recorded, shown, and private."""

import io
import zipfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.digits import datasets
from core.jobs import network_files, run_folders, training_job
from core.jobs.run_folders import Job
from core.jobs.watched_digits import (
    FILE,
    MAX_READINGS,
    AnswerHistory,
    DigitReader,
    collect_answers,
    load_digit,
    to_file,
)
from core.networks.classifier import build
from core.training.loop import TrainStep
from core.visualization.training_answers import DigitAnswers, draw_answers
from core.zoo import checkpoints
from dashboard.server.scene import Scene
from dashboard.server.session import Session
from tests.pages import captions, html, press, rerun, text_of
from tests.sample_digits import made_digits
from tests.tiny_training import TINY
from tests.train_page import ANN, SETTINGS, only_job, open_as_ann, set_up

CLASSES = [str(digit) for digit in range(10)]
DIGIT = made_digits(8).images()[7, 0].numpy()
pytestmark = pytest.mark.usefixtures("runs")


def learn(files: dict[str, bytes]) -> Job:
    """Run Ann's training in this process, with these files in its folder."""
    asked = {"kind": "train", "title": "mine", "visitor": ANN, "threads": 1}
    job = run_folders.create_job(files=files, settings={**SETTINGS, "share": 0.25}, **asked)
    for step in training_job.run(job.settings, job.folder, lambda: run_folders.read_request(job)):
        run_folders.append_step(job, asdict(step))
    run_folders.write_status(job, state="done")
    return job


def history(*answers: int) -> AnswerHistory:
    """Return what was read in one digit, after every tenth batch of the first epoch."""
    percents = np.array([[[90 if label == read else 1 for label in range(10)]] for read in answers], np.uint8)
    return AnswerHistory(tuple((1, 10 * number) for number in range(1, len(answers) + 1)), percents)


def test_a_visitor_s_digit_and_ten_test_digits_are_read_with_the_network_as_it_is_then() -> None:
    job = learn(to_file(DIGIT))
    steps = run_folders.read_steps(job.id)
    assert all(step["answers"] is not None for step in steps if step["epoch"] == 1)
    network = checkpoints.load_classifier("network", job.folder)
    test = datasets.load(datasets.OFFLINE).test
    first = [test.labels.tolist().index(label) for label in range(10)]
    images = torch.cat([test.images(first), torch.from_numpy(DIGIT)[None, None]])
    with torch.no_grad():
        read = network(images).softmax(1).mul(100)
    assert abs(read - torch.tensor(steps[-1]["answers"])).max() <= 0.6  # rounded, and the digit to 8 bits


def test_a_training_learns_the_same_with_and_without_the_digit() -> None:
    watched, alone = learn(to_file(DIGIT)), learn({})
    weights = [(job.folder / "network.safetensors").read_bytes() for job in (watched, alone)]
    assert weights[0] == weights[1]
    assert len(run_folders.read_steps(alone.id)[-1]["answers"]) == 10


@pytest.mark.parametrize("epochs", [1, 3, 60])
def test_readings_are_many_in_the_first_epoch_and_bounded_in_all(tmp_path: Path, epochs: int) -> None:
    reader, network = DigitReader(tmp_path, made_digits(20), epochs=epochs), build(TINY).eval()
    steps = [TrainStep(1 + number // 100, 1 + number % 100, 100, 1.0, 50.0, 1.0, 0.1) for number in range(100 * epochs)]
    read = [step.epoch for step in steps if reader.read(network, step).answers]
    assert read.count(1) == 100
    assert len(read) <= MAX_READINGS + 2 * epochs and set(read) == set(range(1, epochs + 1))


def test_a_network_that_computes_no_numbers_has_no_answer_but_no_error_either(tmp_path: Path) -> None:
    network = build(TINY).eval()
    torch.nn.init.constant_(network.head.fc1.weight, float("nan"))
    step = DigitReader(tmp_path, made_digits(20), epochs=1).read(network, TrainStep(1, 1, 9, 1.0, 5.0, 1.0, 0.1))
    assert step.answers is not None and step.answers[0] == (0,) * 10


@pytest.mark.parametrize(
    "answers, said",
    [
        ((7, 7), "as 7 from the start"),
        ((1, 1, 7, 7), "as 1 until batch 20 of epoch 1, and as 7 since"),
        ((7, 1, 7), "as 1 until batch 20 of epoch 1, and as 7 since; its answer changed 2 times"),
    ],
)
def test_a_sentence_says_when_the_answer_changed(answers: tuple[int, ...], said: str) -> None:
    assert history(*answers).describe_change(-1, CLASSES) == said


@pytest.mark.parametrize(
    "answers", [[[101] + [0] * 9], [[-1] + [0] * 9], [[50, 50]], [[10] * 10, [10] * 9], [[]], [[[10] * 10]]]
)
def test_damaged_answers_are_a_sentence(answers: object) -> None:
    with pytest.raises(ValueError, match=r"^The answers in the records of this training are damaged\.$"):
        collect_answers([{"epoch": 1, "batch": 1, "answers": answers}], 10)


def test_a_digit_is_stored_as_784_bytes_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    assert load_digit(tmp_path) is None
    (tmp_path / FILE).write_bytes(to_file(DIGIT)[FILE])
    stored = load_digit(tmp_path)
    assert stored is not None and np.abs(stored - DIGIT).max() <= 0.5 / 255 + 1e-6
    (tmp_path / FILE).write_bytes(b"x" * 783)
    assert load_digit(tmp_path) is None


def test_the_digit_is_in_no_download_and_is_deleted_with_the_run() -> None:
    job = learn(to_file(DIGIT))
    with zipfile.ZipFile(io.BytesIO(network_files.export_network(job.folder))) as archive:
        assert set(archive.namelist()) == {"network.json", "network.safetensors"}
    assert (job.folder / FILE).exists() and job.folder.stat().st_mode & 0o777 == 0o700
    run_folders.remove(job.id)
    assert not list(run_folders.runs_folder().rglob(FILE))


# The figure


def test_the_figure_shows_at_most_ten_classes_and_no_epochs_too_close_to_each_other() -> None:
    percents = np.zeros((40, 47), np.uint8)
    percents[:, 12], percents[:20, 3] = 60, 80
    shown = draw_answers(
        DigitAnswers(DIGIT, percents),
        [DigitAnswers(DIGIT, percents, 12)],
        [f"class {number}" for number in range(47)],
        [1] * 20 + [2] * 2 + [3] * 18,
    )
    assert shown.count("<li>class ") == 10 and "<li>class 3<" in shown and "<li>class 12<" in shown
    assert "epoch 1" in shown and "epoch 2" in shown and "epoch 3" not in shown
    assert '<b class="ns-right">class 12</b>' in shown
    wrong = DigitAnswers(DIGIT, percents, 3)
    assert '<b class="ns-wrong">2</b>' in draw_answers(None, [wrong], CLASSES * 5, [1] * 40)


# On the page


def test_watch_says_how_the_network_reads_your_digit() -> None:
    job = learn(to_file(DIGIT))
    app = open_as_ann("Watch")
    now = np.argmax(run_folders.read_steps(job.id)[-1]["answers"][-1])
    assert "**It read your digit as " in text_of(app) and f"as {now} " in text_of(app)
    assert 'alt="Your digit"' in html(app) and html(app).count('alt="A test digit') == 10
    assert "Your digit: the brighter a square" in captions(app)


def test_watch_shows_the_test_digits_of_a_training_without_a_digit_and_damage_is_a_sentence() -> None:
    job = learn({})
    app = open_as_ann("Watch")
    assert "It read your digit" not in text_of(app) and html(app).count('alt="A test digit') == 10
    last = run_folders.read_steps(job.id)[-1]
    run_folders.append_step(job, {**last, "answers": [[10] * 9]})
    assert "The answers in the records of this training are damaged." in text_of(open_as_ann("Watch"))


def test_the_digit_on_which_one_works_is_given_to_the_training_without_what_is_erased() -> None:
    kept = np.ones((28, 28), np.bool_)
    kept[:14] = False
    session = Session(scene=replace(Scene(), drawn=DIGIT, mask=kept))
    app = set_up(ANN)
    assert "Draw a digit on the page *Draw · Erase · Compare* first" in captions(app)
    assert "Open *Draw · Erase · Compare*" in [link.proto.label for link in app.get("page_link")]
    app.session_state["session"] = session
    assert "the network also reads your digit" in captions(rerun(app))
    press(app, "train go")
    stored = load_digit(only_job().folder)
    assert stored is not None and not stored[:14].any() and np.abs(stored[14:] - DIGIT[14:]).max() < 0.01
