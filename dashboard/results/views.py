"""The views of the page "Results": a recorded study as a figure, as tables, beside the talk, and in sentences."""

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
from dashboard.widgets.charts import PLAIN
from dashboard.widgets.mask import choose_variant

SETS = {"MNIST": "MNIST", "Offline digits": datasets.OFFLINE}
NETWORKS = {"of the published code": "published", "of the talk": "talk"}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class ShownStudy:
    """A recorded study, one of its networks, and the variant of the cuts: as the talk or as its code makes them."""

    record: dict[str, Any]
    network: str
    columns: dict[str, str]
    """The study's column for whole digits and for every cut, by the cut's name."""

    def rows(self) -> dict[tuple[str, str], Row]:
        """Return the network's rows by arm and column."""
        return {(row["arm"], row["cut"]): row for row in self.record["rows"] if row["network"] == self.network}


def choose_study() -> tuple[ShownStudy] | None:
    """Draw the choice of the study and show what it found about the talk's claim; None if nothing is recorded."""
    with st.container(horizontal=True, gap="medium"):
        data = _choose("digits", "Digits", SETS, "results data")
        network = _choose("network", "Network", NETWORKS, "results network")
        variant = choose_variant("results variant")
    try:
        record = caches.recorded_study(STUDY, data)
    except ValueError as error:
        st.info(str(error))
        return None
    in_code = {cut: f"{cut} code" for cut in ("DCUT", "TCUT")} if variant == "code" else {}
    study = ShownStudy(record, network, {name: in_code.get(name, name) for name in COLUMN_COLORS})
    show_claim(study)
    return (study,)


def _choose(name: str, label: str, options: Mapping[str, str], key: str) -> str:
    return options[address.segmented_control(name, label, list(options), key=key)]


def show_claim(study: ShownStudy) -> None:
    """Show what the study found about the talk's claim."""
    for sentence in study.record["conclusions"].get(study.network, [])[:1]:
        st.markdown(f"**{_escape(sentence)}**")


def show_idea(study: ShownStudy) -> None:
    """Show the differences of the talk's idea and its variants, with the network's own activation function."""
    _show_differences(study, lambda arm: arm.activation is None)


def show_activations(study: ShownStudy) -> None:
    """Show the differences with other activation functions, each with its own network and control."""
    _show_differences(study, lambda arm: arm.activation is not None)


def _show_differences(study: ShownStudy, belongs: Callable[[Arm], bool]) -> None:
    """Show the interval of the paired difference between each arm and its matched control, for every cut."""
    rows = study.rows()
    arms = [arm for arm in dict.fromkeys(arm for arm, _ in rows) if ARMS[arm].control and belongs(ARMS[arm])]
    arms.sort(key=lambda arm: arm != "missing-feature")  # the talk's own first
    kept = [arm for arm in arms if has_learned(rows[arm, "whole"]["values"])]
    intervals = [_to_interval(rows[arm, column], cut) for arm in kept for cut, column in study.columns.items()]
    if intervals:
        figure = draw_intervals(
            intervals, COLUMN_COLORS, claim="what the talk claims", x_title="points more than the matched control"
        )
        st.plotly_chart(figure, width="stretch", config=PLAIN)
    failed = [ARMS[arm].title for arm in arms if arm not in kept]
    if failed:
        st.caption(f"Left out, as some seeds never learned to read whole digits: {_escape(', '.join(failed))}.")
    st.caption(
        "A line is the 95 % interval of the mean paired difference over the seeds (Student's t); the dot is full where "
        "zero lies outside. Arms with three seeds have wide ones."
    )


def _to_interval(row: Row, cut: str) -> Interval:
    control = ARMS[ARMS[row["arm"]].control or ""].title
    difference = row["difference"]
    claimed = TALK_GAIN[cut] if row["arm"] == "missing-feature" else None
    title = f"{row['title']} <span style='font-weight:400'>against {control} · {row['seeds']} seeds</span>"
    return Interval(title, cut, difference["mean"], difference["low"], difference["high"], claimed)


def show_figures(study: ShownStudy) -> None:
    """Show the mean and the standard deviation of every arm's accuracy, for every cut."""
    rows = study.rows()
    pinned = {"arm": st.column_config.TextColumn(pinned=True, width="medium")}
    arms = dict.fromkeys(arm for arm, _ in rows)
    for track in dict.fromkeys(rows[arm, "whole"]["track"] for arm in arms):
        table = []
        for arm in (arm for arm in arms if rows[arm, "whole"]["track"] == track):
            figures = {column: format_mean(rows[arm, column]) for column in study.record["columns"]}
            table.append({"arm": ARMS[arm].title, "seeds": rows[arm, "whole"]["seeds"], **figures})
        st.markdown(f"*{track.capitalize()}*")
        st.dataframe(pd.DataFrame(table), hide_index=True, height="content", column_config=pinned)
    st.caption(
        "Accuracy in percent on test digits after the last epoch, mean ± standard deviation over the seeds. **code**: "
        "cut as the published code does; **RAND3**: three squares placed otherwise. *Partial samples* is another "
        "track: the talk says not to train so."
    )


def format_mean(row: Row) -> str:
    """Return the mean accuracy in percent and its standard deviation, if there are several seeds."""
    return f"{row['mean']:.1f}" + ("" if row["std"] is None else f" ± {row['std']:.1f}")


def show_published(study: ShownStudy) -> None:
    """Show the talk's table and the log of its published code beside our figures."""
    rows, published = study.rows(), study.record["published"]
    if study.record["dataset"]["name"] != "MNIST":
        st.info("The talk's figures and the log are of MNIST: choose MNIST to see them beside ours.")
        return
    st.markdown("**The talk's Table 1**: gain of the missing-feature network over the ordinary one, in points")
    ours = {cut: rows["missing-feature", cut] for cut in ("whole", *CUTS)}
    gains = {
        "The talk": {cut: f"{gain:+.1f}" for cut, gain in published["talk"]["gain"].items()},
        "Ours, against the ordinary network": {cut: _format_gain(row["to_standard"]) for cut, row in ours.items()},
        "Ours, against the matched control": {cut: _format_gain(row["difference"]) for cut, row in ours.items()},
    }
    st.table(pd.DataFrame(gains).T)
    st.markdown("**The log of the published code**, one run of 10 + 10 epochs, beside ours: accuracy in percent")
    log = {}
    for arm, figures in published["log"].items():
        if (arm, "whole") not in rows:
            continue
        log[f"{ARMS[arm].title}: the log"] = {column: f"{figures[column]:.1f}" for column in PUBLISHED_LOG_COLUMNS}
        log[f"{ARMS[arm].title}: ours"] = {column: format_mean(rows[arm, column]) for column in PUBLISHED_LOG_COLUMNS}
    st.table(pd.DataFrame(log).T)
    st.caption(
        "The talk (EuroPython 2019) chose the best epoch on the test digits themselves; the log gives the last epoch "
        "of seed 42. The published code erases after normalising, which paints grey where we leave paper."
    )


def _format_gain(gain: Row) -> str:
    bounds = "" if gain["low"] is None else f"  :small[({gain['low']:+.1f} to {gain['high']:+.1f})]"
    return f"{gain['mean']:+.1f}{bounds}"


def show_sentences(study: ShownStudy) -> None:
    """Show the conclusions of the study."""
    for sentence in study.record["conclusions"].get(study.network, []):
        st.markdown(f"- {_escape(sentence)}")


def _escape(sentence: str) -> str:
    """Keep Markdown from reading formulas as its own signs."""
    return sentence.replace("*", r"\*").replace("~", r"\~")


def show_command(study: ShownStudy) -> None:
    """Show what was run and on which data, and the command that repeats it."""
    record, training = study.record, study.record["training"]
    about, epochs = record["dataset"], record["epochs"]
    st.caption(
        f"Recorded on the {about['images']:,} test digits of {about['name']}: up to {record['seeds']} seeds from "
        f"{record['first_seed']} on; {epochs} epochs for the ordinary network and {epochs} more for every retraining "
        f"(the talk's code: 10 + 10), SGD with rate {training['learning_rate']:g} and momentum "
        f"{training['momentum']:g} for all alike. This repeats it:"
    )
    st.code(record["command"], language="bash", wrap_lines=True)
