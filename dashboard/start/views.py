"""The page "Start": the idea in one picture, a tour, and the data and networks."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

import dashboard
from core.digits.datasets import Dataset, title_of
from core.pmnist.masks import cut_mask
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.zoo.checkpoints import Card
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import DEFAULT_NETWORKS, START_CUT, START_SAMPLE, Digit, Mask
from dashboard.server.session import Session
from dashboard.start.join_box import show_join_box
from dashboard.widgets.data_set import class_of, name_drawing, sample
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.readings import networks_or_warn, read_all

COMPARE, PMNIST = (dashboard.file_of(page) for page in ("compare", "pmnist"))
STYLE = """<style>
  .st-key-tour { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem; }
  [class*="st-key-tour-"] { position: relative; gap: .25rem; }
  [class*="st-key-tour-"] :not(.ns-figure-tools) { position: static; }
  [class*="st-key-tour-"] a::after { content: ""; position: absolute; inset: 0; }
</style>"""  # a click on the picture is a click on the link below it
TOUR = (  # page, test digit, cut, label with the digit's class
    (COMPARE, START_SAMPLE, START_CUT, "{} without its top half"),
    (COMPARE, 0, "VCUT", "{} without its left half"),
    (COMPARE, 18, "whole", "Erase part of this {} yourself"),
    (PMNIST, 8, "DCUT", "All four cuts at once"),
)


def show_start(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show what the dashboard is, a tour of two minutes, and the data and networks."""
    digit, mask = sample(data, START_SAMPLE), cut_mask(START_CUT).numpy()
    picture, words = st.columns([6, 5], gap="medium", vertical_alignment="center")
    with picture:
        show_idea(digit, mask, data, zoo)
    with words:
        show_answers(digit, mask, data, zoo)
        if st.button("Draw a digit now", type="primary"):
            st.switch_page(COMPARE)
        show_join_box()
    st.subheader("A tour in two minutes")
    show_tour(data)
    with st.expander("Data and networks"):
        show_data_and_networks(data, zoo)


def show_idea(digit: Digit, mask: Mask, data: Dataset, zoo: Zoo) -> None:
    """Show a digit, what is left of it after a cut, and how the restoring network fills the hole."""
    items = [
        GalleryItem(arrays.mark_erased(digit, np.ones_like(mask), 10), f"a {name_drawing(data)}"),
        GalleryItem(arrays.mark_erased(digit, mask, 10), "its top half is erased"),
    ]
    if networks_or_warn([name for name in zoo if name == "restoring"], data):
        fills = caches.restored("restoring", data.name, digit, mask).fills
        assert fills is not None
        items.append(
            GalleryItem(arrays.tint_erased(fills.images[0, 0].numpy(), mask), "filled in by the restoring network")
        )
    st.html(draw_gallery(items, min_width=90, css_class="ns-opening"))


def show_answers(digit: Digit, mask: Mask, data: Dataset, zoo: Zoo) -> None:
    """Show in a sentence what each network reads in the rest of the digit."""
    networks = networks_or_warn([name for name in DEFAULT_NETWORKS if name in zoo], data)
    if networks:
        read = read_all(networks, zoo, digit, mask, data)
        answers = ", ".join(f"{one.title} reads a **{data.classes[one.label]}**" for one in read)
        st.markdown(f"What each network reads in the lower half: {answers}.")


def show_tour(data: Dataset) -> None:
    """Show the stops of the tour, each a picture with a link below it."""
    st.html(STYLE)
    with st.container(key="tour"):
        for number, (page, index, cut, label) in enumerate(TOUR, 1):
            with st.container(key=f"tour-{number}"):
                show_tour_stop(data, index, cut)
                named = class_of(data, index)
                scene = {"sample": str(index)} | ({"erased": cut} if cut != "whole" and page == COMPARE else {})
                st.page_link(page, label=f"{number}. {label.format(named)}", query_params=scene)


def show_tour_stop(data: Dataset, index: int, cut: str) -> None:
    """Show the digit of one stop of the tour, cut as on its page."""
    picture = arrays.mark_erased(sample(data, index), cut_mask(cut).numpy(), 6)
    show_picture(picture, f"test digit {index}" + (f", {cut} erased" if cut != "whole" else ""), width=140)


def describe_accuracy(card: Card) -> str:
    """Return the accuracy on whole test digits and the set that it was measured on; a dash if it was not measured."""
    found = card.find_measurement("text")
    return "–" if found is None else f"{found.accuracy['whole']:.1f} % of {title_of(found.dataset)}"


def show_data_and_networks(data: Dataset, zoo: Mapping[str, Card]) -> None:
    """Show the data set that is loaded, and the training and accuracy of every network."""
    sizes = f"{len(data.train):,} for training, {len(data.validation):,} for validation, {len(data.test):,} for tests"
    st.markdown(f"**Data set:** {data.title} ({data.source}): {sizes}.")
    rows = {
        card.title: {
            "reads": card.track,
            "trained on": f"{card.dataset['digits']:,} whole {card.dataset['name']} digits",
            "accuracy on whole test digits": describe_accuracy(card),
            "made by": f"`{card.command}`",
        }
        for card in zoo.values()
    }
    st.table(pd.DataFrame(rows).T)
