"""The view "Summary" of the page "Results": the claim, the fair test and the verdict, a picture and a sentence each."""

from collections.abc import Sequence

import streamlit as st
from plotly.graph_objects import Figure

from core.pmnist.masks import CUT_NAMES, CUTS
from core.studies.arms import ARMS
from core.studies.claim_answer import ARM, Differences, answer_claim, count_excluded, find_differences
from core.system.number_format import format_interval, format_signed
from core.visualization.network_colors import COLUMN_COLORS
from core.visualization.studies import Interval, draw_intervals, draw_pairs
from dashboard.results.study import ShownStudy
from dashboard.widgets.charts import show_drawn_chart

SHOWN_CUT = "HCUT"
HEIGHT = 236  # pixels: the first picture fits the first screen of a projector, 910x512
STYLE = """<style>
.st-key-story { --ns-parts: row; --ns-part: minmax(0, 1fr); }
@media (max-width: 1000px) { .st-key-story { --ns-parts: column; --ns-part: 2fr 3fr; } }
.stApp:has(.ns-projector) .st-key-story { --ns-parts: column; --ns-part: 2fr 3fr; }
@media (max-width: 640px) { .stApp .st-key-story { --ns-part: minmax(0, 1fr) !important; } }
.st-key-story [data-testid="stHorizontalBlock"] { flex-direction: var(--ns-parts); }
.st-key-story [data-testid="stColumn"] { width: auto; }
.st-key-story [data-testid="stColumn"] > [data-testid="stVerticalBlock"] { display: grid; gap: .5rem 1.5rem;
  grid-template-columns: var(--ns-part); }
</style>"""  # words above each picture; on narrow screens and projectors beside it, so that one part fills the screen
COLORS = {cut: COLUMN_COLORS[cut] for cut in CUTS}


def show_story(study: ShownStudy) -> None:
    """Show what the talk claims, how we test it, and what became of it."""
    st.html(STYLE)
    st.markdown(f"**{answer_claim(*_compare(study))}**")
    parts = st.container(key="story").columns(3, gap="large")
    for place, show in zip(parts, (_show_claim, _show_test, _show_verdict), strict=True):
        with place:
            show(study)


def _show_claim(study: ShownStudy) -> None:
    gains = study.record["published"]["talk"]["gain"]
    low, high = (pick(gains[cut] for cut in CUTS) for pick in (min, max))
    st.markdown(
        "#### 1 · The claim\n\n"
        f"The talk: a network that reads what is **missing** (1 − x) gains {low:.0f} to {high:.0f} points of "
        "accuracy on digits with an erased part, compared with an ordinary network."
    )
    intervals = [Interval(_title(cut), cut, gains[cut], None, None) for cut in CUTS]
    show_drawn_chart(_draw_intervals, intervals, "gain in points, one run")


def _show_test(study: ShownStudy) -> None:
    rows, control = study.rows(), str(ARMS[ARM].control)
    before, after = (rows[arm, SHOWN_CUT]["values"] for arm in (control, ARM))
    st.markdown(
        "#### 2 · The fair test\n\n"
        "We compare it with a **control**: the same network, frozen, reset and trained as long, but without the "
        f"inversion. Each line is one seed. Seeds differ by up to {max(before) - min(before):.0f} points by chance."
    )
    show_drawn_chart(_draw_test, before, after)


def _draw_test(before: Sequence[float], after: Sequence[float]) -> Figure:
    figure = draw_pairs(before, after, ("control", "missing-feature"), COLORS[SHOWN_CUT])
    figure.update_yaxes(title=f"accuracy, %, {CUT_NAMES[SHOWN_CUT]} erased")
    figure.update_layout(height=HEIGHT)
    return figure


def _show_verdict(study: ShownStudy) -> None:
    differences, claimed = _compare(study)
    st.markdown(f"#### 3 · The verdict\n\n{conclude(differences, claimed)}")
    intervals = [
        Interval(_title(cut), cut, one["mean"], one["low"], one["high"], claimed[cut])
        for cut, one in differences.items()
    ]
    title = f"points more than the control, {study.rows()[ARM, SHOWN_CUT]['seeds']} seeds"
    show_drawn_chart(_draw_intervals, intervals, title)


def _compare(study: ShownStudy) -> tuple[Differences, dict[str, float]]:
    """Return the differences to the matched control and the talk's gains, by cut."""
    differences = find_differences(study.record["rows"], study.network, study.columns)
    return differences, study.record["published"]["talk"]["gain"]


def conclude(differences: Differences, claimed: dict[str, float]) -> str:
    """Return the verdict on the talk's claim in two or three sentences, from the differences to the control by cut."""
    by_verdict = {
        verdict: [
            f"{CUT_NAMES[cut]} erased, {format_signed(one['mean'])} points ({format_interval(one['low'], one['high'])})"
            for cut, one in differences.items()
            if one["verdict"] == verdict
        ]
        for verdict in ("higher", "lower", "open")
    }
    told = [
        f"{words} with the {'; the '.join(cuts)}"
        for words, cuts in (("better", by_verdict["higher"]), ("worse", by_verdict["lower"]))
        if cuts
    ]
    first = f"The inversion is {' and '.join(told)}." if told else "The inversion makes no clear difference."
    others = len(by_verdict["open"])
    rest = (
        f" On the other {others} cuts, zero lies inside the interval: no clear difference." if told and others else ""
    )
    return f"**{_judge_claim(differences, claimed)}** {first}{rest}"


def _judge_claim(differences: Differences, claimed: dict[str, float]) -> str:
    """Say on how many cuts our interval excludes the talk's gain."""
    excluded = count_excluded(differences, claimed)
    if excluded == len(differences):
        return "We cannot confirm it: the talk's gain (×) is outside our interval on each cut."
    return f"The talk's gain (×) lies outside our interval on {excluded} of {len(differences)} cuts."


def _draw_intervals(intervals: Sequence[Interval], x_title: str) -> Figure:
    figure = draw_intervals(intervals, COLORS, claim="the talk", x_title=x_title)
    figure.update_layout(showlegend=False, height=HEIGHT, margin_t=5)  # no legend above it
    return figure


def _title(cut: str) -> str:
    return f"{cut}: {CUT_NAMES[cut]}"
