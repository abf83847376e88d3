"""Run a row of a recorded study again, with one seed, as a job whose progress the page shows."""

import pandas as pd
import streamlit as st

from core.jobs import control, run_folders
from core.jobs.run_folders import Job
from core.studies import study_job
from core.studies.arms import ARMS, SECOND_PAPER, with_required_arms
from core.studies.missing_features import ArmStep
from core.studies.study_job import SeedPlan
from core.zoo.recipes import SEED
from dashboard.results.study import Row, ShownStudy, find_second_paper
from dashboard.results.views import format_mean, show_command
from dashboard.server.visitors import ensure_visitor_id, get_origin, store_visitor_id
from dashboard.widgets.jobs import my_jobs


def show_below(study: ShownStudy) -> None:
    """Show what is below every view: the command of the study, and the form that repeats a row of it."""
    show_command(study)
    with st.expander("Repeat one row here"):
        show_repeat(study)


def show_repeat(study: ShownStudy) -> None:
    """Show the form that runs one row with one seed, and the results so far beside the recorded figures."""
    arms = list(dict.fromkeys([*(arm for arm, _ in study.rows()), *SECOND_PAPER]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        arm = st.selectbox("Row", arms, format_func=lambda name: ARMS[name].title, index=_default_index(arms))
        seed = st.number_input("Seed", 0, 9999, SEED, width=140)
        pressed = st.button("Run", type="primary")
    count = len(with_required_arms([arm]))
    st.caption(f"Trains {count} networks, with those it is compared with. It continues when you leave this page.")
    if pressed:
        try:
            start_row(study, arm, int(seed))
        except ValueError as error:
            st.warning(str(error))
    store_visitor_id()
    if jobs := my_jobs("study"):
        _show_progress(jobs[0], study)


def _default_index(arms: list[str]) -> int:
    return arms.index("missing-feature") if "missing-feature" in arms else 0


def start_row(study: ShownStudy, arm: str, seed: int) -> None:
    """Start a row of the study, with what it is compared with, as a job. Raises ValueError with a sentence."""
    settings = {
        "dataset": study.record["dataset"]["name"],
        "network": study.network,
        "seed": seed,
        "arms": [arm],
        "epochs": study.record["epochs"],
    }
    control.submit("study", f"{ARMS[arm].title}, seed {seed}", settings, ensure_visitor_id(), get_origin())


@st.fragment(run_every=2.0)
def _show_progress(job: Job, study: ShownStudy) -> None:
    try:
        steps, plan = run_folders.read_steps(job.id, record=ArmStep), study_job.read_plan(job.settings)
    except ValueError as error:
        st.warning(str(error))
        return
    status, arms = run_folders.read_status(job), with_required_arms(plan.arms)
    place = control.queue_position(job.id)
    waiting = f", number {place} in the queue" if place else ""
    st.progress(len(steps) / len(arms), f"{job.title}: {len(steps)} of {len(arms)} networks, {status.state}{waiting}")
    if status.message:
        st.caption(status.message)
    if status.active:
        st.button("Stop", on_click=control.stop, args=(job.id,), key="stop repeating", type="tertiary")
    rows = {}
    for step in steps:
        rows[f"{ARMS[step['arm']].title}: now"] = {cut: f"{value:.1f}" for cut, value in step["accuracies"].items()}
        rows[f"{ARMS[step['arm']].title}: recorded"] = _recorded(study, plan, step["arm"], list(step["accuracies"]))
    if rows:
        st.table(pd.DataFrame(rows).T)


def _recorded(study: ShownStudy, plan: SeedPlan, arm: str, columns: list[str]) -> dict[str, str]:
    """Return the recorded figures of this seed, or mean ± deviation; empty for another data set or network."""
    same = (plan.dataset, plan.network) == (study.record["dataset"]["name"], study.network)
    second = find_second_paper(study)
    rows = {**(second.rows() if second else {}), **study.rows()} if same else {}
    found = {column: rows[arm, column] for column in columns if (arm, column) in rows}
    index = plan.seed - study.record["first_seed"]
    return {column: _format_value(row, index) for column, row in found.items()}


def _format_value(row: Row, index: int) -> str:
    values = row["values"]
    return f"{values[index]:.1f}" if 0 <= index < len(values) else format_mean(row)
