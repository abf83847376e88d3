"""The views of the page of results: a recorded study as a picture, a table, beside the talk, and in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from core.digits import datasets
from core.networks.evaluation import TALK_GAIN
from core.pmnist.masks import CUTS
from core.studies.arms import ARMS, PUBLISHED_LOG_COLUMNS, Arm
from core.studies.missing_features_record import STUDY
from core.studies.paired_differences import has_learned
from core.visualization.network_colors import COLUMN_COLORS
from core.visualization.studies import Interval, draw_intervals
from dashboard import address
from dashboard.server import caches

SETS = {"MNIST": "MNIST", "Offline digits": datasets.OFFLINE}
NETWORKS = {"of the published code": "published", "of the talk": "talk"}
VARIANTS = {"as the talk says": "text", "as its code does": "code"}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class ShownStudy:
    """What is looked at: a recorded study, one of its networks, and the cuts as the talk or its code makes them."""

    record: dict[str, Any]
    network: str
    columns: dict[str, str]
    """The study's column for whole digits and for every cut, by the cut's name."""

    def rows(self) -> dict[tuple[str, str], Row]:
        """Return the network's rows by arm and column."""
        return {(row["arm"], row["cut"]): row for row in self.record["rows"] if row["network"] == self.network}


def choose_study() -> tuple[ShownStudy] | None:
    """Draw what is shown, and say first what became of the talk's claim; None, after a sentence, without a record."""
    with st.container(horizontal=True, gap="medium"):
        data = _pick("digits", "Digits", SETS, "results data")
        network = _pick("network", "Network", NETWORKS, "results network")
        variant = _pick("cuts", "The cuts", VARIANTS, "results variant")
    try:
        record = caches.recorded_study(STUDY, data)
    except ValueError as error:
        st.info(str(error))
        return None
    in_code = {cut: f"{cut} code" for cut in ("DCUT", "TCUT")} if variant == "code" else {}
    study = ShownStudy(record, network, {name: in_code.get(name, name) for name in COLUMN_COLORS})
    show_claim(study)
    return (study,)


def _pick(name: str, label: str, options: Mapping[str, str], key: str) -> str:
    return options[address.segmented_control(name, label, list(options), key=key)]


def show_claim(study: ShownStudy) -> None:
    """Say first what became of the talk's claim."""
    for sentence in study.record["conclusions"].get(study.network, [])[:1]:
        st.markdown(f"**{_plain(sentence)}**")


def show_idea(study: ShownStudy) -> None:
    """Show the talk's idea and its variants over the network's own activation."""
    _show_differences(study, lambda arm: arm.activation is None)


def show_activations(study: ShownStudy) -> None:
    """Show the missing-feature heads over other activations, each with its own network and control."""
    _show_differences(study, lambda arm: arm.activation is not None)


def _show_differences(study: ShownStudy, belongs: Callable[[Arm], bool]) -> None:
    """Show every arm's paired difference to its matched control, with its interval, cut by cut."""
    rows = study.rows()
    asked = [arm for arm in dict.fromkeys(arm for arm, _ in rows) if ARMS[arm].control and belongs(ARMS[arm])]
    asked.sort(key=lambda arm: arm != "missing-feature")  # the talk's own first
    kept = [arm for arm in asked if has_learned(rows[arm, "whole"]["values"])]
    intervals = [_interval(rows[arm, column], cut) for arm in kept for cut, column in study.columns.items()]
    if intervals:
        figure = draw_intervals(
            intervals, COLUMN_COLORS, claim="what the talk claims", x_title="points more than the matched control"
        )
        st.plotly_chart(figure, width="stretch", config={"displayModeBar": False})
    lost = [ARMS[arm].title for arm in asked if arm not in kept]
    if lost:
        st.caption(f"Left out, as some seeds never learned to read whole digits: {_plain(', '.join(lost))}.")
    st.caption(
        "A line is the 95 % interval of the mean paired difference over the seeds (Student's t); the dot is full where "
        "zero lies outside. Arms with three seeds have wide ones."
    )


def _interval(row: Row, cut: str) -> Interval:
    control = ARMS[ARMS[row["arm"]].control or ""].title
    found = row["difference"]
    claimed = TALK_GAIN[cut] if row["arm"] == "missing-feature" else None
    title = f"{row['title']} <span style='font-weight:400'>against {control} · {row['seeds']} seeds</span>"
    return Interval(title, cut, found["mean"], found["low"], found["high"], claimed)


def show_figures(study: ShownStudy) -> None:
    """Show the mean accuracy of every arm on every column, with its spread over the seeds."""
    rows = study.rows()
    pinned = {"arm": st.column_config.TextColumn(pinned=True, width="medium")}
    arms = dict.fromkeys(arm for arm, _ in rows)
    for track in dict.fromkeys(rows[arm, "whole"]["track"] for arm in arms):
        table = []
        for arm in (arm for arm in arms if rows[arm, "whole"]["track"] == track):
            figures = {column: _figure(rows[arm, column]) for column in study.record["columns"]}
            table.append({"arm": ARMS[arm].title, "seeds": rows[arm, "whole"]["seeds"], **figures})
        st.markdown(f"*{track.capitalize()}*")
        st.dataframe(pd.DataFrame(table), hide_index=True, height="content", column_config=pinned)
    st.caption(
        "Accuracy in percent on test digits after the last epoch, mean ± standard deviation over the seeds. **code**: "
        "cut as the published code does; **RAND3**: three squares placed otherwise. *Partial samples* is another "
        "track: the talk says not to train so."
    )


def _figure(row: Row) -> str:
    return f"{row['mean']:.1f}" + ("" if row["std"] is None else f" ± {row['std']:.1f}")


def show_published(study: ShownStudy) -> None:
    """Show the talk's table and the log of its published code beside ours."""
    rows, published = study.rows(), study.record["published"]
    if study.record["dataset"]["name"] != "MNIST":
        st.info("The talk's figures and the log are of MNIST: choose MNIST to see them beside ours.")
        return
    st.markdown("**The talk's Table 1**: gain of the missing-feature network over the ordinary one, in points")
    ours = {cut: rows["missing-feature", cut] for cut in ("whole", *CUTS)}
    gains = {
        "The talk": {cut: f"{gain:+.1f}" for cut, gain in published["talk"]["gain"].items()},
        "Ours, against the ordinary network": {cut: _gain(row["to_standard"]) for cut, row in ours.items()},
        "Ours, against the matched control": {cut: _gain(row["difference"]) for cut, row in ours.items()},
    }
    st.table(pd.DataFrame(gains).T)
    st.markdown("**The log of the published code**, one run of 10 + 10 epochs, beside ours: accuracy in percent")
    log = {}
    for arm, figures in published["log"].items():
        if (arm, "whole") not in rows:
            continue
        log[f"{ARMS[arm].title}: the log"] = {column: f"{figures[column]:.1f}" for column in PUBLISHED_LOG_COLUMNS}
        log[f"{ARMS[arm].title}: ours"] = {column: _figure(rows[arm, column]) for column in PUBLISHED_LOG_COLUMNS}
    st.table(pd.DataFrame(log).T)
    st.caption(
        "The talk (EuroPython 2019) chose the best epoch on the test digits themselves; the log gives the last epoch "
        "of seed 42. The published code erases after normalising, which paints grey where we leave paper."
    )


def _gain(found: Row) -> str:
    bounds = "" if found["low"] is None else f"  :small[({found['low']:+.1f} to {found['high']:+.1f})]"
    return f"{found['mean']:+.1f}{bounds}"


def show_sentences(study: ShownStudy) -> None:
    """Show all that the figures say, in sentences made from them."""
    for sentence in study.record["conclusions"].get(study.network, []):
        st.markdown(f"- {_plain(sentence)}")


def _plain(sentence: str) -> str:
    """Keep Markdown from reading formulas as its own signs."""
    return sentence.replace("*", r"\*").replace("~", r"\~")


def show_command(study: ShownStudy) -> None:
    """Say what was run, on what, and which command repeats it."""
    record, training = study.record, study.record["training"]
    about, epochs = record["dataset"], record["epochs"]
    st.caption(
        f"Recorded on the {about['images']:,} test digits of {about['name']}: up to {record['seeds']} seeds from "
        f"{record['first_seed']} on; {epochs} epochs for the ordinary network and {epochs} more for every retraining "
        f"(the talk's code: 10 + 10), SGD with rate {training['learning_rate']:g} and momentum "
        f"{training['momentum']:g} for all alike. This repeats it:"
    )
    st.code(record["command"], language="bash", wrap_lines=True)
