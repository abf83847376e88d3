"""The view "Make digits": digits of a class, a walk from one to another, and whether they were learned by heart."""

from __future__ import annotations

from hashlib import sha256

import streamlit as st
import torch
from torch import Tensor

from core.digits import datasets
from core.digits.datasets import Dataset
from core.generation.dcgan import CLASSES, make_images
from core.generation.generator_checkpoint import TrainedGenerator
from core.generation.quality import JUDGE, find_nearest_digits
from core.generation.sampling import draw_latents
from core.networks.classifier import Classifier
from core.networks.evaluation import predict
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.generation import draw_samples
from core.zoo.checkpoints import CheckpointError
from dashboard import address
from dashboard.address.kinds import WHOLE
from dashboard.components.player import player
from dashboard.made_digits import cached, generators
from dashboard.made_digits.frames import Walk
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session

ROWS = 4
ALL = "all"
SHEET, ENDS = "made sheet", "made ends"  # seeds of the sheet, and of the walk's two ends
COMPARED = 5  # made digits, with the real one nearest to each


def show_making(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Let people make digits, and walk from one to another."""
    left, right = st.columns([606, 564], gap="medium")
    with left:
        made = generators.load(generators.choose_source(generators.ready(generators.my_generators())))
        reader = _reader(data)
        if made is None or reader is None:
            return
        images = _show_sheet(made, reader)
    with right:
        _show_walk(made, reader)
    if address.toggle("nearest", "Has it learned real digits by heart? Compare", key="made nearest"):
        _show_nearest(made, images[:: ROWS * 2][:COMPARED])


def _reader(data: Dataset) -> Classifier | None:
    """Return the network that judges, or say in a sentence why it cannot."""
    try:
        return caches.classifier(JUDGE, data.name)
    except CheckpointError as error:
        st.warning(str(error))
        return None


def _show_sheet(made: TrainedGenerator, reader: Classifier) -> Tensor:
    """Show forty digits and how they are read; return them in order of class."""
    with st.container(horizontal=True, vertical_alignment="center"):
        wanted = address.segmented_control(
            "class",
            "Make",
            [ALL, *map(str, range(CLASSES))],
            key="made class",
            shown=made.labelled,
            wrap=True,
            label_visibility="collapsed",
        )
        wanted = wanted if made.labelled else ALL
        st.button("New ones", on_click=_count, args=(SHEET,), key="made new", type="primary")
    images, labels = _make_sheet(made, wanted)
    sheet = draw_samples(images[:, 0].numpy())
    st.image(sheet, output_format="PNG", width="stretch")
    read = predict(reader, images).argmax(1)
    st.caption(f"**Made digits**: nobody wrote them.{_read_words(made, wanted, read, labels)}{_words(made)}")
    st.download_button(
        "These digits (PNG)",
        lambda: arrays.to_png(sheet),
        "made-digits.png",
        "image/png",
        on_click="ignore",
        key="made png",
    )
    return images


def _make_sheet(made: TrainedGenerator, wanted: str) -> tuple[Tensor, Tensor]:
    """Return forty digits and the classes that are meant: of all classes in order, by the same numbers, or of one."""
    seed, count = address.hold("sheet", WHOLE, 0, key=SHEET), ROWS * CLASSES
    if wanted == ALL and made.labelled:
        latents = draw_latents(ROWS, made.generator.latent, seed).repeat(CLASSES, 1)
        labels = torch.arange(CLASSES).repeat_interleave(ROWS)
    else:
        latents = draw_latents(count, made.generator.latent, seed)
        labels = torch.full((count,), 0 if wanted == ALL else int(wanted))
    return make_images(made.generator, latents, labels), labels


def _read_words(made: TrainedGenerator, wanted: str, read: Tensor, labels: Tensor) -> str:
    """Return what is said of how the sheet's digits are read."""
    if not made.labelled:
        found = ", ".join(map(str, sorted(set(read.tolist()))))
        return f" This generator was never told a class; the assignment network reads them as {found}."
    rows = " Each row is made from the same numbers: only the class differs, the hand stays." if wanted == ALL else ""
    right = int((read == labels).sum())
    return f"{rows} The assignment network reads {right} of these {len(labels)} as they are meant; none was left out."


def _words(made: TrainedGenerator) -> str:
    card = made.card
    words = f" It learned from {card.dataset['digits']:,} digits of {card.dataset['name']}"
    found = card.measured
    return words + (
        f"; of {found['digits']:,} made ones {found['read_as_meant']:.1f} % are read as meant." if found else "."
    )


def _count(key: str) -> None:
    st.session_state[key] = st.session_state.get(key, 0) + 1


def _show_walk(made: TrainedGenerator, reader: Classifier) -> None:
    """Play the way from one digit to another."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = (
            _choose_end("first", "Walk from a", 4, shown=made.labelled),
            _choose_end("last", "to a", 9, shown=made.labelled),
        )
        st.button("Other ends", on_click=_count, args=(ENDS,), key="made other")
    seed = 1000 + 2 * address.hold("ends", WHOLE, 0, key=ENDS)
    ends = chosen if made.labelled else _read_ends(made, reader, seed)
    route = Walk(made, reader, ends, (seed, seed + 1))
    name = sha256(repr(route.about).encode()).hexdigest()
    player(route.frames(), key="made walk", run=name, look=route.look, finished=True)
    st.caption(
        "Every picture is made from numbers that lie between those of the two ends. Half way there is no digit "
        "that it has learned from, and yet it makes strokes: when does the reading change?"
    )


def _read_ends(made: TrainedGenerator, reader: Classifier, seed: int) -> tuple[int, int]:
    """Return as what the ends of a walk are read: a generator that knows no classes cannot be asked for them."""
    latents = torch.cat([draw_latents(1, made.generator.latent, one) for one in (seed, seed + 1)])
    first, last = (
        predict(reader, make_images(made.generator, latents, torch.zeros(2, dtype=torch.long))).argmax(1).tolist()
    )
    return first, last


def _choose_end(name: str, label: str, first: int, *, shown: bool) -> int:
    return address.selectbox(name, label, range(CLASSES), first, key=f"made {name}", shown=shown, width=110)


def _show_nearest(made: TrainedGenerator, images: Tensor) -> None:
    """Show the real digit nearest to each of some made ones, and what is usual among real ones."""
    name = made.card.dataset["name"]
    try:
        data = caches.dataset(name) if datasets.is_available(name) else None
    except datasets.DatasetError:
        data = None
    if data is None:
        st.info(f"The digits that it learned from ({name}) are not on this machine, so nothing can be compared.")
        return
    found = find_nearest_digits(images, data.train)
    usual = cached.usual_distances(name)
    items = []
    for image, index, distance in zip(images, found.indices.tolist(), found.distances.tolist(), strict=True):
        real = data.train.images(slice(index, index + 1))[0, 0].numpy()
        items += [
            GalleryItem(arrays.to_gray(image[0].numpy()), "made"),
            GalleryItem(arrays.to_gray(real), f"real: training digit {index}, {distance:.1f} away"),
        ]
    st.html(draw_gallery(items, min_width=103, css_class="ns-nearest"))
    st.markdown(
        f"If it only repeated what it has seen, the nearest real digit would be 0 away. On average these are "
        f"**{float(found.distances.mean()):.1f}** away (the length of the difference, pixels from 0 to 1); real test "
        f"digits of {name} are **{float(usual.distances.mean()):.1f}** away from the nearest training digit."
    )
