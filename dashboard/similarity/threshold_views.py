"""The view "Threshold" of the page "Nearest digits": accuracy, stops and measured time by threshold."""

from math import isnan

import streamlit as st

from core.digits.datasets import Dataset
from core.similarity.thresholds import Comparison, evaluate_thresholds, find_wrong_hits
from core.similarity.timing import Timing
from core.system.number_format import format_signed
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.similarity import Tradeoff, draw_times, draw_tradeoff
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.similarity import cached
from dashboard.similarity.form import SHARES, ShortcutSettings, choose_settings, stage_name, thresholds_at
from dashboard.widgets.charts import show_chart
from dashboard.widgets.data_set import name_drawing

TIMED = (0.05, 0.35, 0.7, 1.0)  # shares at which the time is measured
SHOWN = 12  # digits with a wrong label
REPEAT = "shortcut repeat"  # the key of how often this visitor has measured again
ONE_AT_A_TIME = {"many together": False, "one at a time": True}


def show_threshold(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the current threshold's figures, and curves over all thresholds."""
    settings = choose_settings(data, zoo)
    if settings is None:
        return
    network, count, stages = settings.network, settings.count, settings.stages
    held_out, test = (cached.comparison(network, count, stages, split, data.name) for split in ("validation", "test"))
    st.markdown(f"**{describe_threshold(settings, test, name_drawing(data))}**")
    figures = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    tradeoff, time = st.columns([6, 5], gap="medium")
    with figures:
        _show_figures(settings, test)
        alone = _choose_timing()
    with tradeoff:
        _show_tradeoff(settings, held_out, test)
    with time:
        _show_time(settings, held_out, data, alone=alone)
    _show_parts(settings, test, data)
    _show_wrong(settings, test, data)


def _first_threshold(settings: ShortcutSettings, held_out: Comparison, share: float) -> float | None:
    """Return the threshold at the first stage, which is the curves' x axis; None if no digit passes."""
    distance = thresholds_at(held_out, share)[settings.stages[0]]
    return max(distance, 1e-7) if distance >= 0 else None  # a reference digit itself is at 0, which a log axis lacks


def describe_threshold(settings: ShortcutSettings, test: Comparison, thing: str) -> str:
    """Return a sentence: how many digits stop early, and what that costs in accuracy."""
    now = evaluate_thresholds(test, settings.thresholds)
    change = format_signed(now.accuracy - test.accuracy, 2)
    return (
        f"At this threshold, {now.hits:.0f} % of the test {thing}s stop early. Of all {thing}s, {now.accuracy:.2f} % "
        f"are read correctly: {change} points."
    )


def _show_figures(settings: ShortcutSettings, test: Comparison) -> None:
    now = evaluate_thresholds(test, settings.thresholds)
    values = {
        "stopped early": f"{now.hits:.1f} %",
        "of those, correct": "–" if isnan(now.precision) else f"{now.precision:.1f} %",
        "the whole network on the same digits": "–" if isnan(now.network_accuracy) else f"{now.network_accuracy:.1f} %",
        "all digits": f"{now.accuracy:.2f} % ({format_signed(now.accuracy - test.accuracy, 2)})",
    }
    for name, value in values.items():
        st.metric(name, value, width="content")


def _choose_timing() -> bool:
    """Draw the kind of timing and the button that repeats it; return whether digits come one at a time."""
    timing = address.segmented_control("time", "Time for digits", list(ONE_AT_A_TIME), key="shortcut way")
    st.button("Measure again", on_click=_repeat_timing, type="tertiary", key="shortcut again")
    return ONE_AT_A_TIME[timing]


def _repeat_timing() -> None:
    st.session_state[REPEAT] = _repeat() + 1


def _repeat() -> int:
    return int(st.session_state.get(REPEAT, 0))


def _show_tradeoff(settings: ShortcutSettings, held_out: Comparison, test: Comparison) -> None:
    shares = [share for share in SHARES if share]
    outcomes = [evaluate_thresholds(test, thresholds_at(held_out, share)) for share in shares]
    curves = Tradeoff(
        [_first_threshold(settings, held_out, share) or 0 for share in shares],
        [one.hits for one in outcomes],
        [None if isnan(one.precision) else one.precision for one in outcomes],
        [one.accuracy for one in outcomes],
        test.accuracy,
    )
    threshold = _first_threshold(settings, held_out, settings.share)
    figure = draw_tradeoff(curves, threshold=threshold, where=stage_name(settings.stages[0]))
    show_chart(figure, key="shortcut worth")
    st.caption(
        f"Measured on the first {len(test.labels):,} test pictures. The dotted line is the network without the "
        f"shortcut. At these thresholds, 1 to 100 % of {len(held_out.labels):,} validation pictures stop early."
    )


def _show_time(settings: ShortcutSettings, held_out: Comparison, data: Dataset, *, alone: bool) -> None:
    """Show the time by threshold, the current one among them."""

    def measure(thresholds: dict[str, float]) -> Timing:
        stages, repeat = settings.stages, _repeat()
        return cached.timing(settings.network, settings.count, stages, thresholds, alone, data.name, repeat)

    now = measure(settings.thresholds)
    tried = {share: measure(thresholds_at(held_out, share)) for share in TIMED}
    ratios = {_first_threshold(settings, held_out, share): timing.ratio for share, timing in tried.items()}
    ratios[_first_threshold(settings, held_out, settings.share)] = now.ratio
    points = sorted((place, ratio) for place, ratio in ratios.items() if place is not None)
    figure = draw_times(
        [place for place, _ in points],
        [ratio for _, ratio in points],
        where=stage_name(settings.stages[0]),
        threshold=_first_threshold(settings, held_out, settings.share),
    )
    show_chart(figure, key="shortcut cost")
    st.caption(
        f"Measured on this computer: {now.shortcut:.3f} ms per digit with the shortcut, {now.plain:.3f} ms without, so "
        f"**{now.ratio:.2f}** times as long. Below the dotted line the shortcut saves time."
    )


def _show_parts(settings: ShortcutSettings, test: Comparison, data: Dataset) -> None:
    """Say for each stage how long a look-up takes, how much time a hit saves, and whether that pays."""
    left = 100.0
    for stage, hits in zip(settings.stages, evaluate_thresholds(test, settings.thresholds).depths, strict=True):
        costs = cached.costs(settings.network, settings.count, stage, data.name, _repeat())
        times = (
            f"**{stage_name(stage)}**: the look-up takes {costs.lookup:.3f} ms per digit, the layers after it "
            f"{costs.after:.3f} ms."
        )
        least, share = 100 * costs.lookup / costs.after, 100 * hits / left if left else 0.0
        if least >= 100:
            st.warning(
                f"{times} The look-up takes longer than the layers it saves. It cannot save time here, even if every "
                "digit stopped early."
            )
        else:
            verdict = "it saves time" if share > least else "it saves no time"
            st.info(
                f"{times} It saves time if more than {least:.0f} % of these digits stop early. Now {share:.0f} % do, "
                f"so {verdict}."
            )
        left -= hits


def _show_wrong(settings: ShortcutSettings, test: Comparison, data: Dataset) -> None:
    """Show the first digits with a wrong label, each beside the reference digit it got it from."""
    wrong = find_wrong_hits(test, settings.thresholds)
    if not wrong:
        return
    st.markdown(f"#### {len(wrong):,} digits got a wrong label: each beside the reference digit it resembles")
    items = []
    for one in wrong[:SHOWN]:
        pair = [
            digits.images(slice(at, at + 1))[0, 0].numpy()
            for digits, at in ((data.test, one.index), (data.train, one.match))
        ]
        read = data.classes[int(test.network_labels[one.index])]
        text = (
            f"a {data.classes[int(test.labels[one.index])]}, {stage_name(one.stage)} says "
            f"{data.classes[one.label]}, the network {read}"
        )
        items.append(GalleryItem(arrays.contact_sheet(pair, 2, factor=3), text))
    st.html(draw_gallery(items, min_width=130, css_class="ns-wrong"))
