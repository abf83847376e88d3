"""The views of the page "Results" with all of a recorded study: as figures, as tables, and in sentences."""

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from core.networks.evaluation import TALK_GAIN
from core.pmnist.masks import CUT_NAMES, CUTS
from core.studies.arms import ARMS, PUBLISHED_LOG_COLUMNS, SECOND_PAPER, Arm
from core.studies.paired_differences import has_learned
from core.system.number_format import format_interval, format_signed
from core.visualization.network_colors import COLUMN_COLORS
from core.visualization.studies import Interval, draw_intervals
from dashboard.address import get_address
from dashboard.results.study import Row, ShownStudy, find_second_paper
from dashboard.widgets.charts import show_drawn_chart
from dashboard.widgets.tables import describe_track
from dashboard.widgets.texts import read_note, show_caption

TWO_LINES = 48  # pixels of a table's row: long names are wrapped, not cut off
PROJECTED = 104  # pixels of a column in projector mode
MAIN = 4  # the first conclusions are about the talk's claim


def show_claim(study: ShownStudy) -> None:
    """Show what the study found about the talk's claim."""
    for sentence in study.record["conclusions"].get(study.network, [])[:1]:
        st.markdown(f"**{escape_markdown(sentence)}**")


def show_idea(study: ShownStudy) -> None:
    """Show the differences of the talk's idea and its variants, with the network's own activation function."""
    show_claim(study)
    _show_differences(study, lambda arm: arm.activation is None)
    if second := find_second_paper(study):
        st.markdown("#### The second paper's kinds of synergy")
        st.markdown(describe_synergies(second))
        _show_differences(second, lambda arm: arm in SECOND_PAPER.values())
        show_command(second)


def describe_synergies(study: ShownStudy) -> str:
    """Return a sentence: which of the second paper's synergies are clearly better on some cut, and which worse."""
    rows = study.rows()
    arms = [arm for arm in SECOND_PAPER if ARMS[arm].control and (arm, "whole") in rows]
    verdicts = [rows[arm, column]["difference"]["verdict"] for arm in arms for column in partial_columns(study)]
    return (
        f"Each sums two heads, one of which reads 1 − x. Compared with two ordinary heads trained alike, it is clearly "
        f"better in {verdicts.count('higher')} of {len(verdicts)} comparisons on partial digits, and clearly "
        f"worse in {verdicts.count('lower')}."
    )


def partial_columns(study: ShownStudy) -> list[str]:
    """Return the study's columns of partial digits."""
    return [column for cut, column in study.columns.items() if cut in CUTS]


def show_activations(study: ShownStudy) -> None:
    """Show the differences with other activation functions, each with its own network and control."""
    st.markdown(f"**{describe_activations(study)}**")
    _show_differences(study, lambda arm: arm.activation is not None)


def describe_activations(study: ShownStudy) -> str:
    """Return a sentence: how often the inversion helps a network with another activation function, over all cuts."""
    rows = study.rows()
    arms = [arm for arm in dict.fromkeys(arm for arm, _ in rows) if ARMS[arm].control and ARMS[arm].activation]
    learned = [arm for arm in arms if has_learned(rows[arm, "whole"]["values"])]
    verdicts = [rows[arm, column]["difference"]["verdict"] for arm in learned for column in partial_columns(study)]
    return (
        f"With other activation functions, the inversion is clearly better in {verdicts.count('higher')} of "
        f"{len(verdicts)} comparisons on partial digits, and clearly worse in {verdicts.count('lower')}."
    )


def _show_differences(study: ShownStudy, belongs: Callable[[Arm], bool]) -> None:
    """Show the interval of the paired difference between each arm and its matched control, for every cut."""
    rows = study.rows()
    arms = [arm for arm in dict.fromkeys(arm for arm, _ in rows) if ARMS[arm].control and belongs(ARMS[arm])]
    arms.sort(key=lambda arm: arm != "missing-feature")  # the talk's own first
    kept = [arm for arm in arms if has_learned(rows[arm, "whole"]["values"])]
    intervals = [_to_interval(rows[arm, column], cut) for arm in kept for cut, column in study.columns.items()]
    if intervals:
        show_drawn_chart(
            draw_intervals,
            intervals,
            COLUMN_COLORS,
            claim="what the talk claims",
            x_title="points more than the matched control",
        )
    failed = [ARMS[arm].title for arm in arms if arm not in kept]
    if failed:
        st.caption(
            f"Left out, because some seeds never learned to read whole digits: {escape_markdown(', '.join(failed))}."
        )
    st.caption(
        f"{explain_cuts()} A line is the 95 % interval of the mean difference over the seeds (Student's t). A full "
        "dot: zero lies outside the interval, so the difference is clear. Few seeds give wide intervals."
    )


def _to_interval(row: Row, cut: str) -> Interval:
    control = ARMS[ARMS[row["arm"]].control or ""].title
    difference = row["difference"]
    claimed = TALK_GAIN[cut] if row["arm"] == "missing-feature" else None
    title = f"{row['title']}<br><span style='font-weight:400'>against {control} · {row['seeds']} seeds</span>"
    return Interval(title, cut, difference["mean"], difference["low"], difference["high"], claimed)


def show_figures(study: ShownStudy) -> None:
    """Show the mean and the standard deviation of every arm's accuracy, for every cut."""
    rows = study.rows()
    st.markdown(f"**{describe_range(rows)}**")
    arms = dict.fromkeys(arm for arm, _ in rows)
    columns = {"method": st.column_config.TextColumn(pinned=True, width="medium")}
    if get_address().projector:  # a table measures its columns as if its type were small
        columns |= {column: st.column_config.TextColumn(width=PROJECTED) for column in study.record["columns"]}
    for track in dict.fromkeys(rows[arm, "whole"]["track"] for arm in arms):
        table = []
        for arm in (arm for arm in arms if rows[arm, "whole"]["track"] == track):
            figures = {column: format_mean(rows[arm, column]) for column in study.record["columns"]}
            table.append({"method": ARMS[arm].title, "seeds": rows[arm, "whole"]["seeds"], **figures})
        st.markdown(describe_track(track))
        st.dataframe(
            pd.DataFrame(table), hide_index=True, height="content", column_config=columns, row_height=TWO_LINES
        )
    st.caption(
        f"Accuracy in percent on test digits after the last epoch, mean ± standard deviation over the seeds. "
        f"{explain_cuts()} **code**: cut as the published code does; **RAND3**: three squares at other places. "
        "*Partial samples*: trained on partial digits, which the talk excludes; an upper bound, not a fair comparison."
    )


def describe_range(rows: Mapping[tuple[str, str], Row]) -> str:
    """Return a sentence: between which accuracies the blind networks are on digits without their top half."""
    read = {arm: float(row["mean"]) for (arm, cut), row in rows.items() if cut == "HCUT" and row["track"] == "blind"}
    learned = {arm: mean for arm, mean in read.items() if has_learned(rows[arm, "whole"]["values"])}
    least, most = min(learned, key=learned.__getitem__), max(learned, key=learned.__getitem__)
    return (
        f"Without the top half (HCUT), the blind networks read {learned[least]:.1f} % ({ARMS[least].title}) to "
        f"{learned[most]:.1f} % ({ARMS[most].title}) of the test digits correctly."
    )


def format_mean(row: Row) -> str:
    """Return the mean accuracy in percent and its standard deviation, if there are several seeds."""
    return f"{row['mean']:.1f}" + ("" if row["std"] is None else f" ± {row['std']:.1f}")


def explain_cuts() -> str:
    """Return a sentence that says what each cut erases."""
    return "Erased are: " + "; ".join(f"**{cut}**, the {name}" for cut, name in CUT_NAMES.items()) + "."


def show_published(study: ShownStudy) -> None:
    """Show the talk's table and the log of its published code beside our figures."""
    rows, published = study.rows(), study.record["published"]
    if study.record["dataset"]["name"] != "MNIST":
        st.info("The talk and its log used MNIST. Choose MNIST to compare them with our figures.")
        return
    sentence = st.empty()
    st.markdown(read_note("results", "The talk's table"))
    ours = {cut: rows["missing-feature", cut] for cut in ("whole", *CUTS)}
    found = [ours[cut]["to_standard"]["mean"] for cut in CUTS]
    claimed = [published["talk"]["gain"][cut] for cut in CUTS]
    sentence.markdown(
        f"**On partial digits, the talk's missing-feature network gains {format_interval(min(claimed), max(claimed))} "
        f"points over the ordinary network. Ours changes it by {format_interval(min(found), max(found))}.**"
    )
    gains = {
        "The talk": {cut: format_signed(gain) for cut, gain in published["talk"]["gain"].items()},
        "Ours, against the ordinary network": {cut: _format_gain(row["to_standard"]) for cut, row in ours.items()},
        "Ours, against the matched control": {cut: _format_gain(row["difference"]) for cut, row in ours.items()},
    }
    st.table(pd.DataFrame(gains).T)
    st.markdown(read_note("results", "The log"))
    log = {}
    for arm, figures in published["log"].items():
        if (arm, "whole") not in rows:
            continue
        log[f"{ARMS[arm].title}: the log"] = {column: f"{figures[column]:.1f}" for column in PUBLISHED_LOG_COLUMNS}
        log[f"{ARMS[arm].title}: ours"] = {column: format_mean(rows[arm, column]) for column in PUBLISHED_LOG_COLUMNS}
    st.table(pd.DataFrame(log).T)
    show_caption("results", "Talk and log")


def _format_gain(gain: Row) -> str:
    bounds = "" if gain["low"] is None else f"  :small[({format_interval(gain['low'], gain['high'])})]"
    return f"{format_signed(gain['mean'])}{bounds}"


def show_sentences(study: ShownStudy) -> None:
    """Show the conclusions of the study: those about the talk's claim, and on request those about every variant."""
    sentences = study.record["conclusions"].get(study.network, [])
    for sentence in sentences[:MAIN]:
        st.markdown(f"- {escape_markdown(sentence)}")
    with st.expander(f"{len(sentences[MAIN:])} more, about variants and other activations"):
        for sentence in sentences[MAIN:]:
            st.markdown(f"- {escape_markdown(sentence)}")


def escape_markdown(sentence: str) -> str:
    """Keep Markdown from reading formulas as its own signs."""
    return sentence.replace("*", r"\*").replace("~", r"\~")


def count_seeds(study: ShownStudy) -> str:
    """Return how many seeds the methods of the shown network have: not all have as many where one takes long."""
    counts = {int(row["seeds"]) for row in study.rows().values()}
    if len(counts) == 1:
        return f"{max(counts)} seeds of every method"
    return f"{max(counts)} seeds of each head, {min(counts)} where convolutions learn again"


def show_command(study: ShownStudy) -> None:
    """Show what was run and on which data, and the command that repeats it."""
    record, training = study.record, study.record["training"]
    about, epochs = record["dataset"], record["epochs"]
    st.caption(
        f"Recorded on the {about['images']:,} test digits of {about['name']}: {count_seeds(study)}, beginning "
        f"with {record['first_seed']}; {epochs} epochs for the ordinary network and {epochs} more for each retraining "
        f"(the talk's code: 10 + 10); SGD with learning rate {training['learning_rate']:g} and momentum "
        f"{training['momentum']:g} for all. This command repeats it:"
    )
    st.code(record["command"], language="bash", wrap_lines=True)
