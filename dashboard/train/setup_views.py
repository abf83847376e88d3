"""The view "Set up" of the page "Train": the form, the table of the network that it describes, and the start."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

import dashboard
from core.digits.datasets import Dataset, title_of
from core.inversion.functions import INVERSIONS, with_two_heads
from core.jobs import control, queue, run_folders, trained_networks, training_job
from core.jobs.run_folders import Job
from core.jobs.run_titles import unique_title
from core.networks.architectures import Architecture
from core.networks.classifier import StageSummary, build, summarize, summarize_network
from core.networks.composing import Block, compose, find_misfit
from core.networks.cost import Cost, check_size, count_cost
from core.system.safe_names import MAX_NAME_LENGTH
from core.visualization.training import StageRow, draw_stage_table
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.server.visitors import ensure_visitor_id, get_origin
from dashboard.train import cached, epoch_times, form
from dashboard.train.answer_views import describe_own_digit, own_digit
from dashboard.train.form import Settings
from dashboard.train.set_networks import show_set_networks
from dashboard.widgets.current_digit import find_digit
from dashboard.widgets.progress import format_duration

VIEW, NEXT, JOB = "train view", "train next view", "train job"
SET_UP, WATCH = "Set up", "Watch"


def show_setup(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the form of a training, the network that it describes, and the button that starts it."""
    show_set_networks(data)
    left, right = st.columns([330, 710], gap="medium")
    with left:
        form.choose_preset()
        about = st.empty()
        button = st.container()
        with st.expander("Network"):
            architecture = form.choose_architecture()
        about.caption(form.describe_preset())
        with st.expander("Optimiser"):
            config = form.choose_learning()
        with st.expander("Data and device"):
            data_settings = form.choose_data()
    with right:
        architecture, cost, rows = _compose_and_measure(architecture)
    with left, st.expander("Freeze, reset or invert layers"):
        changes = form.choose_changes(rows)
    settings = to_settings(architecture, config, data_settings, changes)
    problem = "" if cost is None else find_problem(settings)
    with right:
        if problem:
            st.warning(problem)
        if cost is not None and settings["inversion"] == "both" and not problem:
            cost, rows = measure_two_heads(architecture)
        if cost is not None:
            _show_plan(settings, rows, cost, ready=not problem)
    with button:
        _show_button(settings, ready=cost is not None and not problem)


def _compose_and_measure(architecture: Architecture | None) -> tuple[Architecture, Cost | None, list[StageRow]]:
    """Return the network, drawing the form of its blocks where it is None, its cost and the rows of its table.

    The cost is None, after a sentence, for a network that cannot be trained.
    """
    top = st.container()
    blocks: list[Block] = []
    if architecture is None:
        with top:
            blocks, architecture = form.compose_network()
    architecture = replace(architecture, classes=form.count_classes())
    cost, rows, misfit = measure_network(architecture, blocks)
    if misfit:
        top.warning(misfit)
        if rows:
            st.html(draw_stage_table(rows))
    return architecture, cost, rows


def measure_network(architecture: Architecture, blocks: Sequence[Block]) -> tuple[Cost | None, list[StageRow], str]:
    """Return the network's cost and the rows of its table, or the blocks that fit and why the next one does not."""
    misfit = find_misfit(blocks)
    if misfit is not None:
        number, sentence = misfit
        fitting = compose(blocks[: number - 1], ())
        return None, to_rows(fitting)[: len(fitting.features)], sentence
    try:
        return check_size(architecture), to_rows(architecture), ""
    except ValueError as error:
        return None, [], str(error)


def measure_two_heads(architecture: Architecture) -> tuple[Cost, list[StageRow]]:
    """Return the cost and the rows of the network with the second head that the inversion `both` adds."""
    network = with_two_heads(build(architecture), "both", seed=0).eval()
    return count_cost(architecture, heads=2), to_stage_rows(summarize_network(network))


def go_to_next(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Open the view that the last run asked for in `NEXT`: this has to happen before the views are drawn."""
    if NEXT in st.session_state:
        address.change(VIEW, st.session_state.pop(NEXT))


def to_rows(architecture: Architecture) -> list[StageRow]:
    """Return the rows of the table of a network that is to be built."""
    return to_stage_rows(summarize(architecture))


def to_stage_rows(stages: Sequence[StageSummary]) -> list[StageRow]:
    """Return the rows of a network's table, without normalisation and inversion, which have no weights."""
    shown = (row for row in stages if row.stage not in ("normalize", "inverted"))
    return [StageRow(row.stage, row.shape, row.parameters) for row in shown]


def to_settings(architecture: Architecture | None, config: Settings, data: Settings, changes: Settings) -> Settings:
    """Return the values of the form as the settings of a training job."""
    start = form.value("start")
    scratch = start == form.SCRATCH
    return {
        "architecture": architecture.to_dict() if scratch and architecture is not None else None,
        "start": None if scratch else trained_networks.run_id_of(start) or start,
        "config": {**config, "device": data["device"], "report_every": 1},  # as many as a job writes
        "dataset": data["dataset"],
        "share": data["share"],
        "validation": data["validation"],
        **changes,
        "seed": config["seed"],
    }


def find_problem(settings: Settings) -> str:
    """Return a sentence that says why this cannot be trained; empty if it can."""
    try:
        training_job.check(settings)
    except ValueError as error:
        return str(error)
    return ""


def _show_plan(settings: Settings, rows: list[StageRow], cost: Cost, *, ready: bool) -> None:
    st.markdown(f"{describe(settings)} {_describe_time(settings) if ready else ''}")
    if ready:
        st.caption(epoch_times.describe(settings))
    st.html(draw_stage_table(rows))
    st.caption(
        f"Reading one picture takes {cost.products:,} multiplications. Bars show the parameters of each layer. A "
        "convolution uses its weights at every place; a dense layer has a weight for each input of each unit."
    )


def _describe_time(settings: Settings) -> str:
    """Return about how long the training takes, and how much longer because others train too."""
    seconds = cached.estimate_seconds(settings) + (test := cached.estimate_test_seconds(settings))
    others = len(queue.list_sharing())
    said = (
        f"This takes about **{_unbroken(seconds)}** on this computer; this includes {_unbroken(test)} for the test at "
        "the end."
    )
    if others:
        several = f"{others} other jobs are" if others > 1 else "Another job is"
        shared = _unbroken(cached.seconds_with_others(seconds))
        said += f" {several} running, so yours takes about **{shared}**. It starts soon."
    return said


def _unbroken(seconds: float) -> str:
    """Return a duration whose number and unit stay on one line."""
    return format_duration(seconds).replace(" ", "\u00a0")


def describe(settings: Settings) -> str:
    """Return a description of the training in a sentence or two."""
    config, start = settings["config"], form.value("start")
    optimizer = "Adam" if config["optimizer"] == "adam" else f"SGD, momentum {config['momentum']:g}"
    share = "" if settings["share"] == 1 else f"{100 * settings['share']:g} % of "
    parts = [
        f"**{config['epochs']} epoch{'s' * (config['epochs'] != 1)}** of {share}{title_of(settings['dataset'])} "
        f"in batches of {config['batch']}, "
        f"{optimizer}, learning rate {config['learning_rate']:g}"
    ]
    parts += ["one cycle"] if config["schedule"] == "one cycle" else []
    parts += [f"label smoothing {config['label_smoothing']:g}"] if config["label_smoothing"] else []
    parts += [f"L2 {config['l2']:g}"] if config["l2"] else []
    parts += [f"penalty {config['penalty']:g}·|w|^{config['power']:g}"] if config["penalty"] else []
    if config.get("attack", "none") != "none":
        parts += [f"each digit attacked first ({config['attack'].upper()}, epsilon {config['epsilon']:g})"]
    sentence = ", ".join(parts) + "."
    if settings["start"] is not None and start in (known := form.starting_networks()):
        sentence += f" Starts from *{known[start].title}*."
    for name, label in (("frozen", "Frozen"), ("reset", "Reset")):
        if settings[name]:
            only = " (weights only)" if name == "frozen" and not settings["frozen_biases"] else ""
            sentence += f" {label}: {', '.join(form.GROUPS.get(stage, stage) for stage in settings[name])}{only}."
    if settings["inversion"] == "both":
        sentence += " Two heads learn together and are summed: one reads x, the other 1 - x."
    elif settings["inversion"]:
        sentence += f" The head reads {INVERSIONS[settings['inversion']].formula}."
    return sentence


def _show_button(settings: Settings, *, ready: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = address.text_input("title", "Name of your network", form.default_title(), max_chars=MAX_NAME_LENGTH)
        # No callback: after typing a number and clicking at once, it would get the settings from before the number.
        pressed = st.button("Train", type="primary", key="train go", disabled=not ready)
    st.caption(describe_own_digit())
    if find_digit() is None:
        st.page_link(dashboard.file_of("compare"), label="Open *Draw · Erase · Compare*")
    if pressed and ready:
        start(title, settings)


def start(title: str, settings: Settings) -> None:
    """Start the job, or find the same one that is already active, and open the view "Watch"."""
    try:
        job = _find_same(settings) or control.submit(
            "train", unique_title(title, ensure_visitor_id()), settings, ensure_visitor_id(), get_origin(), own_digit()
        )
    except ValueError as error:
        st.warning(str(error))
        return
    st.session_state[JOB], st.session_state[NEXT] = job.id, WATCH
    st.rerun()


def _find_same(settings: dict[str, Any]) -> Job | None:
    """Return this visitor's active job with the same settings, whose network would be the same."""
    stored, mine = json.loads(json.dumps(settings)), run_folders.list_jobs(ensure_visitor_id())
    return next((job for job in mine if job.settings == stored and run_folders.read_status(job).active), None)
