"""The view "Noise for all" of the page "Attack": one noise per class that makes any digit be read as that class."""

from __future__ import annotations

from math import ceil

import pandas as pd
import streamlit as st
import torch

from core.adversarial.config import Norm
from core.adversarial.universal import UniversalConfig, UniversalStep, measure_noise
from core.digits.datasets import Dataset, Digits
from core.visualization.adversarial import draw_noise_table
from core.visualization.network_colors import color_of
from core.zoo.checkpoints import CheckpointError, without_restoring
from dashboard import address
from dashboard.attack import settings
from dashboard.attack import universal_runs as runs
from dashboard.attack.universal_runs import AskedNoise, Growth
from dashboard.components.player import Look
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import playing
from dashboard.widgets.playing import Run
from dashboard.widgets.progress import with_progress

KEY, GROWTH = "noise", "noise growth"
NORMS = {"none": "nothing, as in the assignment", "linf": "any pixel (L∞)", "l2": "length (L2)"}
USED = {"200": 200, "1,000": 1000, "10,000": 10_000, "all": 10**9}
BATCH = 30  # training digits of each step, times ten classes: a few steps a second on one core
TESTED = 500  # test digits, evenly from all of them


def show_noise(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the noises of all classes growing, and afterwards what they do to nine digits."""
    left, right = st.columns([330, 880], gap="medium")
    with left:
        st.caption(
            "Try: press *Grow*. Ten noises appear, one for each class; added to *any* digit, they make it be "
            "read as that class. Then limit any pixel to 0.2: is it still enough?"
        )
        asked = _choose(data, zoo)
    with right:
        if asked is None:
            return
        growth = _prepare(asked, data, zoo)
        run: Run[UniversalStep] | None = st.session_state.get(f"{KEY}/run")
        under_way = run is not None and run.about == asked and not run.finished
        cost = _choose_shown(growth, under_way=under_way) == "cost"
        playing.play(
            growth.steps,
            growth.to_frame,
            key=KEY,
            look=_look(growth, cost=cost),
            total=asked.config.steps + 1,
            about=asked,
            start="Grow",
        )
        st.caption(
            "Above: the ten noises; black is zero, blue adds ink, red takes it away. Below: nine test digits "
            "with the chosen noise, what each is and how it is read."
        )
    run = st.session_state.get(f"{KEY}/run")
    if run is not None and run.finished and len(growth.records) > 1:
        _show_result(growth, data, zoo)


def _choose(data: Dataset, zoo: Zoo) -> AskedNoise | None:
    """Let people set the network and how the noise learns."""
    network = settings.choose_network(zoo)
    if not network:
        return None
    chosen = address.selectbox("limit", "Limited is", list(NORMS), key="noise norm", format_func=NORMS.__getitem__)
    norm: Norm | None = "linf" if chosen == "linf" else "l2" if chosen == "l2" else None
    largest = address.slider("epsilon", "Epsilon", 0.0, 1.0, 0.2, 0.01, key="noise linf", shown=norm == "linf")
    length = address.slider("length", "Epsilon", 0.0, 15.0, 5.0, 0.5, key="noise l2", shown=norm == "l2")
    epsilon = largest if norm == "linf" else length if norm == "l2" else 0.2
    steps = address.slider("steps", "Steps", 5, 100, 50, 5, key="noise steps")
    stride = address.slider("stride", "Step size", 0.01, 1.0, 0.2, 0.01, key="noise stride")
    used = address.select_slider("digits", "Training digits used", list(USED), "10,000", key="noise digits")
    digits = min(USED[used], len(data.train))
    config = UniversalConfig(
        norm=norm, epsilon=epsilon, steps=steps, step_size=stride, digits=digits, batch=min(BATCH, digits)
    )
    return AskedNoise(network, data.name, config)


def _prepare(asked: AskedNoise, data: Dataset, zoo: Zoo) -> Growth:
    """Return the noise that is asked for now, the same object as long as that is the same."""
    growth: Growth | None = st.session_state.get(GROWTH)
    if growth is None or growth.asked != asked:
        network = caches.classifier(asked.network, data.name)
        growth = Growth(asked, zoo[asked.network].title, network, data, locks.NOISE)
        st.session_state[GROWTH] = growth
    return growth


def _choose_shown(growth: Growth, *, under_way: bool) -> str:
    """Draw whose noise is laid over the digits, and the curves; return the latter. Frames are drawn again."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        label = address.segmented_control(
            "class",
            "On the nine digits: the noise to ...",
            range(len(growth.classes)),
            3,
            key="noise class",
            format_func=growth.classes.__getitem__,
            disabled=under_way,
            wrap=True,
        )
        curves = address.segmented_control("curves", "Curves", ["percent", "cost"], key="noise curves")
    if label != growth.chosen and not under_way:
        growth.chosen = label
        if growth.records:
            st.session_state[f"{KEY}/run"] = Run(growth.again, growth.to_frame, about=growth.asked)
    return curves


def _look(growth: Growth, *, cost: bool) -> Look:
    name = growth.classes[growth.chosen]
    if cost:
        colors = {runs.COST: "#3B82C4", runs.VALIDATION: "#D55E00"}
        costs = [float(cost[growth.chosen]) for step in growth.records for cost in (step.costs, step.validation_costs)]
        return Look(f"Noise to {name}: cross-entropy towards {name}", colors, limits=(0, ceil(max(costs, default=10))))
    colors = {runs.SHARE: color_of(growth.asked.network), runs.RIGHT: "#009E73", runs.AVERAGE: "#8A8F98"}
    return Look(f"Noise to {name}: percent of {runs.WATCHED} validation digits", colors, unit=" %", limits=(0, 100))


def _show_result(growth: Growth, data: Dataset, zoo: Zoo) -> None:
    """Show what became of it: in a sentence, the table of nine digits and ten noises, other networks, and files."""
    last = growth.records[-1]
    weakest = int(last.shares.argmin())
    st.markdown(
        f"#### {growth.title}: on average {float(last.shares.mean()):.0f} % are read as the noise's class; least of "
        f"all as {data.classes[weakest]} ({float(last.shares[weakest]):.0f} %)"
    )
    table, more = st.columns([700, 480], gap="medium")
    with table:
        st.html(
            draw_noise_table(
                last.noises[:, 0].numpy(),
                runs.noisy_examples(growth),
                last.readings.numpy(),
                growth.examples.labels.tolist(),
                data.classes,
                limit=growth.limit,
            )
        )
        st.caption("Under each digit is what is read. Red line: led to the noise's class. Blue line: still read right.")
    with more:
        _show_others(growth, data, zoo)
        _offer_files(growth)


def _show_others(growth: Growth, data: Dataset, zoo: Zoo) -> None:
    """Show what the noises do to networks that they were not made for, when people ask for it."""
    st.markdown("**Do they fool others too?**")
    if not growth.measured:
        asked = st.button(f"Try them on {TESTED} test digits and every network", key="noise others")
        if not asked:
            return
        names = without_restoring(zoo)
        found = ((name, _measure(growth, name, data)) for name in names)
        growth.measured = dict(with_progress(found, len(names), "Reading the noisy digits ..."))
    rows = {
        zoo[name].title + (" (made for it)" if name == growth.asked.network else ""): {
            "read as the noise's class": f"{sum(shares) / len(shares):.1f} %",
            "still read right": f"{sum(right) / len(right):.1f} %",
        }
        for name, (shares, right) in growth.measured.items()
        if name in zoo
    }
    st.table(pd.DataFrame(rows).T)


def _measure(growth: Growth, name: str, data: Dataset) -> tuple[list[float], list[float]]:
    try:
        reader = caches.network(name, data.name)
    except CheckpointError:
        return [float("nan")], [float("nan")]
    apart = torch.arange(0, len(data.test), max(1, len(data.test) // TESTED))[:TESTED]
    digits = Digits(data.test.pixels[apart], data.test.labels[apart])
    found = measure_noise(reader, digits, growth.records[-1].noises)
    return found.shares.tolist(), found.accuracies.tolist()


def _offer_files(growth: Growth) -> None:
    st.markdown("**Take it home**")
    with st.container(horizontal=True):
        st.download_button("Ten noises (PNG)", lambda: runs.sheet_png(growth), "noises.png", "image/png")
        st.download_button("How they grew (animation)", lambda: runs.animated_png(growth), "growing.png", "image/png")
        st.download_button("All steps (NumPy)", lambda: runs.to_npz(growth), "noises.npz", "application/octet-stream")
