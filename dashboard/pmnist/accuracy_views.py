"""The views "The table" and "How much is missing": how many partial digits networks read, recorded and measured now."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import pandas as pd
import streamlit as st
import torch

from core.digits.datasets import Dataset, title_of
from core.networks import evaluation
from core.networks.accuracy_curves import HALF, SHARES, RecordedCurves, recorded_curves
from core.networks.evaluation import COLUMNS, TALK_ACCURACY, TALK_GAIN
from core.pmnist.masks import Variant
from core.system.number_format import format_signed
from core.visualization.figures import Curve, draw_curves
from core.visualization.network_colors import color_of
from core.zoo.checkpoints import Card
from dashboard.pmnist.cut_views import choose_growth
from dashboard.server import caches, data_sets
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.charts import show_chart
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.mask import choose_variant
from dashboard.widgets.measuring import by_network, choose_count, weigh
from dashboard.widgets.networks import choose_networks
from dashboard.widgets.progress import compute_in_parts
from dashboard.widgets.readings import networks_or_warn
from dashboard.widgets.tables import show_accuracies
from dashboard.widgets.texts import read_note, show_text

Accuracies = Mapping[float, float]  # in percent, by the share of the picture that is missing
QUICK_COUNT = 100  # test digits that are read while the page opens
FIRST_COUNT = 1000  # test digits that a table measures, if no other number is chosen


def show_table(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the recorded MNIST table, and the same measured here and now on the current digits."""
    sentence = st.empty()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        variant = choose_variant("variant")
        names = choose_networks(zoo)
    recorded = {name: zoo[name].accuracies(variant) for name in names if zoo[name].accuracies(variant)}
    sentence.markdown(f"**{describe_table(recorded, zoo, name_drawing(data))}**")
    show_accuracies(recorded, zoo)
    if recorded and data.labelled:
        st.caption(
            read_note("pmnist", "Recorded").format(
                describe_tested((zoo[name] for name in recorded), name_drawing(data))
            )
        )
    _show_talk()
    with st.expander("How to read this table"):
        show_text("pmnist_table")
    with st.expander(f"Measure it now on {data.title}"):
        _measure_table(data, zoo, names, variant)


def describe_table(table: Mapping[str, Mapping[str, float]], zoo: Zoo, thing: str) -> str:
    """Return a sentence about the accuracies without the top half."""
    if not table:
        return "There is no recorded accuracy for these networks: measure it below."
    read = ", ".join(f"{zoo[name].title} reads {row['HCUT']:.1f} %" for name, row in table.items())
    tested = describe_tested((zoo[name] for name in table), thing)
    return f"Without the top half (HCUT), {read} of {tested} correctly."


def describe_tested(cards: Iterable[Card], thing: str) -> str:
    """Return which test digits the networks' recorded accuracies were measured on."""
    found = (card.find_measurement("text") for card in cards)
    tested = {f"the {one.digits:,} {title_of(one.dataset)} test {thing}s" for one in found if one is not None}
    return " and ".join(sorted(tested))


def _show_talk() -> None:
    """Show the talk's own Table 1 beside ours, clearly told apart."""
    without = {column: f"{TALK_ACCURACY[column] - TALK_GAIN[column]:.1f}" for column in TALK_ACCURACY}
    inverted = {
        column: f"{accuracy:.1f}  :small[({format_signed(TALK_GAIN[column])})]"
        for column, accuracy in TALK_ACCURACY.items()
    }
    st.markdown(read_note("pmnist", "The talk's table"))
    st.table(pd.DataFrame({"Talk: ordinary": without, "Talk: missing-feature": inverted}).T)


def _measure_table(data: Dataset, zoo: Zoo, chosen: Sequence[str], variant: Variant) -> None:
    """Measure the chosen networks on the current digits."""
    names = tuple(networks_or_warn(chosen, data))
    count = choose_count(data, "live count", FIRST_COUNT)
    labels = data.test.first(count).labels

    def measure(cell: tuple[str, str]) -> float:
        name, column = cell
        predicted = caches.predicted(name, column, variant, count, data.name)
        return evaluation.accuracy(labels, torch.from_numpy(predicted))

    def show(found: Mapping[tuple[str, str], float]) -> None:
        show_accuracies(by_network(found), zoo)
        st.caption(f"The first {count:,} test {name_drawing(data)}s of {data.title} ({data.source}), measured now.")

    compute_in_parts(
        list(product(names, COLUMNS)),
        measure,
        show,
        key="measure",
        start="Measure",
        about=(names, variant, count, data.name),
        weigh=lambda cell: weigh(cell[0], zoo),
    )


def show_curves(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show accuracy against how much of each digit is missing: recorded on MNIST, and measured now."""
    sentence = st.empty()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = choose_growth()
        names = choose_networks(zoo)
    record = _recorded_or_warn(data)
    recorded = record.of(names, kind) if record else {}
    curves = recorded or _measure_quick(names, kind, data, zoo)
    count = record.dataset.images if record and recorded else QUICK_COUNT
    sentence.markdown(f"**{describe_curves(curves, kind, zoo, f'{count} test {name_drawing(data)}s')}**")
    _draw(curves, zoo, key="first curves")  # those measured below may be the same
    if not record or not recorded:
        st.caption(
            f"Measured now on the first {QUICK_COUNT} test {name_drawing(data)}s of {data.title}, with the quick "
            "networks only."
        )
    else:
        st.caption(
            f"Recorded on the first {count:,} test digits of {record.dataset.name}; "
            f"`python -m core evaluate --all --growing --images {count}` repeats it. *The table* counts 10,000 digits, "
            "so its figures differ. *Restoring* knows which pixels are erased, the others do not."
        )
    with st.expander(f"Measure it now on {data.title}"):
        _measure_curves(data, zoo, names, kind)


def _recorded_or_warn(data: Dataset) -> RecordedCurves | None:
    """Return the recorded curves, which the page names after their set; none for another set that was chosen."""
    try:
        record = recorded_curves()
        return record if data.name in (record.dataset.name, data_sets.default_name()) else None
    except ValueError as error:
        st.warning(str(error))
        return None


def _measure_quick(names: Sequence[str], kind: str, data: Dataset, zoo: Zoo) -> dict[str, Accuracies]:
    """Return the curves of the networks that need no second, on few digits."""
    quick = [name for name in networks_or_warn(names, data) if weigh(name, zoo) == 1]
    return {
        name: {share: caches.accuracy_when_missing(name, kind, share, QUICK_COUNT, data.name) for share in SHARES}
        for name in quick
    }


def describe_curves(curves: Mapping[str, Accuracies], kind: str, zoo: Zoo, tested: str) -> str:
    """Return a sentence about the accuracies with half of the picture missing."""
    if not curves:
        return "These networks take some time: measure their curves below."
    read = ", ".join(f"{zoo[name].title} still reads {accuracies[HALF]:.0f} %" for name, accuracies in curves.items())
    return f"With half of the picture erased {kind}, {read} of the first {tested} correctly."


def _draw(curves: Mapping[str, Accuracies], zoo: Zoo, key: str | None = None) -> None:
    drawn = [
        Curve(zoo[name].title, color_of(name), [100 * share for share in accuracies], list(accuracies.values()))
        for name, accuracies in curves.items()
    ]
    figure = draw_curves(drawn, x_title="erased, % of the picture", y_title="accuracy, %")
    show_chart(figure, key=key)


def _measure_curves(data: Dataset, zoo: Zoo, chosen: Sequence[str], kind: str) -> None:
    names = tuple(networks_or_warn(chosen, data))
    count = choose_count(data, "curve count", 250)

    def show(found: Mapping[tuple[str, float], float]) -> None:
        _draw(by_network(found), zoo)
        st.caption(f"The first {count:,} test {name_drawing(data)}s of {data.title}, measured now.")

    compute_in_parts(
        list(product(names, SHARES)),
        lambda cell: caches.accuracy_when_missing(cell[0], kind, cell[1], count, data.name),
        show,
        key="curves",
        start="Measure",
        about=(names, kind, count, data.name),
        weigh=lambda cell: weigh(cell[0], zoo),
    )
