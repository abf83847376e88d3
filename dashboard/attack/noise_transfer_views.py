"""The view "Whose noise fools whom" of the page "Attack": whose noise fools which network, from the recorded study."""

from typing import Any

import streamlit as st

from core.digits.datasets import Dataset
from core.studies.noise_transfer import RANDOM_SIGNS
from core.studies.noise_transfer_record import (
    STUDY,
    Matrix,
    compare_networks,
    compare_universal,
    to_curve,
    to_matrix,
)
from core.visualization.adversarial import draw_accuracy_matrix
from core.visualization.figures import Curve, draw_curves
from core.visualization.network_colors import color_of
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.charts import show_chart
from dashboard.widgets.texts import show_conclusions, show_tip

OWN = "each network's own"  # noise
Record = dict[str, Any]


def show_noise_transfer(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the accuracy of every network under every network's noise, as a matrix and as curves."""
    record = caches.find_record(STUDY, data.name)
    if record is None:
        st.info("Noise transfer was not measured on this data set.")
        return
    headline = st.empty()
    show_tip("attack", "Whose noise fools whom")
    matrix, curves = st.container(key="noise-transfer").columns([7, 5], gap="medium")
    with matrix:
        said = _show_matrix(record)
    headline.markdown(f"**{said}**")
    with curves:
        _show_curves(record)
    show_conclusions(record | {"conclusions": [one for one in record["conclusions"] if one != said]})


def _title(record: Record, name: str) -> str:
    return "random signs" if name == RANDOM_SIGNS else str(record["networks"].get(name, {}).get("title", name))


def _show_matrix(record: Record) -> str:
    """Show the accuracies under the chosen noise; return a sentence about them."""
    settings = record["settings"]
    noises = {f"for each digit, epsilon {size:g}": ("pgd", size) for size in sorted(settings["crossed"], reverse=True)}
    noises[f"one for all, epsilon {settings['universal_epsilon']:g}"] = ("universal", settings["universal_epsilon"])
    chosen = address.segmented_control("noise", "Noise", list(noises), key="falls noise", wrap=True)
    kind, epsilon = noises[chosen]
    found: Matrix = to_matrix(record, kind, epsilon)
    rows, columns = ([_title(record, name) for name in names] for names in (found.sources, found.readers))
    own = [(row, found.readers.index(name)) for row, name in enumerate(found.sources) if name in found.readers]
    st.html(draw_accuracy_matrix(found.accuracies, rows, columns, framed=own))
    st.caption(
        f"Percent of the noisy digits that are still read correctly, out of the first {settings['digits']:,} test "
        "digits. Red: many are fooled. Framed: a network under the noise that was made for it. Restoring networks have "
        "no gradient; they only read noise that was made for others."
    )
    return compare_universal(record) if kind == "universal" else compare_networks(record, epsilon)


def _show_curves(record: Record) -> None:
    settings = record["settings"]
    readers = list(record["networks"])
    sources = {OWN: None, f"noise of {_title(record, readers[0])}": readers[0], "random signs": RANDOM_SIGNS}
    chosen = address.segmented_control("under", "Noise of", list(sources), key="falls source", wrap=True)
    curves = []
    for name in readers:
        points = to_curve(record, name, sources[chosen])
        if len(points) > 1:
            curves.append(Curve(_title(record, name), color_of(name), list(points), list(points.values())))
    figure = draw_curves(curves, x_title=f"epsilon (L∞), {settings['steps']} steps of PGD", y_title="accuracy, %")
    figure.update_layout(height=430, hovermode="closest")
    show_chart(figure)
