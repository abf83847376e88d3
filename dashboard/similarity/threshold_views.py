"""The view "Threshold" of the page "Nearest digits": what each threshold is worth, and the time it really takes."""

from __future__ import annotations

from math import isnan

import streamlit as st

from core.digits.datasets import Dataset
from core.similarity.thresholds import Comparison, evaluate_thresholds, find_wrong_hits
from core.similarity.timing import Timing
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.similarity import Tradeoff, draw_times, draw_tradeoff
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.similarity import cached
from dashboard.similarity.settings import SHARES, WORDS, Setting, choose_setting, thresholds_of
from dashboard.widgets.charts import PLAIN

TIMED = (0.05, 0.35, 0.7, 1.0)
SHOWN = 12  # digits with a wrong label
REPEAT = "shortcut measured"  # how often this visitor has measured again
WAYS = {"many together": False, "one at a time": True}


def show_threshold(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show what the threshold of now costs and saves, and what any other would."""
    setting = choose_setting(data, zoo)
    if setting is None:
        return
    network, count, stages = setting.network, setting.count, setting.stages
    held_out, test = (cached.comparison(network, count, stages, split, data.name) for split in ("validation", "test"))
    figures, alone = st.container(horizontal=True, vertical_alignment="bottom", gap="medium"), False
    worth, cost = st.columns([6, 5], gap="medium")
    with figures:
        _show_figures(setting, test)
        alone = _choose_way()
    with worth:
        _show_worth(setting, held_out, test)
    with cost:
        _show_cost(setting, held_out, data, alone=alone)
    _show_parts(setting, test, data)
    _show_wrong(setting, test, data)


def _at_first(setting: Setting, held_out: Comparison, share: float) -> float | None:
    """Return the threshold at the first stage, where the curves have it; None where nothing is near enough."""
    distance = thresholds_of(held_out, share)[setting.stages[0]]
    return max(distance, 1e-7) if distance >= 0 else None  # a digit among those seen is at 0, which no log axis has


def _where(setting: Setting) -> str:
    return WORDS.get(setting.stages[0], setting.stages[0])


def _show_figures(setting: Setting, test: Comparison) -> None:
    now = evaluate_thresholds(test, setting.thresholds)
    values = {
        "cut short": f"{now.hits:.1f} %",
        "of those, rightly": "–" if isnan(now.precision) else f"{now.precision:.1f} %",
        "the network on the same": "–" if isnan(now.network_accuracy) else f"{now.network_accuracy:.1f} %",
        "all digits": f"{now.accuracy:.2f} % ({now.accuracy - test.accuracy:+.2f})".replace("-", "−"),
    }
    for name, value in values.items():
        st.metric(name, value, width="content")


def _choose_way() -> bool:
    """Let people choose whether digits come together or alone, and have the time measured anew."""
    way = address.segmented_control("time", "Time, when they come", list(WAYS), "many together", key="shortcut way")
    st.button("Measure again", on_click=_measure_again, type="tertiary", key="shortcut again")
    return WAYS[way]


def _measure_again() -> None:
    st.session_state[REPEAT] = _repeat() + 1


def _repeat() -> int:
    return int(st.session_state.get(REPEAT, 0))


def _show_worth(setting: Setting, held_out: Comparison, test: Comparison) -> None:
    shares = [share for share in SHARES if share]
    outcomes = [evaluate_thresholds(test, thresholds_of(held_out, share)) for share in shares]
    curves = Tradeoff(
        [_at_first(setting, held_out, share) or 0 for share in shares],
        [one.hits for one in outcomes],
        [None if isnan(one.precision) else one.precision for one in outcomes],
        [one.accuracy for one in outcomes],
        test.accuracy,
    )
    figure = draw_tradeoff(curves, threshold=_at_first(setting, held_out, setting.share), where=_where(setting))
    st.plotly_chart(figure, width="stretch", config=PLAIN, key="shortcut worth")
    st.caption(
        f"The first {len(test.labels):,} test digits; the dotted line is the network without the shortcut. "
        f"Thresholds are those that 1 to 100 % of {len(held_out.labels):,} validation digits pass."
    )


def _show_cost(setting: Setting, held_out: Comparison, data: Dataset, *, alone: bool) -> None:
    """Show the time by threshold, that of now among them."""

    def find(thresholds: dict[str, float]) -> Timing:
        stages, repeat = setting.stages, _repeat()
        return cached.timing(setting.network, setting.count, stages, thresholds, alone, data.name, repeat)

    now = find(setting.thresholds)
    tried = {share: find(thresholds_of(held_out, share)) for share in TIMED}
    ratios = {_at_first(setting, held_out, share): timing.ratio for share, timing in tried.items()}
    ratios[_at_first(setting, held_out, setting.share)] = now.ratio
    points = sorted((place, ratio) for place, ratio in ratios.items() if place is not None)
    figure = draw_times(
        [place for place, _ in points],
        [ratio for _, ratio in points],
        where=_where(setting),
        threshold=_at_first(setting, held_out, setting.share),
    )
    st.plotly_chart(figure, width="stretch", config=PLAIN, key="shortcut cost")
    st.caption(
        f"Measured here, in turns with the plain network: {now.shortcut:.3f} against {now.plain:.3f} ms for "
        f"each digit, so **{now.ratio:.2f}** of its time. Below the dotted line the shortcut pays."
    )


def _show_parts(setting: Setting, test: Comparison, data: Dataset) -> None:
    """Say at each stage what looking up costs, what a hit saves, and whether that can pay at all."""
    left = 100.0
    for stage, hits in zip(setting.stages, evaluate_thresholds(test, setting.thresholds).depths, strict=True):
        costs = cached.costs(setting.network, setting.count, stage, data.name, _repeat())
        prices = (
            f"**{WORDS.get(stage, stage)}**: looking up costs {costs.lookup:.3f} ms for each digit, the layers "
            f"after it {costs.after:.3f} ms."
        )
        least, share = 100 * costs.lookup / costs.after, 100 * hits / left if left else 0.0
        if least >= 100:
            st.warning(
                f"{prices} Looking up costs more than the layers it saves: even if every digit were cut short "
                "here, it would not pay."
            )
        else:
            verdict = "it pays" if share > least else "it does not pay"
            st.info(
                f"{prices} It pays if more than {least:.0f} % of the digits that come here are cut short; now it "
                f"is {share:.0f} %, so {verdict}."
            )
        left -= hits


def _show_wrong(setting: Setting, test: Comparison, data: Dataset) -> None:
    """Show the first digits that were given a wrong label, each beside the one it was taken for."""
    wrong = find_wrong_hits(test, setting.thresholds)
    if not wrong:
        return
    st.markdown(f"#### {len(wrong):,} were given a wrong label: each beside the digit it was taken for")
    items = []
    for one in wrong[:SHOWN]:
        pair = [
            digits.images(slice(at, at + 1))[0, 0].numpy()
            for digits, at in ((data.test, one.index), (data.train, one.match))
        ]
        read = data.classes[int(test.network_labels[one.index])]
        words = (
            f"a {data.classes[int(test.labels[one.index])]}, {WORDS.get(one.stage, one.stage)} says "
            f"{data.classes[one.label]}, the network {read}"
        )
        items.append(GalleryItem(arrays.contact_sheet(pair, 2, factor=3), words))
    st.html(draw_gallery(items, min_width=130, css_class="ns-wrong"))
