"""The views "Neighbours", "Batch norm", "Dropout" and "Shapes and activations" of the page "One window at a time"."""

from collections.abc import Mapping
from itertools import islice

import pandas as pd
import streamlit as st
import torch

from core.convolution import dropout
from core.convolution.activation import ACTIVATION_FUNCTIONS, TITLES, softmax
from core.convolution.batch_norm import EPSILON, NormalizedBatch, normalize_batch
from core.convolution.trace import trace_stages
from core.convolution.window import format_number
from core.digits.datasets import Dataset
from core.networks.architectures import ARCHITECTURES, Architecture
from core.networks.classifier import Classifier, Shuffle, summarize
from core.system.number_format import format_signed, with_minus
from core.visualization import arrays
from core.visualization.convolution import (
    draw_activation_functions,
    draw_answer_boxes,
    draw_dropout_spread,
    draw_histograms,
    draw_shapes,
)
from core.visualization.formulas import draw_formulas
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.palette import GRAY, GREEN, ORANGE, PURPLE
from core.visualization.signed_colors import NEGATIVE, POSITIVE, to_signed
from dashboard import address
from dashboard.address.kinds import WHOLE
from dashboard.server import locks
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets import maps
from dashboard.widgets.charts import show_chart
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.readings import networks_or_warn, read_all, show_readings
from dashboard.widgets.scene import choose_beside, choose_scene
from dashboard.widgets.texts import read_note, read_tip, show_text, show_tip

LOCAL = ("local-conv", "local-conv-shuffled", "local-dense", "local-dense-shuffled")
SEED = "drop seed"  # key of the seed that decides which values are dropped
SAMPLES = 20  # of the same digit with dropout on
SHOWN = 10  # digits of a batch
CURVES = dict(
    zip(
        ACTIVATION_FUNCTIONS,
        (f"rgb{POSITIVE}", GREEN, ORANGE, f"rgb{NEGATIVE}", PURPLE, GRAY),
        strict=True,
    )
)


def show_neighbours(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show which networks lose accuracy if all pixels change places, in the same way for every digit."""
    left, right = inputs_and_result(330, 880)
    with left:
        show_tip("convolution", "Neighbours")
        scene = choose_scene(session, data)
    networks = networks_or_warn([name for name in LOCAL if name in zoo], data)
    with right, locks.LIVE:
        if len(networks) == len(LOCAL):
            st.markdown(f"**{describe_shuffled(zoo)}**")
        if scene is not None:
            image = maps.to_image(*scene)
            shuffled = Shuffle()(image[None])[0]
            items = [
                GalleryItem(arrays.to_gray(image[0].numpy()), "original"),
                GalleryItem(arrays.to_gray(shuffled[0].numpy()), "shuffled, every digit in the same way"),
            ]
            pictures, readings = st.columns([2, 3], gap="medium")
            pictures.html(draw_gallery(items, min_width=70, css_class="ns-shuffled"))
            with readings:
                show_readings(read_all(networks, zoo, *scene, data), data.classes)
    if len(networks) == len(LOCAL) and all(zoo[name].accuracies() for name in LOCAL):
        st.table(pd.DataFrame(_compare_shuffled(zoo)).T)
    show_text("convolution_neighbours")


def describe_shuffled(zoo: Zoo) -> str:
    """Return a sentence: what shuffled pixels do to the accuracy of both architectures."""
    if not all(zoo[name].accuracies() for name in LOCAL):
        return "The accuracies of these networks were not measured on this data set."
    plain_conv, conv, plain_dense, dense = (zoo[name].accuracies().get("whole", float("nan")) for name in LOCAL)
    return (
        f"With all pixels shuffled, the convolutional network reads {conv:.1f} % instead of {plain_conv:.1f} % of the "
        f"digits, the dense network {dense:.1f} % instead of {plain_dense:.1f} %: only convolutions use neighbours."
    )


def _compare_shuffled(zoo: Zoo) -> dict[str, dict[str, str]]:
    """Return the accuracy of both architectures, trained on plain and on shuffled digits."""
    whole = {name: zoo[name].accuracies().get("whole", float("nan")) for name in LOCAL}
    return {
        zoo[plain].title: {
            "plain digits": f"{whole[plain]:.2f} %",
            "shuffled digits": f"{whole[shuffled]:.2f} %",
            "lost": format_signed(whole[plain] - whole[shuffled], 2),
        }
        for plain, shuffled in (LOCAL[:2], LOCAL[2:])
    }


def show_batch_norm(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the four steps of batch normalisation on a map of a real batch (Ioffe and Szegedy 2015)."""
    left, right = inputs_and_result(330, 880)
    with left:
        show_tip("convolution", "Batch norm")
        _, network = maps.choose_classifier(data, zoo)
        size = address.select_slider("batch", "Digits in the batch", [2, 8, 32, 64, 128, 256], 64, key="norm batch")
        # Not 1 and 0, with which a network begins: then the scaled values would hide the normalised ones.
        gamma = address.slider("gamma", "Gamma (scale)", -3.0, 3.0, 0.5, 0.1, key="norm gamma")
        beta = address.slider("beta", "Beta (shift)", -3.0, 3.0, 2.0, 0.1, key="norm beta")
        if network is None:
            return
        maps_of_batch = _convolve_batch(network, data.train.first(size).images())
        last = 0 if maps_of_batch is None else maps_of_batch.shape[1] - 1
        number = address.number_input("map", "Map of the first convolution", 0, last, 0, key="norm map")
    with right, locks.LIVE:
        if maps_of_batch is None:
            st.info("This network has no convolution, so it has no maps to normalise.")
            return
        st.markdown(
            f"**Normalised, this map's values have a mean of 0 and a standard deviation of 1. Then gamma and beta make "
            f"them {with_minus(f'{beta:g}')} and {abs(gamma):g}.**"
        )
        normalized = normalize_batch(maps_of_batch[:, number], gamma=gamma, beta=beta)
        parts = {"inputs": normalized.inputs, "normalised": normalized.normalized, "scaled": normalized.scaled}
        show_chart(draw_histograms([(name, one.numpy()) for name, one in parts.items()]))
        st.html(draw_formulas(_write_batch_norm(normalized, gamma, beta)))
        _show_first_maps(parts)
    show_text("convolution_batch_norm")


@torch.no_grad()
def _convolve_batch(network: Classifier, images: torch.Tensor) -> torch.Tensor | None:
    """Return the maps of the first convolution; None where the network has none."""
    return next((output for name, output in network.walk(images) if name.startswith("conv")), None)


def _write_batch_norm(found: NormalizedBatch, gamma: float, beta: float) -> list[tuple[str, str]]:
    """Return the titles and formulas of the four steps, with the numbers of this batch."""
    count, mean = found.inputs.numel(), format_number(found.mean)
    scale, shift = format_number((found.variance + EPSILON) ** 0.5), with_minus(f"{beta:g}")
    return [
        ("1 · The mean of the batch", f"μ = the sum of {count:,} values / {count:,} = {mean}"),
        ("2 · The variance", f"σ² = the average of (x − μ)² = {format_number(found.variance)}"),
        ("3 · Normalise", f"x̂ = (x − μ) / √(σ² + {EPSILON:g}) = (x − {_in_brackets(mean)}) / {scale}"),
        ("4 · Scale and shift", f"y = γ·x̂ + β = {with_minus(f'{gamma:g}')}·x̂ + {_in_brackets(shift)}"),
    ]


def _in_brackets(number: str) -> str:
    """Return a number as it stands behind a sign: a negative one in brackets."""
    return f"({number})" if number.startswith("−") else number


def _show_first_maps(parts: Mapping[str, torch.Tensor]) -> None:
    """Show the first maps of the batch before and after."""
    limit = max(float(one.abs().max()) for one in parts.values()) or 1.0
    for name in ("inputs", "scaled"):
        items = [GalleryItem(to_signed(values, limit), "") for values in parts[name][:SHOWN].numpy()]
        st.caption(f"{name}: the first digits of the batch, one scale")
        st.html(draw_gallery(items, min_width=56, css_class="ns-normalized"))


def show_dropout(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show twenty answers to the same digit with dropout on."""
    scene, right = choose_beside(
        read_tip("convolution", "Dropout"),
        session,
        data,
    )
    with right, locks.LIVE:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            _, network = maps.choose_classifier(data, zoo)
            if network is None or scene is None:
                return
            places = dropout.dropout_places(network)
            place = address.segmented_control(
                "place", "Dropout after", places, places[-1], key="drop place", always=True
            )
            rate = address.slider("rate", "Dropout rate", 0.0, 0.95, 0.5, 0.05, key="drop rate", width=150)
            seed = address.hold("seed", WHOLE, 0, key=SEED)
            st.button("Draw 20 other samples", on_click=lambda: st.session_state.update({SEED: seed + 1}))
        image = maps.to_image(*scene)
        samples = islice(
            dropout.sample_dropout(network, image, place=place or places[0], rate=rate, seed=seed), SAMPLES
        )
        with torch.no_grad():
            without = network.predict(image[None])[0]
        _show_samples(torch.stack([sample.probabilities for sample in samples]), without, data)
    show_text("convolution_dropout")


def _show_samples(probabilities: torch.Tensor, without: torch.Tensor, data: Dataset) -> None:
    """Show how answers with dropout `(N, 10)` spread around the answer without it `(10,)`."""
    best, label = probabilities.max(1), int(without.argmax())
    usual = data.classes[label]
    answers = [(data.classes[read], share) for share, read in zip(*(part.tolist() for part in best), strict=True)]
    same = sum(name == usual for name, _ in answers)
    mean, spread = probabilities.mean(0), probabilities.std(0)
    st.markdown(
        f"With dropout the network reads a {usual} **{same} of {SAMPLES} times**. Its mean probability is "
        f"{100 * float(mean[label]):.1f} ± {100 * float(spread[label]):.1f} %; without dropout it is "
        f"{100 * float(without.max()):.1f} %."
    )
    st.html(draw_answer_boxes(answers, usual))
    figure = draw_dropout_spread(probabilities.numpy(), without.numpy(), data.classes)
    show_chart(figure)


def show_shapes(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show a drawing of a network, the activation functions, and how logits become probabilities."""
    name = address.selectbox("drawn", "Architecture", list(ARCHITECTURES), "LeNet-5", key="drawn network")
    _show_drawing(ARCHITECTURES[name])
    scene, right = choose_beside(
        read_tip("convolution", "Shapes and activations"),
        session,
        data,
    )
    with right, locks.LIVE:
        _, network = maps.choose_classifier(data, zoo)
        if network is not None and scene is not None:
            _show_softmax(trace_stages(network, maps.to_image(*scene))[-1].outputs, data)
        _show_activations()


def _show_drawing(architecture: Architecture) -> None:
    rows = summarize(architecture)
    shown: list[tuple[str, tuple[int, ...]]] = [("picture", (1, 28, 28))]
    shown += [(row.stage, row.shape) for row in rows if row.stage not in ("normalize", "inverted", "flatten")]
    st.markdown(draw_shapes(shown), unsafe_allow_html=True)  # `st.html` would strip the drawing
    st.caption(
        f"The shape of every stage: maps × rows × columns. {sum(row.parameters for row in rows):,} parameters, "
        f"{sum(row.parameters for row in rows if row.stage.startswith('conv')):,} of them in convolutions."
    )


def _show_softmax(logits: torch.Tensor, data: Dataset) -> None:
    found = softmax(logits)
    best = int(found.logits.argmax())
    rows = {
        "logit": [format_number(value) for value in found.logits.tolist()],
        f"exp(logit − {format_number(float(logits.max()))})": [f"{value:.2g}" for value in found.exponentials.tolist()],
        "probability": [f"{100 * value:.2f} %" for value in found.probabilities.tolist()],
    }
    st.markdown(
        f"**Softmax**: each exponential is divided by their sum, {found.total:.6g}. The answer is {data.classes[best]}."
    )
    st.table(pd.DataFrame(rows, index=list(data.classes)).T)


def _show_activations() -> None:
    x = torch.linspace(-4, 8, 241)
    curves = [
        (TITLES[kind], CURVES[kind], x.numpy(), function(x).numpy()) for kind, function in ACTIVATION_FUNCTIONS.items()
    ]
    st.markdown(read_note("convolution", "Activation functions"))
    show_chart(draw_activation_functions(curves))
