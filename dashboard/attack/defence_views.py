"""The view "Defence" of the page "Attack": what adversarial training helps against, and what not."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.digits.datasets import Dataset
from core.pmnist.masks import CUTS
from core.studies.noise_transfer_record import STUDY, to_curve
from core.system.number_format import format_signed
from core.visualization.figures import Curve, draw_curves
from core.visualization.network_colors import color_of
from dashboard import address
from dashboard.attack.defence_runs import FRAMES, KINDS, STEPS, Sweep, SweepInputs
from dashboard.components.player import Look
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import playing
from dashboard.widgets.charts import show_chart
from dashboard.widgets.readings import label_of, networks_or_warn
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import read_tip, show_text

STANDARD, ROBUST = "standard", "robust"
BOTH = (STANDARD, ROBUST)
KEY, SWEEP = "defence", "defence sweep"


def show_defence(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the standard and the adversarially trained network under the same attacks."""
    scene, right = choose_beside(
        read_tip("attack", "Defence"),
        session,
        data,
    )
    record = caches.find_record(STUDY, data.name)
    with right:
        st.markdown(f"**{describe_noise(record, data)}**")
        kind = address.segmented_control(
            "grows",
            "Kind of attack",
            list(KINDS),
            "linf",
            key="defence kind",
            format_func=lambda one: KINDS[one][0],
            label_visibility="collapsed",
            wrap=True,
        )
        if scene is not None and len(networks_or_warn(BOTH, data)) == 2:
            pixels = np.ascontiguousarray(scene[0] * scene[1], np.float32)
            label = label_of(session, STANDARD, scene[0], data)
            _show_sweep(SweepInputs(kind, BOTH, label, pixels.tobytes()), data, zoo)
        if record is not None:
            _show_curves(record, zoo)
    prose, figures = st.columns([5, 6], gap="medium")
    with prose:
        show_text("attack_defence")
    with figures:
        _show_cuts(zoo)


def describe_noise(record: dict[str, Any] | None, data: Dataset) -> str:
    """Return a sentence about both networks under their own noise, at the epsilon where they differ most."""
    if record is None:
        return f"The defence was not measured on {data.title}. Press *Attack both* to see it on your digit."
    standard, robust = (to_curve(record, name) for name in BOTH)
    at = max(standard.keys() & robust.keys(), key=lambda epsilon: robust[epsilon] - standard[epsilon])
    return (
        f"Under noise of epsilon {at:g}, the standard network still reads {standard[at]:.1f} % of the digits "
        f"correctly, the adversarially trained network {robust[at]:.1f} %."
    )


def _show_sweep(inputs: SweepInputs, data: Dataset, zoo: Zoo) -> None:
    sweep: Sweep | None = st.session_state.get(SWEEP)
    if sweep is None or sweep.inputs != inputs:
        networks = {name: caches.classifier(name, data.name) for name in inputs.names}
        sweep = Sweep(inputs, networks, {name: zoo[name].title for name in inputs.names}, data.classes)
        st.session_state[SWEEP] = sweep
    look = Look(
        f"Probability of {data.classes[inputs.label]}, %",
        {zoo[name].title: color_of(name) for name in inputs.names},
        unit=" %",
        limits=(0, 100),
        axis="% erased" if inputs.kind == "erase" else "epsilon",
        speed=0.25,
    )
    playing.play(sweep.steps, sweep.to_frame, key=KEY, look=look, total=FRAMES, about=inputs, start="Attack both")
    if f"{KEY}/run" not in st.session_state:
        return
    left, right = (zoo[name].title for name in inputs.names)
    st.caption(
        f"Left: {left}, right: {right}. Each network has its own attack at each strength, with {STEPS} steps of PGD."
    )


def _show_curves(record: dict[str, Any], zoo: Zoo) -> None:
    """Show both networks' accuracy under their own noise by epsilon, from the recorded study."""
    curves = []
    for name in BOTH:
        points = to_curve(record, name)
        curves.append(Curve(zoo[name].title, color_of(name), list(points), list(points.values())))
    about = record["dataset"]
    st.markdown(
        f"**Accuracy, each network under its own attack (first {about['images']:,} test digits of {about['name']})**"
    )
    figure = draw_curves(curves, x_title="epsilon (L∞)", y_title="accuracy, %")
    figure.update_layout(height=280)
    show_chart(figure)


def _show_cuts(zoo: Zoo) -> None:
    """Show both networks' accuracy on whole and cut digits: adversarial training does not help there."""
    if not all(zoo[name].accuracies() for name in BOTH):
        return
    rows = {zoo[name].title: {cut: f"{value:.1f} %" for cut, value in zoo[name].accuracies().items()} for name in BOTH}
    st.markdown("**Accuracy without noise, whole and cut (all 10,000 MNIST test digits)**")
    st.table(pd.DataFrame(rows).T)
    st.markdown(conclude(*(zoo[name].accuracies() for name in BOTH)))


def conclude(standard: Mapping[str, float], robust: Mapping[str, float]) -> str:
    """Return what adversarial training does on whole and on cut digits, from the accuracies of both networks."""
    gains = {cut: robust[cut] - standard[cut] for cut in CUTS if cut in robust and cut in standard}
    if not gains:
        return ""
    words = ", ".join(f"{cut} {format_signed(gain)}" for cut, gain in gains.items())
    return (
        f"Adversarial training is no protection against missing parts: on the cuts it changes the accuracy by {words} "
        "points, as much as another seed would."
    )
