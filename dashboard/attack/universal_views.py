"""The view "Noise for all" of the page "Attack": one noise per class that makes any digit be read as that class."""

from math import ceil

import pandas as pd
import streamlit as st
import torch

from core.adversarial.config import Norm
from core.adversarial.universal import UniversalConfig, UniversalStep, measure_noise
from core.digits.datasets import Dataset, Digits
from core.studies import recorded_noise
from core.system.checkpoint_files import CheckpointError
from core.system.number_format import format_both_scales
from core.visualization.adversarial import draw_noise_table
from core.visualization.network_colors import color_of
from core.visualization.palette import BLUE, GRAY, GREEN, VERMILION
from core.zoo.checkpoints import without_restoring
from dashboard import address
from dashboard.attack import cached, form
from dashboard.attack import universal_runs as runs
from dashboard.attack.universal_runs import NoiseInputs, NoiseRun
from dashboard.components.player import Look
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import playing
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.playing import Run
from dashboard.widgets.progress import with_progress
from dashboard.widgets.texts import show_caption, show_tip

KEY, KEY_RUN, NOISE = "noise", "noise/run", "noise run"  # keys of the player, its run, and the current noise
RECORDED = NoiseInputs(recorded_noise.NETWORK, recorded_noise.DATASET, recorded_noise.CONFIG)
NORMS = {"none": "none (as in the assignment)", "linf": "each pixel (L∞)", "l2": "total change (L2)"}
FIRST_EPSILONS: dict[Norm, float] = {"linf": 0.2, "l2": 5.0}
STEP_SIZES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
TRAINING_DIGITS = {"200": 200, "1,000": 1000, "10,000": 10_000, "all": 10**9}
BATCH = 30  # training digits of each step, times ten classes: a few steps a second on one core
TESTED = 500  # test digits, evenly spread


def show_noise(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Play the optimisation of all classes' noises, and show afterwards how nine digits are read with each."""
    left, right = inputs_and_result(330, 880)
    with left:
        show_tip("attack", "Noise for all")
        inputs = _choose(data, zoo)
    with right:
        if inputs is None:
            return
        sentence = st.empty()
        noise = _prepare(inputs, data, zoo)
        run: Run[UniversalStep] | None = st.session_state.get(KEY_RUN)
        under_way = run is not None and run.about == inputs and not run.finished
        _play(noise, cost=_choose_shown(noise, under_way=under_way) == "loss")
    run = st.session_state.get(KEY_RUN)
    if run is not None and run.finished and len(noise.records) > 1:
        sentence.markdown(f"**{describe_result(noise)}**")
        _show_result(noise, data, zoo)


def _choose(data: Dataset, zoo: Zoo) -> NoiseInputs | None:
    """Draw the network and the settings; return them, None if there is no network to attack."""
    network = form.choose_attacked_network(zoo, first=recorded_noise.NETWORK, key="noise network")
    if not network:
        return None
    chosen = address.selectbox("limit", "Limit", list(NORMS), key="noise norm", format_func=NORMS.__getitem__)
    norm: Norm | None = "linf" if chosen == "linf" else "l2" if chosen == "l2" else None
    largest = address.number_slider(
        "epsilon",
        "Epsilon",
        form.PIXEL_LIMITS,
        FIRST_EPSILONS["linf"],
        key="noise linf",
        shown=norm == "linf",
        format_func=format_both_scales,
    )
    length = address.slider(
        "length", "Epsilon", 0.0, 15.0, FIRST_EPSILONS["l2"], 0.5, key="noise l2", shown=norm == "l2"
    )
    epsilon = largest if norm == "linf" else length if norm == "l2" else FIRST_EPSILONS["linf"]
    steps = address.slider("steps", "Steps", 5, 100, 50, 5, key="noise steps")
    stride = address.number_slider(
        "stride", "Step size", STEP_SIZES, 0.2, key="noise stride", format_func=format_both_scales
    )
    used = address.select_slider("digits", "Training digits used", list(TRAINING_DIGITS), "10,000", key="noise digits")
    digits = min(TRAINING_DIGITS[used], len(data.train))
    config = UniversalConfig(
        norm=norm, epsilon=epsilon, steps=steps, step_size=stride, digits=digits, batch=min(BATCH, digits)
    )
    return NoiseInputs(network, data.name, config)


def _prepare(inputs: NoiseInputs, data: Dataset, zoo: Zoo) -> NoiseRun:
    """Return the noise with these inputs, the same object while they stay the same."""
    noise: NoiseRun | None = st.session_state.get(NOISE)
    if noise is None or noise.inputs != inputs:
        network = caches.classifier(inputs.network, data.name)
        noise = NoiseRun(inputs, zoo[inputs.network].title, network, data, locks.NOISE)
        st.session_state[NOISE] = noise
        if inputs == RECORDED:
            noise.records = list(cached.recorded_noise_steps())
            noise.recorded = bool(noise.records)
    return noise


def _play(noise: NoiseRun, *, cost: bool) -> None:
    """Draw the player of the optimisation; a recorded one is shown at first. `cost`: its curves show the loss."""
    inputs = noise.inputs
    if noise.recorded and KEY_RUN not in st.session_state:
        st.session_state[KEY_RUN] = Run(noise.replay, noise.to_frame, about=inputs)
    playing.play(
        noise.steps,
        noise.to_frame,
        key=KEY,
        look=_look(noise, cost=cost),
        total=inputs.config.steps + 1,
        about=inputs,
        start="Optimise",
        again=not noise.recorded,
    )
    if noise.recorded:
        st.caption("This run was recorded. *Optimise* computes it here, with your settings.")
    if noise.records:
        show_caption("attack", "Noises")


def _choose_shown(noise: NoiseRun, *, under_way: bool) -> str:
    """Draw the choice of the noise on the nine digits and of the curves; return the curves.

    Another noise draws the finished frames again.
    """
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        label = address.segmented_control(
            "class",
            "Noise on the nine digits: to class",
            range(len(noise.classes)),
            3,
            key="noise class",
            format_func=noise.classes.__getitem__,
            disabled=under_way,
            wrap=True,
        )
        curves = address.segmented_control("curves", "Curves", ["percent", "loss"], key="noise curves")
    if label != noise.shown_class and not under_way:
        noise.shown_class = label
        if noise.records:
            st.session_state[KEY_RUN] = Run(noise.replay, noise.to_frame, about=noise.inputs)
    return curves


def _look(noise: NoiseRun, *, cost: bool) -> Look:
    at = noise.shown_class
    name = noise.classes[at]
    if cost:
        colors = {runs.COST: BLUE, runs.VALIDATION: VERMILION}
        costs = [float(one[at]) for step in noise.records for one in (step.costs, step.validation_costs)]
        return Look(
            f"Noise to {name}: cross-entropy for {name}", colors, limits=(0, ceil(max(costs, default=10))), axis="step"
        )
    colors = {runs.SHARE: color_of(noise.inputs.network), runs.RIGHT: GREEN, runs.AVERAGE: GRAY}
    return Look(
        f"Noise to {name}: share of {runs.VALIDATED} validation digits", colors, unit=" %", limits=(0, 100), axis="step"
    )


def describe_result(noise: NoiseRun) -> str:
    """Return a sentence: how many noisy digits are read as their noise's class, and how strong the noises are."""
    last = noise.records[-1]
    weakest, largest = int(last.shares.argmin()), float(last.noises.abs().max())
    return (
        f"{noise.title} reads {float(last.shares.mean()):.0f} % of the noisy digits as the noise's class; the weakest "
        f"noise, to {noise.classes[weakest]}, reaches {float(last.shares[weakest]):.0f} %. The largest change of a "
        f"pixel is {format_both_scales(largest)}."
    )


def _show_result(noise: NoiseRun, data: Dataset, zoo: Zoo) -> None:
    """Show the result: nine digits with each of the ten noises, other networks, and files."""
    last = noise.records[-1]
    table, more = st.columns([700, 480], gap="medium")
    with table:
        st.html(
            draw_noise_table(
                last.noises[:, 0].numpy(),
                runs.noisy_examples(noise),
                last.readings.numpy(),
                noise.examples.labels.tolist(),
                data.classes,
                limit=noise.limit,
            )
        )
        show_caption("attack", "Noisy digits")
    with more:
        _show_others(noise, data, zoo)
        _offer_files(noise)


def _show_others(noise: NoiseRun, data: Dataset, zoo: Zoo) -> None:
    """Draw the button that tests the noises on all networks, and afterwards the results."""
    st.markdown("**Do the noises fool other networks, too?**")
    if not noise.measured:
        if not st.button(f"Test on {TESTED} digits and all networks", key="noise others"):
            return
        names = without_restoring(zoo)
        found = ((name, _measure(noise, name, data)) for name in names)
        noise.measured = dict(with_progress(found, len(names), "Reading the noisy digits ..."))
    rows = {
        zoo[name].title + (" (attacked)" if name == noise.inputs.network else ""): {
            "read as the noise's class": f"{sum(shares) / len(shares):.1f} %",
            "still read correctly": f"{sum(right) / len(right):.1f} %",
        }
        for name, (shares, right) in noise.measured.items()
        if name in zoo
    }
    st.table(pd.DataFrame(rows).T)


def _measure(noise: NoiseRun, name: str, data: Dataset) -> tuple[list[float], list[float]]:
    try:
        reader = caches.network(name, data.name)
    except CheckpointError:
        return [float("nan")], [float("nan")]
    apart = torch.arange(0, len(data.test), max(1, len(data.test) // TESTED))[:TESTED]
    digits = Digits(data.test.pixels[apart], data.test.labels[apart])
    found = measure_noise(reader, digits, noise.records[-1].noises)
    return found.shares.tolist(), found.accuracies.tolist()


def _offer_files(noise: NoiseRun) -> None:
    st.markdown("**Download**")
    with st.container(horizontal=True):
        st.download_button("Ten noises (PNG)", lambda: runs.sheet_png(noise), "noises.png", "image/png")
        st.download_button("Optimisation (animation)", lambda: runs.animated_png(noise), "growing.png", "image/png")
        st.download_button("All steps (NumPy)", lambda: runs.to_npz(noise), "noises.npz", "application/octet-stream")
