"""The view "Source by source" of the page "Results": each document's own figures beside ours, with a repeat button."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from core.jobs import control, run_overview
from core.jobs.run_folders import Job
from core.jobs.run_titles import unique_title
from core.networks.evaluation import COLUMNS, TALK_ACCURACY, WHOLE
from core.studies import preset_training
from core.studies.preset_training import LECTURE
from core.system.checkpoint_files import CheckpointError
from core.system.number_format import format_spread
from core.training.presets import PRESETS
from core.zoo.recipes import SEED
from dashboard.results import cached
from dashboard.results.repeat_study import start_row
from dashboard.results.study import ShownStudy
from dashboard.results.views import format_mean
from dashboard.server import caches
from dashboard.server.visitors import ensure_visitor_id, get_origin, store_visitor_id
from dashboard.widgets import jobs
from dashboard.widgets.links import lead_on
from dashboard.widgets.texts import read_note

LECTURE_ACCURACY, LECTURE_LOSS = 98.43, 0.0890  # `cnn.evaluate` in the lecture W4995
SNAKES_ACCURACY, SNAKES_TRAINING = 82, 100  # percent of 50 held-out and 150 training photographs, same lecture
NARROW = """<style>@media (max-width: 1000px) {  /* the three tables below each other */
.st-key-sources [data-testid="stHorizontalBlock"] { flex-direction: column; }
.st-key-sources [data-testid="stColumn"] { width: 100%; } }</style>"""
STARTED = "repeated source"  # key of the sentence after a button was pressed


def show_sources(study: ShownStudy) -> None:
    """Show what each document says, what we get and why they differ, each with a button that repeats it."""
    record = caches.find_record(preset_training.STUDY, "MNIST")
    rows = [] if record is None else [row for row in record["rows"] if row["preset"] == LECTURE]
    ours = {f"ours ({len(rows)} seeds)": describe_ours(rows)} if rows else {}
    st.markdown(conclude(rows))
    st.html(NARROW)
    talk, lecture, snakes = st.container(key="sources").columns(3, gap="large")
    with talk:
        _show_talk(study)
    with lecture:
        _show_lecture(ours)
    with snakes:
        _show_snakes()
    if said := st.session_state.pop(STARTED, None):
        st.info(said)
    jobs.show_problem()
    store_visitor_id()


def conclude(rows: list[dict[str, Any]]) -> str:
    """Return the lecture's accuracy and ours, from the recorded trainings if there are any, in a sentence."""
    ours = f"; ours reads {describe_ours(rows)['accuracy']} ({len(rows)} seeds)" if rows else ""
    return f"**The lecture's small network reads {LECTURE_ACCURACY:.2f} % of the test digits{ours}.**"


def describe_ours(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the mean and the spread of our accuracy and test loss, from recorded trainings (at least one)."""
    accuracies, losses = ([float(row[part]) for row in rows] for part in ("accuracy", "loss"))
    return {"accuracy": f"{format_spread(accuracies, 2)} %", "test loss": format_spread(losses, 4)}


def _show_talk(study: ShownStudy) -> None:
    rows = study.rows()
    st.markdown("#### The talk: missing features")
    ours = {cut: rows["missing-feature", study.columns[cut]] for cut in COLUMNS}
    title = f"ours ({ours[WHOLE]['seeds']} seeds, {study.record['dataset']['name']})"
    table = {
        "the talk": {cut: f"{TALK_ACCURACY[cut]:.1f}" for cut in COLUMNS},
        title: {cut: format_mean(row) for cut, row in ours.items()},
    }
    st.table(pd.DataFrame(table))
    st.caption("Accuracy in percent. " + read_note("results", "Gap to the talk"))
    st.button("Repeat with one seed", key="repeat talk", on_click=_repeat_talk, args=(study,))


def _repeat_talk(study: ShownStudy) -> None:
    jobs.attempt(start_row, study, "missing-feature", SEED)
    if jobs.PROBLEM not in st.session_state:
        st.session_state[STARTED] = read_note("results", "Started")


def _show_lecture(ours: dict[str, dict[str, str]]) -> None:
    st.markdown("#### A lecture: digits")
    theirs = {"accuracy": f"{LECTURE_ACCURACY:.2f} %", "test loss": f"{LECTURE_LOSS:.4f}"}
    table = {"W4995": theirs} | ours
    repeated = [job for job in jobs.my_jobs("train") if _is_lecture(job)]
    table |= _find_own(repeated)
    st.table(pd.DataFrame(table))
    st.caption(read_note("results", "Gap to the lecture"))
    st.button("Repeat", key="repeat lecture", on_click=jobs.attempt, args=(_train_lecture,))
    if repeated:
        lead_on("train", "Watch it learn", {"view": "Watch"})


def _settings() -> dict[str, Any]:
    return {**PRESETS[LECTURE].to_settings(), "dataset": "MNIST"}


def _is_lecture(job: Job) -> bool:
    return bool(job.settings == json.loads(json.dumps(_settings())))


def _train_lecture() -> None:
    """Start the lecture's training. Raises ValueError with a sentence."""
    visitor = ensure_visitor_id()
    control.submit("train", unique_title(LECTURE, visitor), _settings(), visitor, get_origin())


def _find_own(repeated: list[Job]) -> dict[str, dict[str, str]]:
    """Return the figures of this visitor's last repetition that has ended, by its title."""
    for job in repeated:
        card = run_overview.load_card(job)
        found = None if card is None else card.find_measurement("text")
        if found is not None and found.loss is not None:
            return {"yours": {"accuracy": f"{found.accuracy[WHOLE]:.2f} %", "test loss": f"{found.loss:.4f}"}}
    return {}


def _show_snakes() -> None:
    st.markdown("#### A lecture: two kinds of snakes")
    try:
        results = cached.classify_photographs()
    except CheckpointError as error:
        st.warning(str(error))
        return
    held_out, learned = "held-out photographs", "training photographs"
    table = {"W4995": {held_out: f"{SNAKES_ACCURACY} %", learned: f"{SNAKES_TRAINING} %"}}
    table[f"ours ({len(results)} seeds, other photographs)"] = {
        held_out: f"{format_spread([one.test_accuracy for one in results], 0)} %",
        learned: f"{format_spread([one.train_accuracy for one in results], 0)} %",
    }
    st.table(pd.DataFrame(table))
    st.caption(read_note("results", "Gap to the snakes"))
    lead_on("transfer", "Repeat in Transfer", {"view": "New classes"})
