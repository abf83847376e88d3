"""The page "Made digits": made digits, the quiz, the training of a generator, and the study of its discriminator."""

import io
from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.digits import datasets
from core.generation import generator_checkpoint
from core.generation.real_or_made import draw_round
from core.jobs import generator_job, run_folders
from core.studies.pretraining import STARTS
from core.studies.pretraining_record import STUDY
from core.studies.recorded import load_recorded
from core.visualization.generation import draw_pretraining, draw_samples, draw_walk
from core.zoo.checkpoints import load_classifier
from dashboard.made_digits import real_or_made_views, sampling_views
from dashboard.made_digits.frames import Interpolation, draw_recorded_training
from dashboard.made_digits.pretraining_views import to_curves, to_table
from tests.job_runs import ended
from tests.pages import captions, first_sentence, html, open_page, press, rerun, text_of

VIEWS = ("Make digits", "Real or made?", "Training", "Pretraining", "Background")
pytestmark = pytest.mark.usefixtures("runs")
ANN = "a" * 32
SETTINGS = {
    "config": {"epochs": 1, "batch": 50, "latent": 4, "width": 4, "discriminator": "small", "report_every": 2},
    "dataset": datasets.OFFLINE,
    "digits": 400,
}


def open_view(view: str) -> AppTest:
    return open_page("made_digits", state={"visitor": ANN, "made_digits view": view})


def sheet(app: AppTest) -> str:
    """Return the URL of the sheet of digits, which differs for other digits."""
    return next(html.proto.body for html in app.get("html") if "made digits" in html.proto.body)


# Drawn


def test_samples_stand_in_a_column_for_each_class():
    samples = np.repeat(np.linspace(0, 1, 10), 3)[:, None, None] * np.ones((30, 28, 28))
    sheet = draw_samples(samples, factor=1)
    assert sheet.shape == (3 * 30 + 2, 10 * 30 + 2)
    columns = [sheet[2:30, 2 + 30 * number : 30 + 30 * number] for number in range(10)]
    assert [int(cell[0, 0]) for cell in columns] == [round(255 * share) for share in np.linspace(0, 1, 10)]
    assert np.array_equal(sheet[2:30, 32:60], sheet[62:90, 32:60])


def test_the_mark_of_a_walk_goes_along_the_strip():
    stations = np.zeros((9, 28, 28))
    start, end = (draw_walk(np.ones((28, 28)), stations, share) for share in (0.0, 1.0))
    marks = [np.flatnonzero(sheet[-30] == 235) for sheet in (start, end)]
    assert marks[0][0] == 0 and marks[1][-1] == start.shape[1] - 1 and start.shape == end.shape


def test_a_walk_s_frames_say_what_is_read_on_the_way():
    walk = Interpolation(generator_checkpoint.load(), load_classifier("assignment"), (4, 9), (1, 2))
    frames = walk.frames()
    assert len(frames) == 61 and set(frames[0].values) == set(walk.look.colors) == {"read as 4", "read as 9"}
    assert frames[0].values["read as 4"] > 50 > frames[-1].values["read as 4"]
    assert "0 % of the way: read as 4" in frames[0].text and "100 % of the way: read as 9" in frames[-1].text
    same = Interpolation(walk.made, walk.reader, (4, 4), (1, 2))
    assert set(same.frames()[30].values) == set(same.look.colors) == {"read as 4"}


# Make digits


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_without_a_complaint(view: str):
    app = open_view(view)
    assert not app.error and not app.warning


def test_the_page_opens_with_made_digits_that_are_called_so():
    app = open_page("made_digits")
    said = captions(app)
    assert "**Made digits**: nobody wrote them." in said
    assert first_sentence(app).startswith("The assignment network reads 40 of all 40 made digits")
    assert "Of 10,000 made digits" in said and "MNIST" in said
    assert "only the class differs" in said


def test_new_ones_differ_and_a_class_can_be_asked_for():
    app = open_view("Make digits")
    first, second = sheet(app), sheet(press(app, "made new"))
    assert first != second
    app.segmented_control(key="made class").set_value("3")
    said = text_of(rerun(app))
    assert "of all 40 made digits as the intended class" in said and "only the class differs" not in said


def test_a_generator_without_labels_makes_forty_different_digits_and_is_not_asked_for_a_class():
    plain = {**SETTINGS, "config": {**SETTINGS["config"], "labelled": False}}
    asked = {
        "kind": generator_job.KIND,
        "title": "mine",
        "visitor": ANN,
        "threads": 1,
    }
    started = run_folders.create_job(settings=plain, **asked)
    for step in generator_job.run(plain, started.folder, run_folders.JobRequest):
        run_folders.append_step(started, asdict(step))
    run_folders.write_status(started, state="done")
    app = open_view("Make digits")
    app.selectbox(key="made source").set_value(started.id)
    assert "was trained without labels" in captions(rerun(app))
    assert not [one for one in app.selectbox if one.key == "made first"]
    images, _ = sampling_views._make_sheet(generator_checkpoint.load(started.folder), sampling_views.ALL)
    assert float(torch.pdist(images.flatten(1)).min()) > 0


def test_made_digits_stand_beside_the_nearest_real_ones_where_these_are_here():
    page = open_view("Make digits")
    page.toggle(key="made nearest").set_value(True)
    rerun(page)
    if datasets.is_available("MNIST"):
        assert html(page).count("<figure") == 10 and "real: training digit" in html(page)
        assert "The mean distance of these made digits from the nearest training digit" in text_of(page)
    else:
        assert "not on this computer" in page.info[-1].value


# Real or made?


def test_a_round_of_the_quiz_counts_what_was_right_and_shows_the_discriminator_s_own():
    app = open_view("Real or made?")
    quiz = app.session_state[real_or_made_views.QUIZ]
    questions = draw_round(generator_checkpoint.load(), datasets.load_or_offline().test, seed=quiz.seed)
    for number, question in enumerate(questions):
        assert f"Digit {number + 1} of 10" in text_of(app)
        right = number < 7
        press(app, "quiz made" if question.made == right else "quiz real")
    assert "You: 7 of 10 correct; the discriminator: " in text_of(app)
    assert html(app).count("you: ") == 10 and html(app).count(", wrong") == 3
    press(app, "quiz again")
    assert "Digit 1 of 10" in text_of(app) and app.session_state[real_or_made_views.QUIZ].rounds == [7]
    assert app.session_state[real_or_made_views.QUIZ].seed != quiz.seed


def test_the_quiz_says_which_digits_the_real_ones_are():
    app = open_view("Real or made?")
    name = datasets.load_or_offline().name
    assert f"test digits of {name}" in captions(app) and ("That is a clue" in captions(app)) == (name != "MNIST")


# Training


def test_the_shipped_generator_s_growth_is_recorded_from_noise_to_digits():
    made = generator_checkpoint.load()
    frames = draw_recorded_training(made)
    assert len(frames) == len(made.card.moments) >= 12
    assert frames[0].text.startswith("Epoch 1, batch ") and "Losses: generator" in frames[-1].text
    assert Image.open(io.BytesIO(_png(frames[-1].picture))).size[0] > 500


def _png(sheet: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(sheet).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.slow
def test_v11_a_click_trains_a_generator_of_one_s_own_that_can_be_watched_and_used():
    app = open_view("Training")
    app.slider(key="made epochs").set_value(1)
    app.select_slider(key="made digits").set_value(1_000)
    app.select_slider(key="made latent").set_value(2)
    press(app, "made train")
    (started,) = run_folders.list_jobs(ANN)
    assert started.kind == generator_job.KIND and started.settings["digits"] == 1_000
    assert ended(started, 180).state == "done"
    again = open_view("Training")
    again.selectbox(key="made source").set_value(started.id)
    rerun(again)
    assert "Accuracy of the discriminator" in text_of(again)
    again.segmented_control(key="made_digits view").set_value("Make digits")
    assert "was trained on 1,000 digits of" in captions(rerun(again))


def test_a_training_that_is_refused_says_why(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(generator_job, "MAX_GENERATOR_EPOCHS", 0)
    app = press(open_view("Training"), "made train")
    assert "more than a job may take" in app.warning[0].value and not run_folders.list_jobs(ANN)


def test_a_run_that_is_done_can_be_deleted():
    asked = {
        "kind": generator_job.KIND,
        "title": "mine",
        "visitor": ANN,
        "threads": 1,
    }
    started = run_folders.create_job(settings=SETTINGS, **asked)
    run_folders.write_status(started, state="done")
    app = open_view("Training")
    app.selectbox(key="made source").set_value(started.id)
    press(rerun(app), "made delete")
    assert not run_folders.list_jobs(ANN) and not app.warning


# Pretraining


def test_v10_the_recorded_study_is_shown_with_its_command_and_its_reservations():
    record = load_recorded(STUDY)
    app = open_view("Pretraining")
    assert record["command"] in captions(app) and f"{record['seeds']} seeds" in captions(app)
    assert all(sentence in text_of(app) for sentence in record["conclusions"])
    lines = to_curves(record)
    assert "log scale" in draw_pretraining(lines).layout.yaxis.title.text
    assert len(lines) == 2 * len(STARTS) == len(to_table(record)) == len(draw_pretraining(lines).data)
    assert lines[0].errors[100] == pytest.approx(100 - record["rows"][0]["mean"])
