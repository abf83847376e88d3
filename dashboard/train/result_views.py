"""The view "Result" of the page "Train": the accuracy, the confusion matrix and the mistakes of a trained network."""

from dataclasses import replace

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from core.digits import datasets
from core.digits.datasets import Dataset
from core.jobs import run_folders, trained_networks, training_job, training_report
from core.jobs.run_folders import Job
from core.jobs.training_diagnosis import diagnose
from core.jobs.training_job import TrainingPlan
from core.jobs.training_report import TrainingSummary
from core.networks import evaluation
from core.networks.architectures import Architecture
from core.networks.classifier import summarize_network
from core.networks.evaluation import WHOLE
from core.pmnist.masks import CUT_NAMES, CUTS
from core.system.checkpoint_files import CheckpointError
from core.training.config import TrainConfig
from core.visualization import arrays
from core.visualization.figures import draw_confusion
from core.visualization.gallery import GalleryItem, draw_gallery, draw_metrics
from core.visualization.signed_colors import NEGATIVE, POSITIVE
from core.visualization.training import VALIDATION, draw_stage_table
from core.zoo.checkpoints import Card
from dashboard import address
from dashboard.server import caches, data_sets
from dashboard.server.caches import Zoo
from dashboard.server.session import Session, get_session
from dashboard.server.visitors import get_visitor_id
from dashboard.train import cached, weights_views
from dashboard.train.change_views import current_plan, show_changes
from dashboard.train.curve_views import show_curves
from dashboard.train.form_filling import open_form
from dashboard.train.recorded import first_recorded, say_recorded
from dashboard.train.setup_views import to_stage_rows
from dashboard.train.upload_views import describe_onnx
from dashboard.train.watch_views import choose_run, explain_no_runs, read_steps
from dashboard.widgets import jobs
from dashboard.widgets.charts import show_chart
from dashboard.widgets.data_set import name_drawing, sample
from dashboard.widgets.links import lead_on
from dashboard.widgets.tables import choose_cell, show_cell

RANDOM_SHOWN, MISTAKES_SHOWN = 32, 48  # digits
Probabilities = NDArray[np.float32]


def show_result(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show one part of what a network of this visitor reads."""
    cards = trained_networks.list_networks(get_visitor_id() or "")
    by_run = {trained_networks.find_checkpoint(name).folder.name: name for name in cards}
    runs = [job for job in jobs.my_jobs() if job.id in by_run]
    if not runs:
        _show_recorded()
        explain_no_runs()
        return
    which, parts = st.columns([330, 710], gap="medium", vertical_alignment="bottom")
    with which:
        job = choose_run(runs, "Network")
    card = cards[by_run[job.id]]
    with parts:
        part = address.segmented_control("part", "Part", list(PARTS), label_visibility="collapsed", wrap=True)
    try:
        name = card.dataset["name"]
        tested = caches.dataset(name) if data_sets.is_here(name) else data
        with st.spinner(f"Reading all {len(tested.test):,} test {name_drawing(tested)}s ..."):
            read = caches.probabilities(by_run[job.id], len(tested.test), tested.name)
    except (CheckpointError, datasets.DatasetError) as error:
        st.warning(str(error))
        return
    PARTS[part](job, card, tested, read)


def _show_recorded() -> None:
    """Show what the network of a recorded training reads."""
    training = first_recorded()
    if training is None:
        return
    say_recorded(training)
    result = training_report.summarize_run(training["steps"], training["accuracy"])
    st.markdown(f"#### It reads {training['accuracy']:.2f} % of all test digits correctly")
    st.markdown("" if result is None else training_report.judge_fit(result))
    matrix, curves = st.container(key="matrix-row").columns(2, gap="medium")
    show_curves(training["steps"], training["epochs"], (curves, curves))
    with matrix:
        classes = [str(label) for label in range(10)]
        show_chart(draw_confusion(np.array(training["confusion"]), classes, VALIDATION))


def show_summary(job: Job, card: Card, data: Dataset, probabilities: Probabilities) -> None:
    """Say how well the network reads, also under attack, and whether it fits; show its learning curves."""
    try:
        steps, plan = read_steps(job), current_plan(job)
    except ValueError as error:
        st.warning(str(error))
        return
    test = evaluation.accuracy(data.test.labels, torch.from_numpy(probabilities.argmax(1)))
    result = training_report.summarize_run(steps, test)
    st.markdown(
        f"#### It reads {test:.2f} % of all {len(data.test):,} test {name_drawing(data)}s of {data.title} correctly"
    )
    if trained_networks.has_learned(card):
        scene = replace(get_session().scene, networks=("standard", trained_networks.network_name(job, card)))
        lead_on("compare", f"Use it on your {name_drawing(data)}", scene.to_params())
    else:
        st.warning("It reads hardly more than guessing would, so the other pages do not offer it.")
    _show_figures(card, evaluation.cross_entropy(data.test.labels, torch.from_numpy(probabilities)))
    _show_diagnosis(job, card, data, plan, result)
    if result is not None:
        show_curves(steps, plan.config.epochs, st.columns(2, gap="medium"))


def _show_diagnosis(job: Job, card: Card, data: Dataset, plan: TrainingPlan, result: TrainingSummary | None) -> None:
    """Say whether the network fits, and show each problem; for a training, with a button that opens the form."""
    regularized = _is_regularized(card, plan.config)
    found = diagnose(
        plan,
        result,
        diverged=training_job.has_diverged(run_folders.read_status(job)),
        regularized=regularized,
        learned=trained_networks.has_learned(card),
        dead=cached.dead_units(trained_networks.network_name(job, card), data.name, "features" in plan.frozen),
        attacked=card.find_measurement("attacked"),
    )
    if result is not None and not {"underfits", "overfits"} & {one.problem for one in found}:
        attacked = plan.config.attack != "none"
        st.markdown(training_report.judge_fit(result, attacked=attacked, regularized=regularized))
    for one in found:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(one.sentence, width="content")
            if job.kind == "train":
                key = f"next step {one.problem}"
                st.button(one.step, on_click=jobs.attempt, args=(open_form, job, one.changes), key=key)
    jobs.show_problem()


def _show_figures(card: Card, loss: float) -> None:
    """Show the test loss, the accuracies with each cut, and that under attack if it learned from attacked digits."""
    known, attacked = card.accuracies(), card.find_measurement("attacked")
    figures = {"test loss": f"{loss:.4f}"}
    if attacked is not None and WHOLE in attacked.accuracy:
        figures["under attack"] = f"{attacked.accuracy[WHOLE]:.1f} %"
    figures |= {f"without {CUT_NAMES[cut]}": f"{known[cut]:.1f} %" for cut in CUTS if cut in known}
    st.html(draw_metrics(figures))
    if attacked is not None:
        st.caption(
            f"Under attack: the first {attacked.digits} test digits, each changed by up to {attacked.epsilon:g} per "
            "pixel (10 steps of PGD)."
        )


def _is_regularized(card: Card, config: TrainConfig) -> bool:
    """Say whether the network learned with dropout or a penalty on its weights."""
    built = Architecture.from_dict(card.architecture)
    return bool(built.dropout or "drop" in {stage.kind for stage in built.features} or config.l2 or config.penalty)


def show_random(job: Job, card: Card, data: Dataset, probabilities: Probabilities) -> None:
    """Show random test digits with the true and the predicted label."""
    seed = st.session_state.setdefault("train random", 0)
    found = np.random.default_rng(seed).choice(len(probabilities), min(RANDOM_SHOWN, len(probabilities)), replace=False)
    st.html(_draw_digits(found, data, probabilities))
    st.button("Show others", on_click=_choose_others, key="others")


def _choose_others() -> None:
    st.session_state["train random"] += 1


def _draw_digits(found: NDArray[np.int64], data: Dataset, probabilities: Probabilities, *, sure: bool = False) -> str:
    labels = data.test.labels[found].tolist()
    items = []
    for index, label in zip(found.tolist(), labels, strict=True):
        read = int(probabilities[index].argmax())
        color = POSITIVE if read == label else NEGATIVE
        words = f"read as {data.classes[read]}" + (f", {100 * probabilities[index, read]:.1f} % sure" if sure else "")
        below = f'<b style="font-size:.85rem;color:rgb{color}">{words}</b>'
        items.append(GalleryItem(arrays.to_gray(sample(data, index)), f"a {data.classes[label]}", below))
    return draw_gallery(items, min_width=78, css_class="ns-tested")


def show_confusion(job: Job, card: Card, data: Dataset, probabilities: Probabilities) -> None:
    """Show the confusion matrix; a click on a cell shows its digits."""
    predicted, labels = torch.from_numpy(probabilities.argmax(1)), data.test.labels
    matrix, digits = st.container(key="matrix-row").columns(2, gap="medium")
    counts = evaluation.confusion(labels, predicted, len(data.classes)).numpy()
    with matrix:
        cell = choose_cell(draw_confusion(counts, data.classes, VALIDATION), counts, "train confusion")
    with digits:
        show_cell(data, labels, predicted, WHOLE, cell)


def show_mistakes(job: Job, card: Card, data: Dataset, probabilities: Probabilities) -> None:
    """Show the digits that are read wrong, the highest wrong probability first."""
    labels = data.test.labels.numpy()
    wrong = np.flatnonzero(probabilities.argmax(1) != labels)
    found = wrong[np.argsort(-probabilities[wrong].max(1), kind="stable")]
    if not len(found):
        st.info(f"The network reads all test {name_drawing(data)}s correctly.")
        return
    st.markdown(
        f"**{len(found):,} of {len(labels):,} test {name_drawing(data)}s are read wrong**. Those with the highest "
        "probability come first."
    )
    st.html(_draw_digits(found[:MISTAKES_SHOWN], data, probabilities, sure=True))


def show_stages(job: Job, card: Card, data: Dataset, probabilities: Probabilities) -> None:
    """Show the network's stages and parameters, and how it was trained."""
    network = caches.classifier(trained_networks.network_name(job, card), data.name)
    st.html(draw_stage_table(to_stage_rows(summarize_network(network))))
    if card.onnx is not None:
        st.caption(describe_onnx(card))
        return
    epochs = f"{card.epochs} epoch{'s' * (card.epochs != 1)}"
    made = (
        f"{epochs} on {card.dataset['digits']:,} digits of {datasets.title_of(card.dataset['name'])}, seed {card.seed}"
    )
    st.caption(f"Trained for {made}.{_describe_inversion(card.inversion)}")
    show_changes(job)
    weights_views.show_hashes(job, network)


def _describe_inversion(inversion: str) -> str:
    match inversion:
        case "identity":
            return ""
        case "both":
            return " Two heads are summed: one reads x, the other 1 − x."
    return f" The features are inverted: {inversion}."


PARTS = {
    "Summary": show_summary,
    "Random digits": show_random,
    "Confusion matrix": show_confusion,
    "Mistakes": show_mistakes,
    "Layers": show_stages,
}
