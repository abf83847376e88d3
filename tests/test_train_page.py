"""The page "Train" under AppTest: real worker processes train on the offline digits, in a folder of the test."""

import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.digits import datasets
from core.jobs import control, network_files, queue, run_folders, trained_networks
from core.jobs.run_folders import Job
from core.jobs.watched_digits import WatchedStep
from core.networks.architectures import ARCHITECTURES
from core.networks.cost import count_cost
from core.training.changes import TrainingChanges
from core.training.loop import DIVERGED
from core.zoo import checkpoints
from dashboard.server import caches
from dashboard.train import cached, compare_views
from dashboard.train.recorded import RECORDED_GROWTH, recorded_trainings
from dashboard.widgets.cached import load_recorded
from tests.job_runs import ended, reach, until
from tests.pages import captions, go_to, html, open_page, press, rerun, text_of
from tests.tiny_training import TINY, train_here
from tests.train_page import ANN, only_job, open_as_ann, set_up, show_view

pytestmark = pytest.mark.usefixtures("runs")


@pytest.mark.parametrize("view, charts", [("Watch", 0), ("Result", 1), ("Compare", 1)])
def test_before_a_training_of_one_s_own_a_recorded_one_is_shown_and_labelled(view: str, charts: int) -> None:
    app = open_page("train", view=view)
    assert "**A recorded example, not yours**: *with convolutions*" in text_of(app)
    assert len(app.get("plotly_chart")) == charts
    assert ("Loss (cross-entropy)" in text_of(app)) == (view != "Compare")
    if view == "Compare":
        assert re.search(r"With(out)? convolutions has the highest validation accuracy on MNIST: 9\d", text_of(app))


def test_a_recorded_training_is_whole() -> None:
    first, second = recorded_trainings()
    for training in (first, second):
        confusion = np.array(training["confusion"])
        assert confusion.shape == (10, 10) and confusion.sum() == 10_000
        assert 100 * np.trace(confusion) / 10_000 == pytest.approx(training["accuracy"])
        assert training["steps"][-1]["epoch"] == training["epochs"]
    growth = load_recorded(RECORDED_GROWTH)
    assert (
        growth is not None
        and len(growth.frames) > 20
        and len(growth.frames[0].labels) == 10
        and growth.frames[0].shape[2:] == (3,)
    )


def test_a_running_training_is_in_sight_when_the_page_is_opened_anew(job: Job) -> None:
    app = set_up(ANN, epochs=3000)
    press(app, "train go")
    running = run_folders.list_jobs()[0]
    reach(running, "running")
    app = open_as_ann()
    assert f"**{running.title}** is training." in text_of(app)
    press(app, "to watch")
    assert app.session_state["train view"] == "Watch" and app.session_state["train job"] == running.id


def test_a_running_training_is_in_sight_in_the_frame_of_every_page_until_it_has_ended() -> None:
    app = set_up(ANN, epochs=3000)
    press(app, "train go")
    running = only_job()
    until(lambda: len(run_folders.read_steps(running.id)) > 100)
    for page in ("compare", "glossary"):
        (link,) = running_links(open_page(page, state={"visitor": ANN}))
        assert re.fullmatch(r"my own network is training, \d+ epochs? finished", link.label)
        assert link.page == "train" and link.query_string == "view=Watch"
        assert not running_links(open_page(page, state={"visitor": "b" * 32})), "others do not see it"
    control.stop(running.id)
    ended(running)
    assert not running_links(open_page("glossary", state={"visitor": ANN}))


def running_links(app: AppTest) -> list[Any]:
    """Return the links to this visitor's active jobs."""
    links = [element.proto for element in app.get("page_link")]
    return [link for link in links if link.icon == ":material/model_training:"]


def test_a_link_that_hides_the_views_is_no_dead_end(job: Job) -> None:
    app = open_page("train", state={"visitor": ANN}, hide="view", view="Watch")
    press(app, "to set-up")
    assert app.button(key="train go")


def test_only_runs_on_the_same_digits_are_compared(job: Job, runs: Path) -> None:
    other = runs / "20010101-000000-abcdef"
    shutil.copytree(job.folder, other)
    described = json.loads((other / "job.json").read_bytes())
    settings = {**described["settings"], "dataset": "MNIST"}
    (other / "job.json").write_text(json.dumps({**described, "id": other.name, "title": "other", "settings": settings}))
    app = open_as_ann("Compare")
    assert list(app.table[0].value.index) == ["mine"]
    assert "mine has the highest validation accuracy on offline" in text_of(app)
    app.segmented_control(key="train digits").set_value("MNIST")
    assert list(rerun(app).table[0].value.index) == ["other"] and "validation digits of MNIST" in captions(app)


def test_accuracies_on_other_validation_digits_stand_in_a_column_of_their_own_and_are_marked(
    job: Job, runs: Path
) -> None:
    other = runs / "20010101-000000-abcdef"
    shutil.copytree(job.folder, other)
    described = json.loads((other / "job.json").read_bytes())
    settings = {**described["settings"], "validation": 0.1}
    (other / "job.json").write_text(json.dumps({**described, "id": other.name, "title": "other", "settings": settings}))
    app = open_as_ann("Compare")
    table = app.table[0].value
    assert list(table["validation on a sixth"])[1] == list(table["validation on 10 %"])[0] == "–"
    said = text_of(app)
    assert "mine (validated on a sixth) has the highest validation accuracy on a sixth of offline digits" in said
    assert "other (validated on 10 %) has the highest validation accuracy on 10 % of offline digits" in said


def test_a_problem_is_named_with_a_button_that_opens_the_form_for_the_next_step(job: Job) -> None:
    described = json.loads((job.folder / "job.json").read_bytes())
    steps = [json.loads(line) for line in (job.folder / "steps.jsonl").read_text().splitlines()]
    weak = [json.dumps({**step, "accuracy": 80.0}) for step in steps]
    (job.folder / "steps.jsonl").write_text("\n".join(weak) + "\n")
    app = open_as_ann("Result")
    assert "it **underfits**" in text_of(app)
    press(app, "next step underfits")
    assert app.segmented_control(key="train view").value == "Set up"
    assert app.number_input(key="train epochs").value == 2 * described["settings"]["config"]["epochs"]
    assert app.number_input(key="train learning-rate").value == described["settings"]["config"]["learning_rate"]


def test_a_loaded_network_is_judged_without_a_button_as_no_training_of_it_is_known(job: Job) -> None:
    described = json.loads((job.folder / "job.json").read_bytes())
    (job.folder / "job.json").write_text(json.dumps({**described, "kind": "loaded"}))
    run_folders.write_status(job, state="failed", message=DIVERGED)
    app = open_as_ann("Result")
    assert "**diverged**" in text_of(app) and not [one for one in app.button if "next step" in (one.key or "")]


def test_a_training_that_diverged_is_shown_with_the_learning_rate_that_was_set_last(job: Job) -> None:
    run_folders.write_request(job, changes=TrainingChanges(learning_rate=7.0))
    run_folders.write_status(job, state="failed", message=DIVERGED)
    assert "Training **diverged** with a learning rate of 7:" in text_of(open_as_ann("Result"))


def test_chosen_runs_that_are_not_shown_are_counted(job: Job, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_views, "MAX_SHOWN", 1)
    other = runs / "20010101-000000-abcdef"
    shutil.copytree(job.folder, other)
    described = json.loads((other / "job.json").read_bytes())
    (other / "job.json").write_text(json.dumps({**described, "id": other.name, "title": "other"}))
    assert "Only the first 1 of the 2 chosen runs are shown." in captions(open_as_ann("Compare"))


def test_a_network_that_has_not_learned_is_marked_where_a_training_may_start_from_it(job: Job) -> None:
    card = checkpoints.load_card("network", job.folder)
    (job.folder / "network.json").write_text(json.dumps({**asdict(card), "validation_accuracy": 10.3}))
    caches._networks_of.clear()
    assert "mine (has not learned)" in open_as_ann().selectbox(key="train start").options


def test_a_network_that_has_not_learned_to_read_is_offered_nowhere_else(job: Job) -> None:
    card = checkpoints.load_card("network", job.folder)
    (job.folder / "network.json").write_text(json.dumps({**asdict(card), "validation_accuracy": 10.3}))
    caches._networks_of.clear()
    assert not caches._networks_of(ANN)
    assert "hardly more than guessing" in text_of(open_as_ann("Result"))


def test_a_network_that_learned_from_attacked_digits_is_tested_under_attack() -> None:
    attacked = train_here(architecture=TINY.to_dict(), attack="fgsm", epsilon=0.1)
    app = open_page("train", state={"visitor": attacked.visitor, "train view": "Result"})
    assert "under attack" in html(app) and "says nothing about overfitting" in text_of(app)
    assert "the first 300 test digits, each changed by up to 0.1 per pixel" in captions(app)


def test_two_networks_of_one_visitor_have_two_names(job: Job) -> None:
    exported = network_files.export_network(job.folder)
    titles = [network_files.import_network(exported, ANN).title for _ in range(2)]
    assert [job.title, *titles] == ["mine", "mine (2)", "mine (3)"]
    assert {card.title for card in trained_networks.list_networks(ANN).values()} == {"mine", "mine (2)", "mine (3)"}


# Watch


@pytest.mark.slow
def test_t1_a_training_is_watched_paused_slowed_down_and_stopped() -> None:
    app = press(set_up(epochs=3000), "train go")
    job = only_job()
    assert app.segmented_control(key="train view").value == "Watch" and job.title == "my own network"
    until(lambda: len(run_folders.read_steps(job.id)) > 100)
    rerun(app)
    shown = "".join(element.value for element in app.markdown)
    assert shown.count("<svg viewBox") == 2 and "validation" in shown and "digits per second" in html(app)
    press(app, "train pause")
    reach(job, "paused")
    assert "Paused." in rerun(app).info[0].value
    app.segmented_control(key="train view").set_value("Result")
    assert "Your network is not ready yet" in rerun(app).info[0].value
    app.segmented_control(key="train view").set_value("Watch")
    rerun(app)
    app.number_input(key=f"change learning_rate {job.id}").set_value(0.0005)
    press(app, "apply changes")
    press(app, "train pause")
    until(lambda: run_folders.read_steps(job.id)[-1]["learning_rate"] == 0.0005)
    press(app, "train stop")
    assert ended(job).state == "stopped"
    assert rerun(app).info[0].value == "The training was stopped. The network is saved."
    assert app.button(key="to result").proto.type == "primary" != app.button(key="train resume").proto.type
    assert "From left to right: the training so far." in captions(app) and "Your digit:" not in captions(app)
    assert {"train resume", "to result"} <= {button.key for button in app.button}
    run_folders.filter_steps(job, lambda step: step["validation_accuracy"] is None, WatchedStep)
    assert "not measured" in html(rerun(app)) and "after the first epoch" not in html(app)


def test_the_same_training_is_not_started_twice_and_the_next_waits_in_line() -> None:
    app = press(set_up(epochs=3000), "train go")
    press(show_view(app, "Set up"), "train go")
    first = only_job()
    show_view(app, "Set up").number_input(key="train epochs").set_value(2999)
    press(app, "train go")
    second = run_folders.list_jobs()[0]
    assert (first.title, second.title) == ("my own network", "my own network (2)")
    reach(first, "running")
    until(lambda: queue.waiting_jobs())
    assert "**number 1** in the queue" in rerun(app).info[0].value
    show_view(app, "Set up").number_input(key="train epochs").set_value(2998)
    press(app, "train go")
    assert app.warning[0].value == "You have 2 jobs already: wait until one has ended, or stop one."
    assert len(run_folders.list_jobs()) == 2


@pytest.mark.slow
def test_a_diverging_training_says_so_on_the_page() -> None:
    app = open_page("train")
    app.selectbox(key="train dataset").set_value(datasets.OFFLINE)
    app.selectbox(key="train optimizer").set_value("sgd")
    app.number_input(key="train learning-rate").set_value(1e30)
    press(rerun(app), "train go")
    assert ended(only_job()).state == "failed"
    assert "Training diverged in epoch 1" in rerun(app).warning[0].value
    assert app.number_input(key=f"slower {only_job().id}").value == 1e29
    app.number_input(key=f"slower {only_job().id}").set_value(0.01)
    press(app, "train resume")
    assert ended(only_job()).state == "done"
    assert {step["learning_rate"] for step in run_folders.read_steps(only_job().id)} == {0.01}


def test_the_pictures_of_a_training_grow_with_it(job: Job) -> None:
    app = open_as_ann("Watch")
    frames = cached.snapshot_frames(job.folder)
    assert frames[0].text.startswith("Before training") and frames[-1].text.startswith("Epoch 2,")
    sure = [int(re.search(r"(\d+) %", frame.text)[1]) for frame in (frames[0], frames[-1])]
    assert sure[0] < 20 < 30 < sure[1]
    assert 20 <= len(frames) <= 24 and len({frame.picture.shape for frame in frames}) == 1
    assert "filters of the first convolution (blue positive, red negative)" in captions(app)
    assert "feature maps of the 4 after the first convolution, then after the last one" in captions(app)


# Result


def test_t5_the_test_loss_stands_beside_the_accuracy_in_the_result_and_in_all_runs(job: Job) -> None:
    loss = checkpoints.load_card("network", job.folder).find_measurement("text").loss
    assert loss is not None and 0 < loss < 5
    found = html(press(open_as_ann("Watch"), "to result"))
    assert "test loss" in found and f"{loss:.4f}" in found
    assert open_as_ann("Runs").table[0].value["loss on 400 test digits of offline digits"].iloc[0] == f"{loss:.4f}"


def test_m16_two_heads_can_be_chosen_and_have_a_result_and_their_layers(runs: Path) -> None:
    app = open_page("train")
    app.selectbox(key="train preset").set_value("assignment: one conv")
    rerun(app)
    app.selectbox(key="train inversion").set_value("both")
    assert "Two heads learn together and are summed" in text_of(rerun(app)) and not app.warning
    one, two = (count_cost(ARCHITECTURES["one conv"], heads) for heads in (1, 2))
    assert f"{two.parameters:,}" in html(app) and f"{one.parameters:,}" not in html(app)
    assert f"takes {two.products:,} multiplications" in captions(app)
    job = train_here(architecture=TINY.to_dict(), inversion="both")
    app = open_page("train", state={"visitor": job.visitor, "train view": "Result"})
    assert "all 400 test digits" in text_of(app)
    app.segmented_control(key="train part").set_value("Layers")
    assert "Two heads are summed: one reads x, the other 1 − x." in captions(rerun(app)) and not app.warning


def test_t2_t3_t12_the_result_is_on_all_test_digits_with_a_grid_and_the_surest_mistakes(job: Job) -> None:
    app = press(open_as_ann("Watch"), "to result")
    offline = datasets.load(datasets.OFFLINE)
    accuracy = checkpoints.load_card("network", job.folder).accuracies()["whole"]
    assert f"{accuracy:.2f} %" in text_of(app) and f"all {len(offline.test)} test digits" in text_of(app)
    assert "% of new digits" in text_of(app)
    (link,) = (one.proto for one in app.get("page_link") if one.proto.label == "Use it on your digit")
    (name,) = caches._networks_of(ANN)
    assert link.page == "compare" and name in unquote(link.query_string)
    with_mine = open_page("compare", state={"visitor": ANN}, networks=f"standard,{name}")
    assert f"Draw a digit. Standard and {job.title} (yours) will read it." in html(with_mine)
    app.segmented_control(key="train part").set_value("Random digits")
    grid = html(rerun(app))
    assert grid.count("read as ") == 32 and grid.count("<img") == 32
    assert html(press(app, "others")) != grid
    app.segmented_control(key="train part").set_value("Mistakes")
    wrong = round(len(offline.test) * (100 - accuracy) / 100)
    assert f"**{wrong} of {len(offline.test)} test digits are read wrong**" in text_of(rerun(app))
    assert html(app).count("% sure") == min(48, wrong)
    for part in ("Confusion matrix", "Layers"):
        app.segmented_control(key="train part").set_value(part)
        rerun(app)
    assert "2 epochs on 1,197 digits of offline digits" in captions(app)


def test_t6_x3_runs_are_compared_by_time_and_accuracy(job: Job, runs: Path) -> None:
    other = runs / "20010101-000000-abcdef"
    shutil.copytree(job.folder, other)
    described = json.loads((other / "job.json").read_bytes())
    settings = {**described["settings"], "start": "standard", "frozen": ["features"]}
    (other / "job.json").write_text(json.dumps({**described, "id": other.name, "title": "other", "settings": settings}))
    app = open_as_ann("Compare")
    table = app.table[0].value
    assert dict(table["starts from"]) == {"mine": "scratch", "other": "trained, frozen"}
    last = [step for step in run_folders.read_steps(job.id) if step["validation_accuracy"] is not None][-1]
    assert set(table["validation"]) == {f"{last['validation_accuracy']:.2f} %"}
    app.segmented_control(key="train axis").set_value("seconds")
    rerun(app)


# Everywhere


def test_a_trained_network_is_on_every_page_at_once_and_only_for_who_trained_it(job: Job) -> None:
    app = open_as_ann()
    (name,) = caches._networks_of(ANN)
    for page in ("compare", "pmnist"):
        app.query_params.update({"sample": "3"})
        go_to(app, page)
        assert "mine" in app.pills(key="networks").options
        assert "mine" not in open_page(page, sample="3").pills(key="networks").options
    other = open_page("compare", networks=f"standard,{name}", sample="3")
    assert "a network that only its owner can see" in other.warning[0].value


def test_a_trained_network_reads_beside_the_missing_feature_networks(job: Job) -> None:
    app = open_as_ann()
    (name,) = caches._networks_of(ANN)
    app.query_params.update({"sample": "3"})
    go_to(app, "missing_features")
    app.segmented_control(key="missing_features view").set_value("Variants")
    rerun(app)
    assert "mine" in app.pills(key="variants").options
    app.pills(key="variants").set_value(["standard", name])
    assert html(rerun(app)).count("data-answer=") == 2


def test_a_trained_network_reads_on_the_main_page(job: Job) -> None:
    app = open_as_ann()
    (name,) = caches._networks_of(ANN)
    app.query_params.update({"networks": f"standard,{name}", "sample": "3"})
    go_to(app, "compare")
    assert html(app).count("data-answer=") == 2


def test_a_training_can_start_from_one_s_own_network(job: Job) -> None:
    app = open_as_ann()
    (name,) = caches._networks_of(ANN)
    app.selectbox(key="train start").set_value(name)
    assert "Starts from *mine*." in text_of(rerun(app))
    assert not app.warning and not app.button(key="train go").disabled
