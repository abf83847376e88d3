"""What the network reads in the visitor's digit and in ten test digits while it learns, on the page "Train"."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.digits import datasets
from core.jobs import training_job
from core.jobs.run_folders import Job
from core.jobs.training_report import Record
from core.jobs.training_snapshots import list_snapshots, load_snapshot
from core.jobs.watched_digits import collect_answers, load_digit, to_file
from core.visualization.training_answers import DigitAnswers, draw_answers
from dashboard.server.session import get_session
from dashboard.widgets.current_digit import find_digit
from dashboard.widgets.texts import read_note, show_caption


def describe_own_digit() -> str:
    """Return a sentence: whether a training that is started now reads the digit that one works with."""
    return read_note("train", "No digit") if find_digit() is None else read_note("train", "Your digit")


def own_digit() -> Mapping[str, bytes]:
    """Return the file with the digit that one works with, without what is erased of it; none before there is one."""
    found = find_digit()
    return {} if found is None else to_file(found[0] * get_session().scene.mask)


def show_answers(job: Job, steps: Sequence[Record]) -> None:
    """Show the answers so far, in a sentence and a figure; nothing before there are some."""
    try:
        _show(job, steps)
    except ValueError as error:  # a file is damaged
        st.warning(str(error))


def _show(job: Job, steps: Sequence[Record]) -> None:
    classes = datasets.classes_of(training_job.read_plan(job.settings).dataset) or ()
    history, pictures, own = collect_answers(steps, len(classes)), list_snapshots(job.folder), load_digit(job.folder)
    if history is None or not pictures:
        return
    start = load_snapshot(job.folder, pictures[0])
    percents = [history.percents[:, number] for number in range(history.percents.shape[1])]
    tested = [DigitAnswers(*one) for one in zip(start.digits, percents, start.labels.tolist(), strict=False)]
    watched = None
    if own is not None and len(percents) > len(tested):
        watched = DigitAnswers(own, percents[-1])
        st.markdown(f"**It read your digit {history.describe_change(-1, classes)}.**")
    st.html(draw_answers(watched, tested, classes, [epoch for epoch, _ in history.moments]))
    if watched is None:
        show_caption("train", "Answers")
    else:
        show_caption("train", "Answers in your digit")
