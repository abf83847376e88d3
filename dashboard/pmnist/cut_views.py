"""The views "The cuts", "Watch it disappear" and "Download" of the page "PMNIST": one digit, cut in every way."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.digits.datasets import Dataset
from core.networks.evaluation import COLUMNS
from core.networks.growing_hole import HoleStep, grow_hole, hole_masks
from core.pmnist.masks import CUT_NAMES, CUTS, GROWTH_DIRECTIONS, Variant, cut_mask
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.network_colors import color_of
from core.visualization.readings import Reading, draw_answers
from dashboard import address
from dashboard.components.player import Frame, Look
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit
from dashboard.server.session import Session
from dashboard.widgets import playing
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.digit import choose_digit
from dashboard.widgets.mask import choose_variant
from dashboard.widgets.networks import choose_networks
from dashboard.widgets.readings import networks_or_warn, read_all

UNSURE = 50  # percent: below this a network no longer gives its first answer more than all others together
HEADINGS = {"whole": "whole", **{cut: f"{cut} · {name} erased" for cut, name in CUT_NAMES.items()}}


def show_cuts(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show any digit whole and under each cut, with what every chosen network reads."""
    left, right = inputs_and_result(280, 760)
    with left:
        choice = choose_digit(session, data, first="Sample")
        variant = choose_variant("variant")
    with right:
        if choice is None:
            st.info(f"Draw a {name_drawing(data)} to see its four cuts here.")
            return
        sentence = st.empty()
        pictures = st.empty()
        networks = networks_or_warn(choose_networks(zoo), data)
        masks = {column: cut_mask(column, variant=variant).numpy() for column in COLUMNS}
        readings = {column: read_all(networks, zoo, choice.digit, mask, data) for column, mask in masks.items()}
        items = [
            GalleryItem(
                arrays.mark_erased(choice.digit, mask, 6),
                HEADINGS[column],
                draw_answers(readings[column], data.classes),
            )
            for column, mask in masks.items()
        ]
        sentence.markdown(f"**{describe_changes(readings)}**")
        pictures.html(draw_gallery(items, min_width=100, css_class="ns-cuts"))


def describe_changes(readings: Mapping[str, Sequence[Reading]]) -> str:
    """Return a sentence: which networks read another class under which cuts."""
    changed: dict[str, list[str]] = {}
    for column, read in readings.items():
        for one in read:
            if one.changed_from is not None:
                changed.setdefault(one.title, []).append(CUT_NAMES[column])
    if not changed:
        return "No cut changes what any of these networks reads."
    whose = "; ".join(f"{title} (without the {' or the '.join(cuts)})" for title, cuts in changed.items())
    return f"Some cuts change the answer of {whose}."


def show_growth(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Play a hole that grows over a digit, with each network's probability of what it read in the whole digit."""
    left, right = inputs_and_result(280, 760)
    with left:
        choice = choose_digit(session, data, first="Sample")
        kind = choose_growth()
        names = choose_networks(zoo)
    with right:
        networks = networks_or_warn(names, data)
        if choice is None:
            st.info(f"Draw a {name_drawing(data)} to watch it disappear here.")
            return
        digit, titles = choice.digit, {name: zoo[name].title for name in networks}
        look = Look(
            "Probability of the class that was read in the whole digit",
            {titles[name]: color_of(name) for name in networks},
            unit=" %",
            limits=(0, 100),
            axis="% of the picture erased",
            speed=0.25,
        )
        playing.play(
            lambda: grow_hole(networks, digit, kind),
            lambda step: to_frame(step, digit, titles, data.classes),
            key="growth",
            look=look,
            total=len(hole_masks(kind)),
            about=(digit.tobytes(), kind, *networks),
            start="Start",
            at_once=not address.stroke_goes_on(),
            conclude=describe_growth,
        )


def describe_growth(frames: Sequence[Frame]) -> str:
    """Return a sentence: how much was erased when each network gave its first answer less than UNSURE percent."""
    lost = {name: next((one.at for one in frames if one.values[name] < UNSURE), None) for name in frames[0].values}
    said = ", ".join(f"{at:.0f} % ({name})" for name, at in lost.items() if at is not None)
    if not said:
        return f"Every network still gives its first answer {UNSURE} % or more."
    return f"The first answer falls below {UNSURE} % probability when {said} of the picture is erased."


def to_frame(step: HoleStep, digit: Digit, titles: dict[str, str], classes: Sequence[str]) -> Frame:
    """Return the frame of one size of the hole."""
    sure = {titles[name]: round(100 * float(step.probabilities[name][label])) for name, label in step.whole.items()}
    answers = " · ".join(f"{titles[name]} {classes[label]}" for name, label in step.labels.items())
    changed = " · ".join(f"{titles[name]} (was {classes[step.whole[name]]})" for name in step.changed)
    minds = f"Changed their answer: {changed}" if changed else "No network has changed its answer."
    text = f"{100 * step.missing:.0f} % of the picture is erased. They read: {answers}\n{minds}"
    return Frame(arrays.mark_erased(digit, step.mask, 5), sure, text, at=100 * step.missing)


def choose_growth() -> str:
    """Draw the choice of where the hole begins; return the chosen option."""
    return address.segmented_control("hole", "The hole grows", GROWTH_DIRECTIONS, key="growing")


def _show_first_digit(data: Dataset, variant: Variant) -> None:
    """Show the first digit of the file under each cut."""
    digit = data.test.first(1).images()[0, 0].numpy()
    items = [
        GalleryItem(arrays.mark_erased(digit, cut_mask(cut, variant=variant).numpy(), 6), HEADINGS[cut]) for cut in CUTS
    ]
    st.columns([3, 1])[0].html(draw_gallery(items, min_width=100, css_class="ns-cuts"))


def show_download(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the download of all partial test digits."""
    variant = choose_variant("variant")
    st.markdown(
        f"{len(CUTS) * len(data.test):,} partial {name_drawing(data)}s made from the {len(data.test):,} test "
        f"{name_drawing(data)}s of {data.title}. The file has an array of uint8 for each cut, and the labels."
    )
    _show_first_digit(data, variant)
    st.download_button(
        "Download all cuts (NumPy npz)",
        lambda: caches.pmnist_file(variant, data.name),
        f"pmnist-{variant}.npz",
        "application/octet-stream",
        type="primary",
    )
    st.caption(f"For IDX files, MNIST's own format: `python -m core pmnist --variant {variant} --out pmnist`")
