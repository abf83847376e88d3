"""The view "Look at the set": counts, means and spreads of its classes, unusual digits, doubtful labels."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.digits.datasets import Dataset, Digits
from core.networks import doubtful_labels
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.zoo.fit import fits
from dashboard import address
from dashboard.data_sets import cached
from dashboard.data_sets.cached import Part
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.texts import read_note, show_caption, show_tip

PARTS: dict[Part, str] = {"train": "training pictures", "test": "test pictures"}
UNUSUAL, DOUBTFUL = 9, 24  # of each class; of all
WIDTH = 74  # pixels of a picture in a row that wraps


def show_set(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the chosen set in one of three ways."""
    show_tip("data_sets", "Look at the set")
    sentence = st.empty()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = address.segmented_control("part", "Part", list(PARTS), "train", format_func=PARTS.__getitem__)
        shown = address.segmented_control("show", "Show", list(WAYS), next(iter(WAYS)))
    sentence.markdown(f"**{WAYS[shown](data, part)}**")
    if data.name == "MNIST":
        st.caption(read_note("data_sets", "Writers"))


def _show_means(data: Dataset, part: Part) -> str:
    """Show mean and spread of each class; return a sentence on the counts."""
    found = cached.summary(data.name, part)
    counts = found.counts.tolist()
    for heading, pictures in (("Mean", found.means), ("Spread (standard deviation)", found.spreads * 2)):
        st.markdown(f"**{heading}**")
        captions = [f"{name} · {count:,}" for name, count in zip(data.classes, counts, strict=True)]
        _show_row([arrays.to_gray(one) for one in pictures.numpy()], captions)
    show_caption("data_sets", "Mean and spread")
    return describe_counts(data.title, PARTS[part], data.classes, counts)


def describe_counts(title: str, part: str, classes: Sequence[str], counts: Sequence[int]) -> str:
    """Return a sentence: how many digits of how many classes, and the largest and the smallest class."""
    most, least = int(np.argmax(counts)), int(np.argmin(counts))
    about = f"{sum(counts):,} {part} of {title} in {len(classes)} classes"
    if counts[most] == counts[least]:
        return f"{about}, {counts[most]:,} of each."
    return f"{about}: from {counts[least]:,} of {classes[least]} to {counts[most]:,} of {classes[most]}."


def _show_unusual(data: Dataset, part: Part) -> str:
    """Show the most unusual digits of each class; return a sentence on what they are."""
    digits: Digits = getattr(data, part)
    found = cached.unusual(data.name, part, UNUSUAL)
    strips = [arrays.contact_sheet(list(digits.images(one)[:, 0].numpy()), 3, factor=1) for one in found if len(one)]
    names = [name for name, one in zip(data.classes, found, strict=True) if len(one)]
    _show_row(strips, names, width=150)
    show_caption("data_sets", "Most unusual")
    return f"These {PARTS[part]} of {data.title} are least like the mean of their class."


def _show_doubtful(data: Dataset, part: Part) -> str:
    """Show the digits whose label is contradicted most surely; return a sentence on who read them."""
    digits: Digits = getattr(data, part)
    reader, probabilities = _read(data, part)
    labels = digits.labels[: len(probabilities)].numpy()
    found = doubtful_labels.find_doubtful(probabilities, labels, DOUBTFUL)
    pictures = digits.images(slice(len(labels)))[found][:, 0].numpy()
    _show_row([arrays.to_gray(one) for one in pictures], [_describe(data, labels, probabilities, at) for at in found])
    show_caption("data_sets", "Doubtful labels")
    wrong = int((probabilities.argmax(1) != labels).sum())
    more = f" These are the {len(found)} with the surest other reading." if wrong > len(found) else ""
    return f"{reader} reads {wrong:,} of {len(labels):,} {PARTS[part]} as another class than their label says.{more}"


def _describe(data: Dataset, labels: NDArray[np.int64], probabilities: NDArray[np.float32], at: int) -> str:
    read = int(probabilities[at].argmax())
    return f"{data.classes[labels[at]]} → {data.classes[read]} ({100 * probabilities[at, read]:.0f} %)"


def _read(data: Dataset, part: Part) -> tuple[str, NDArray[np.float32]]:
    """Return who read digits that it had not learned from, and the probabilities `(n, classes)`."""
    zoo, _ = caches.zoo()
    learned = (
        name
        for name, card in zoo.items()
        if card.dataset.get("name") == data.name and fits(card, data) and not card.restores
    )
    name = next(learned, None) if part == "test" else None
    if name is None:
        return "A logistic regression that learned from the other three quarters", cached.cross_fitted(data.name, part)
    return f"*{zoo[name].title}*, which did not learn from them,", caches.probabilities(name, len(data.test), data.name)


def _show_row(pictures: Sequence[arrays.Picture], captions: Sequence[str], width: int = WIDTH) -> None:
    items = [GalleryItem(picture, caption) for picture, caption in zip(pictures, captions, strict=True)]
    st.html(draw_gallery(items, min_width=width, css_class="ns-set"))


WAYS: dict[str, Callable[[Dataset, Part], str]] = {
    "Mean and spread": _show_means,
    "Most unusual": _show_unusual,
    "Doubtful labels": _show_doubtful,
}
