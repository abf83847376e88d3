"""The table of all runs of a visitor: a row for each, also for those that wait, have failed, or were loaded."""

from collections.abc import Sequence

import pandas as pd

from core.jobs.run_folders import Job
from core.jobs.run_overview import RunOverview
from core.networks.evaluation import WHOLE
from core.zoo.checkpoints import Measurement
from dashboard.widgets.jobs import ACTIVE_STATES, title_with_time
from dashboard.widgets.progress import format_duration

STATES = {
    **ACTIVE_STATES,
    "done": "finished",
    "lost": "interrupted",
    "loaded": "loaded from a file",
    "not learned": "has not learned",
}
NONE = "–"


def to_table(runs: Sequence[tuple[Job, RunOverview]]) -> pd.DataFrame:
    """Return the table of these runs; accuracies on different test digits are in different columns."""
    columns = list(dict.fromkeys(name_digits(run.tested) for _, run in runs if run.tested))
    rows = [
        {
            "run": title_with_time(job),
            "state": STATES.get(run.state, run.state),
            "learned from": _describe_digits(run),
            "network": _describe_network(run),
            "epochs": NONE if run.epochs is None else str(run.epochs),
            **{f"accuracy on {name}": _accuracy(run.tested, name) for name in columns},
            **{f"loss on {name}": _loss(run.tested, name) for name in columns},
            "under attack": NONE if run.attacked is None else _percent(run.attacked),
            "time": NONE if run.seconds is None else format_duration(run.seconds),
            "notes": job.notes or NONE,
        }
        for job, run in runs
    ]
    table = pd.DataFrame(rows).set_index("run")
    return table.loc[:, [name for name in table if set(table[name]) != {NONE}]]


def name_digits(measured: Measurement) -> str:
    """Return what an accuracy was measured on, in words that are the same only for the same digits."""
    return f"{measured.digits:,} {measured.split} digits of {measured.dataset}"


def _accuracy(measured: Measurement | None, name: str) -> str:
    return NONE if measured is None or name_digits(measured) != name else _percent(measured)


def _loss(measured: Measurement | None, name: str) -> str:
    if measured is None or measured.loss is None or name_digits(measured) != name:
        return NONE
    return f"{measured.loss:.4f}"


def _percent(measured: Measurement) -> str:
    return f"{measured.accuracy[WHOLE]:.2f} %" if WHOLE in measured.accuracy else NONE


def _describe_digits(run: RunOverview) -> str:
    if not run.dataset:
        return NONE
    return run.dataset if run.digits is None else f"{run.digits:,} of {run.dataset}"


def _describe_network(run: RunOverview) -> str:
    name = {"composed": "built from blocks"}.get(run.network, run.network)
    return name + (f", {run.parameters:,} parameters" if run.parameters else "") or NONE
