"""The views "Variants" and "Synergy": every inversion of the features, and two heads summed."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st
import torch
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from core.digits.datasets import Dataset
from core.inversion.algebra import response_curve
from core.inversion.functions import INVERSIONS
from core.inversion.summed_heads import accuracy_by_omega, add_heads, compute_logits
from core.networks import evaluation
from core.networks.evaluation import COLUMNS, Network
from core.pmnist.masks import CUTS, erase
from core.system.number_format import format_signed, with_minus
from core.visualization.figures import Curve
from core.visualization.inversion import VariantRow, draw_inversion_curve, draw_omega, draw_variants
from core.visualization.network_colors import color_of
from core.visualization.readings import Reading
from core.zoo.checkpoints import Card
from core.zoo.recipes import RECIPES, Recipe
from dashboard import address
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.widgets.charts import show_chart
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.networks import choose_any
from dashboard.widgets.progress import with_progress
from dashboard.widgets.readings import networks_or_warn, read_all, show_readings
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.tables import show_who_is_right
from dashboard.widgets.texts import read_note, show_text, show_tip

FIRST = ("standard", "missing-feature", "missing-clamped")
FORMULAS = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "silu": "Swish",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu6": "ReLU6",
}
MEASURED = 2000  # test digits, for omega
LEARNED = 50.0  # percent of whole digits; a network that has learned reads far more
OMEGAS = [step / 20 for step in range(61)]  # 0 to 3
ORDINARY = "ordinary"
HEADS = {"missing-feature": "synergy", "control": "two ordinary heads"}


def show_variants(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show every inversion with its curve, its kind, its accuracy, and what its network reads in the digit."""
    names = [name for name, recipe in RECIPES.items() if name in zoo and is_variant(zoo[name], recipe.architecture)]
    left, right = inputs_and_result(330, 720)
    with left:
        show_tip("missing_features", "Variants")
        scene = choose_scene(session, data)
    with right:
        sentence = st.empty()
        cards = {name: zoo[name] for name in names} | caches.own_networks()
        with st.popover("More networks", key="variants menu"):
            chosen = choose_any(cards, name="variants", key="variants", first=FIRST, label="Networks that are compared")
        networks = networks_or_warn(names, data)
        if scene is not None and networks:
            with locks.LIVE:
                own = networks_or_warn([name for name in chosen if name not in networks and name not in zoo], data)
                shown = {name: one for name, one in (networks | own).items() if name in chosen}
                show_readings(read_all(shown, cards, *scene, data), data.classes)
    rows = to_rows(networks, zoo, scene, data)
    sentence.markdown(f"**{describe_variants(rows)}**")
    if rows:
        st.html(draw_variants(rows, COLUMNS, answers=scene is not None))
    show_text("missing_variants")
    _show_failed(names, zoo)
    others = [name for name, recipe in RECIPES.items() if recipe.laboratory and not has_two_heads(recipe)]
    _show_missing_networks(others, zoo)


def is_variant(card: Card, architecture: str) -> bool:
    """Return whether a network is in the table of variants: blind, of the published architecture, with one head."""
    return card.track == "blind" and architecture == "published" and card.omega is None


def has_two_heads(recipe: Recipe) -> bool:
    """Return whether a recipe makes a network of two heads, which the view "Synergy" shows."""
    return recipe.two_heads or recipe.second is not None


def describe_variants(rows: Sequence[VariantRow]) -> str:
    """Return a sentence: how many variants read partial digits of every cut better than the ordinary network."""
    variants = [row for row in rows if row.base is not None and row.kind != ORDINARY]
    if not variants:
        return "No inverted network has learned this set."
    better = [row.title for row in variants if all((row.gain(cut) or 0) > 0 for cut in CUTS)]
    which = f" ({'; '.join(better)})" if better else ""
    return (
        f"{len(better)} of {len(variants)} inverted networks{which} read partial pictures of all four cuts better than "
        "the ordinary network, but one seed cannot tell this from chance."
    )


def _show_failed(names: list[str], zoo: Zoo) -> None:
    """Show which networks did not learn, so that their accuracy means nothing."""
    for name in names:
        whole = zoo[name].accuracies().get("whole", 100.0)
        if whole < LEARNED:
            st.caption(
                f"*{zoo[name].title}* reads only {whole:.1f} % of whole pictures, so its row says "
                "nothing about missing parts."
            )


def _show_missing_networks(names: Sequence[str], zoo: Zoo) -> None:
    """Show how to train those of these networks that are not there."""
    if commands := ", ".join(f"`python -m core train {name}`" for name in names if name not in zoo):
        st.caption(f"Not on this computer. These commands train them: {commands}")


def to_rows(
    networks: dict[str, Network], zoo: Zoo, scene: tuple[Digit, Mask] | None, data: Dataset
) -> list[VariantRow]:
    """Return the table's rows, each ordinary network followed by the variants over its features."""
    with locks.LIVE:
        read = caches.readings(tuple(networks), data.name, *scene) if scene is not None else {}
    bases = dict.fromkeys(base_of(name) for name in networks)
    ordered = [name for base in bases for name in networks if base_of(name) == base]
    answers = {
        name: f"{data.classes[int(found.argmax())]} · {100 * float(found.max()):.0f} %" for name, found in read.items()
    }
    return [to_row(name, zoo, answers.get(name, "")) for name in ordered]


def base_of(name: str) -> str:
    """Return the ordinary network with the same activation function, which a variant is compared with."""
    activation = RECIPES[name].activation
    ordinary = (other for other, recipe in RECIPES.items() if recipe.activation == activation and recipe.start is None)
    return next(ordinary)


def to_row(name: str, zoo: Zoo, answer: str) -> VariantRow:
    """Return one row of the table."""
    activation, base = RECIPES[name].activation or "relu", base_of(name)
    inversion = INVERSIONS[zoo[name].inversion]
    same = "same functions" if inversion.same_function_class else "other functions"
    curve = draw_inversion_curve(
        *(line.numpy() for line in response_curve(activation, zoo[name].inversion)), color=color_of(name)
    )
    return VariantRow(
        title=zoo[name].title,
        formula=with_minus(re.sub(r"\bx\b", FORMULAS[activation], inversion.formula)),
        curve=curve,
        kind=ORDINARY if inversion.affine == (1.0, 0.0) else same,
        accuracies=zoo[name].accuracies(),
        base=zoo[base].accuracies() if base in zoo and base != name else None,
        answer=answer,
    )


def show_synergy(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show an ordinary and an inverted head summed, with any weight of the second, beside two ordinary heads."""
    left, right = inputs_and_result(330, 720)
    with left:
        show_tip("missing_features", "Synergy")
        scene = choose_scene(session, data)
    names = ["standard", *HEADS]
    networks = networks_or_warn(names, data)
    if len(networks) < len(names):
        return
    with right:
        sentence = st.empty()
        omega = address.slider("omega", "Omega, the weight of the second head", 0.0, OMEGAS[-1], 1.0, 0.05, key="omega")
        if scene is not None:
            with locks.LIVE:
                show_readings(read_heads(networks, *scene, omega), data.classes)
    _show_sums(data, zoo, omega, sentence)


def read_heads(networks: dict[str, Network], digit: Digit, mask: Mask, omega: float) -> list[Reading]:
    """Return the readings of the ordinary head, and of its sums with `omega` times a second head."""
    now, whole = (_logits_of(networks, digit, kept) for kept in (mask, np.ones_like(mask)))
    readings = [
        Reading("Standard", color_of("standard"), _probabilities(now["standard"]), _probabilities(whole["standard"]))
    ]
    for name, title in HEADS.items():
        summed, before = (_probabilities(add_heads(one["standard"], one[name], omega)) for one in (now, whole))
        readings.append(Reading(f"{title.capitalize()}, ω = {omega:g}", _color_of_sum(name), summed, before))
    return readings


def _logits_of(networks: dict[str, Network], digit: Digit, mask: Mask) -> dict[str, torch.Tensor]:
    image = erase(torch.from_numpy(digit)[None, None], torch.from_numpy(mask))
    return {name: compute_logits(one.classifier, image)[0] for name, one in networks.items() if not one.restores}


def _probabilities(logits: torch.Tensor) -> NDArray[np.float32]:
    probabilities: NDArray[np.float32] = logits.softmax(0).numpy()
    return probabilities


def _color_of_sum(second: str) -> str:
    return color_of("synergy" if second == "missing-feature" else second)


def _show_sums(data: Dataset, zoo: Zoo, omega: float, sentence: DeltaGenerator) -> None:
    count, names = min(MEASURED, len(data.test)), ("standard", *HEADS)
    labels = data.test.first(count).labels
    cells = [(name, column) for name in names for column in COLUMNS]
    logits = ((cell, torch.from_numpy(caches.logits(*cell, count, data.name))) for cell in cells)
    read = dict(with_progress(logits, len(cells), f"Reading {count:,} test {name_drawing(data)}s ..."))
    sentence.markdown(f"**{describe_sums(read, labels, omega, name_drawing(data))}**")
    st.table(pd.DataFrame(_table(read, labels, zoo, omega)).T)
    which, counts = st.columns([1, 1], gap="medium")
    with which:
        column = address.segmented_control("on", "Digits", COLUMNS, "HCUT", key="omega column")
        normal = read["standard", column]
        curves = [
            Curve(title, _color_of_sum(name), OMEGAS, accuracy_by_omega(normal, read[name, column], labels, OMEGAS))
            for name, title in HEADS.items()
        ]
        show_chart(draw_omega(curves, omega))
    with counts:
        for name in HEADS:
            rival = zoo[name].title.split(" (")[0]
            found = evaluation.compare_predictions(labels, normal.argmax(1), read[name, column].argmax(1))
            show_who_is_right(found, zoo["standard"].title, rival)
    st.caption(
        f"Accuracy in percent on the first {count:,} test {name_drawing(data)}s of {data.title}, measured now; in "
        "brackets: the difference to the standard network. *Freezing* counts all 10,000 of MNIST, so its figures "
        "differ. " + read_note("missing_features", "Synergy")
    )
    _show_second_paper(zoo)


def _show_second_paper(zoo: Zoo) -> None:
    """Show the other kinds of synergy of the second paper's code: those that are there, and how to train the others."""
    names = [name for name, recipe in RECIPES.items() if recipe.laboratory and has_two_heads(recipe)]
    st.markdown(read_note("missing_features", "Second paper"))
    rows = {
        zoo[name].title: {cut: f"{value:.1f}" for cut, value in zoo[name].accuracies().items()}
        for name in names
        if name in zoo
    }
    if rows:
        st.table(pd.DataFrame(rows).T)
    _show_missing_networks(names, zoo)


def describe_sums(read: Mapping[tuple[str, str], torch.Tensor], labels: torch.Tensor, omega: float, thing: str) -> str:
    """Return a sentence: how many points each second head adds on the digits without their top half."""
    first = read["standard", "HCUT"]
    alone = evaluation.accuracy(labels, first.argmax(1))
    inverted, ordinary = (
        format_signed(accuracy_by_omega(first, read[name, "HCUT"], labels, [omega])[0] - alone) for name in HEADS
    )
    return (
        f"Without the top half (HCUT), the missing-feature head adds {inverted} points to the standard network's "
        f"{alone:.1f} % (first {len(labels):,} test {thing}s); a second ordinary head adds {ordinary}. One "
        "seed cannot tell this difference from chance."
    )


def _table(
    read: dict[tuple[str, str], torch.Tensor], labels: torch.Tensor, zoo: Zoo, omega: float
) -> dict[str, dict[str, str]]:
    """Return accuracies in percent: each head alone, and each sum with the difference to the ordinary head."""
    rows: dict[str, dict[str, str]] = {zoo[name].title: {} for name in ("standard", *HEADS)}
    for column in COLUMNS:
        normal = read["standard", column]
        alone = evaluation.accuracy(labels, normal.argmax(1))
        for name in ("standard", *HEADS):
            rows[zoo[name].title][column] = f"{evaluation.accuracy(labels, read[name, column].argmax(1)):.1f}"
        for name, title in HEADS.items():
            summed = accuracy_by_omega(normal, read[name, column], labels, [omega])[0]
            row = rows.setdefault(f"{title.capitalize()}, ω = {omega:g}", {})
            row[column] = f"{summed:.1f}  :small[({format_signed(summed - alone)})]"
    return rows
