"""The view "Random weights": does a method's map change when the network loses what it has learned?"""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.attribution.judging import RandomizedStep
from core.attribution.methods import METHODS
from core.digits.datasets import Dataset
from core.studies.explanations import STUDY, describe_ignoring
from core.system.number_format import with_minus
from core.visualization.attribution import METHOD_COLORS, NetworkRow, PictureCell, draw_attribution, draw_network_rows
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.why import cached
from dashboard.why.erasing import show_strongest_menu
from dashboard.why.network_readings import describe_answer, find_ink
from dashboard.widgets.maps import choose_classifier
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import read_note, read_tip, show_caption, show_text

MAX_COLUMNS = 6  # pictures side by side


def show_random_weights(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show each method's map of the answer while more and more layers, from the last one on, get random weights."""
    scene, right = choose_beside(read_tip("why", "Random weights"), session, data)
    with right:
        if scene is None:
            return
        controls = st.container(horizontal=True, vertical_alignment="bottom")
        with controls:
            name, network = choose_classifier(data, zoo, width=240)
        if network is None:
            return
        if address.stroke_goes_on():
            st.caption("The maps are compared when the stroke ends.")
            return
        digit, mask = scene
        inked = find_ink(name, digit, mask, data)
        if inked is None:
            st.info(read_note("why", "No ink"))
            return
        left, label = inked
        steps = cached.randomized(name, data.name, left, label, network)
        with controls:
            show_strongest_menu(_name_maps(steps), *scene)
        st.markdown(f"**It {describe_answer(name, digit, mask, data)}. {describe(steps)}**")
        if (record := caches.find_record(STUDY, data.name)) is not None:
            st.markdown(describe_ignoring(record))
        _show_grid(_choose_steps(steps), left, mask)
        show_caption("why", "Random weights")
    with st.expander("How the methods are judged"):
        show_text("why_judging")


def describe(steps: Sequence[RandomizedStep]) -> str:
    """Return a sentence: how much each map is like that of the trained network once all weights are random."""
    alike = sorted(steps[-1].signed.items(), key=lambda one: -one[1])
    listed = ", ".join(f"{METHODS[method].title} {_write(value)}" for method, value in alike)
    return f"Rank correlation with the trained network's map once all weights are random: {listed}."


def _name_maps(steps: Sequence[RandomizedStep]) -> dict[str, Digit]:
    """Return each method's map of the trained network, then with random weights in all layers."""
    both = {"trained": steps[0], "random weights": steps[-1]}
    return {
        f"{METHODS[method].title}, {weights}": values.numpy()
        for weights, step in both.items()
        for method, values in step.maps.items()
    }


def _choose_steps(steps: Sequence[RandomizedStep]) -> list[RandomizedStep]:
    """Return at most MAX_COLUMNS of the steps, evenly spread, with the first and the last."""
    places = np.linspace(0, len(steps) - 1, min(MAX_COLUMNS, len(steps)))
    return [steps[round(place)] for place in places]


def _show_grid(steps: Sequence[RandomizedStep], digit: Digit, mask: Mask) -> None:
    """Show a row for each method, a column for each step."""
    rows = []
    for method in steps[0].maps:
        cells = [PictureCell(_draw(step, method, digit, mask), _write(step.signed[method])) for step in steps]
        last = _write(steps[-1].signed[method])
        rows.append(NetworkRow(METHODS[method].title, METHOD_COLORS[method], last, "with random weights", cells))
    columns = ["trained", *(f"random from {step.stages[-1]} on" for step in steps[1:])]
    st.html(draw_network_rows(rows, columns))


def _draw(step: RandomizedStep, method: str, digit: Digit, mask: Mask) -> np.ndarray:
    values = step.maps[method].numpy()
    return draw_attribution(digit, mask, values, limit=float(np.abs(values).max()))


def _write(correlation: float) -> str:
    return with_minus(f"{round(correlation, 2) + 0.0:.2f}")
