"""The view "Make digits": digits of a class, an interpolation between two, and the nearest real digits."""

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
from core.jobs.generator_job import KIND
from core.networks.classifier import Classifier
from core.networks.evaluation import predict
from core.system.checkpoint_files import CheckpointError
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.generation import draw_samples
from dashboard import address
from dashboard.address.kinds import WHOLE
from dashboard.components.player import player
from dashboard.made_digits import cached, generators
from dashboard.made_digits.frames import Interpolation
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.jobs import my_jobs
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.texts import show_caption

ROWS = 4
ALL = "all"
SHEET, ENDS = "made sheet", "made ends"  # keys of the seeds of the sheet, and of the interpolation's two ends
COMPARED = 5  # made digits that are shown with the nearest real digit


def show_making(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show made digits, an interpolation between two of them, and on request the nearest real digits."""
    left, right = st.columns([606, 564], gap="medium")
    with left:
        made = generators.load_or_warn(generators.choose_source(generators.with_generator(my_jobs(KIND))))
        reader = _reader_or_warn(data)
        if made is None or reader is None:
            return
        images = _show_sheet(made, reader)
    with right:
        _show_interpolation(made, reader)
    if address.toggle("nearest", "Did it memorise real digits? Compare", key="made nearest"):
        _show_nearest(made, images[:: ROWS * 2][:COMPARED])


def _reader_or_warn(data: Dataset) -> Classifier | None:
    """Return the network that reads the made digits; warn and return None if it cannot be loaded."""
    try:
        return caches.classifier(JUDGE, data.name)
    except CheckpointError as error:
        st.warning(str(error))
        return None


def _show_sheet(made: TrainedGenerator, reader: Classifier) -> Tensor:
    """Show forty made digits and how a network reads them; return them, ordered by class if they have one."""
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
        st.button("Make others", on_click=_next_seed, args=(SHEET,), key="made new", type="primary")
    images, labels = _make_sheet(made, wanted)
    sheet = draw_samples(images[:, 0].numpy())
    read = predict(reader, images).argmax(1)
    st.markdown(f"**{_describe_readings(made, read, labels)}**")
    show_picture(sheet, f"{len(images)} made digits")
    rows = " All digits of a row use the same random numbers; only the class differs."
    of_rows = rows if made.labelled and wanted == ALL else ""
    st.caption(f"**Made digits**: nobody wrote them.{of_rows}{_describe_training(made)}")
    st.download_button(
        "Download (PNG)",
        lambda: arrays.to_png(sheet),
        "made-digits.png",
        "image/png",
        on_click="ignore",
        key="made png",
    )
    return images


def _make_sheet(made: TrainedGenerator, wanted: str) -> tuple[Tensor, Tensor]:
    """Return forty digits and the classes asked for: four of each class, from the same latents, or all of one."""
    seed, count = address.hold("sheet", WHOLE, 0, key=SHEET), ROWS * CLASSES
    if wanted == ALL and made.labelled:
        latents = draw_latents(ROWS, made.generator.latent, seed).repeat(CLASSES, 1)
        labels = torch.arange(CLASSES).repeat_interleave(ROWS)
    else:
        latents = draw_latents(count, made.generator.latent, seed)
        labels = torch.full((count,), 0 if wanted == ALL else int(wanted))
    return make_images(made.generator, latents, labels), labels


def _describe_readings(made: TrainedGenerator, read: Tensor, labels: Tensor) -> str:
    """Return a sentence about how the network reads the digits."""
    if not made.labelled:
        found = ", ".join(map(str, sorted(set(read.tolist()))))
        return f"The assignment network reads these made digits as {found}."
    right = int((read == labels).sum())
    return f"The assignment network reads {right} of all {len(labels)} made digits as the intended class."


def _describe_training(made: TrainedGenerator) -> str:
    card, measured = made.card, made.card.measured
    how = "" if made.labelled else " without labels"
    sentence = f" The generator was trained{how} on {card.dataset['digits']:,} digits of {card.dataset['name']}"
    if not measured:
        return sentence + "."
    return (
        sentence
        + f". Of {measured['digits']:,} made digits, {measured['read_as_meant']:.1f} % are read as the intended class."
    )


def _next_seed(key: str) -> None:
    st.session_state[key] = st.session_state.get(key, 0) + 1


def _show_interpolation(made: TrainedGenerator, reader: Classifier) -> None:
    """Play the interpolation from one digit to another."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = (
            _choose_end("first", "From a", 4, shown=made.labelled),
            _choose_end("last", "To a", 9, shown=made.labelled),
        )
        st.button("New start and end digits", on_click=_next_seed, args=(ENDS,), key="made other")
    seed = 1000 + 2 * address.hold("ends", WHOLE, 0, key=ENDS)
    ends = chosen if made.labelled else _read_ends(made, reader, seed)
    interpolation = Interpolation(made, reader, ends, (seed, seed + 1))
    name = sha256(repr(interpolation.about).encode()).hexdigest()
    player(interpolation.frames(), key="made walk", run=name, look=interpolation.look, finished=True)
    show_caption("made_digits", "Interpolation")


def _read_ends(made: TrainedGenerator, reader: Classifier, seed: int) -> tuple[int, int]:
    """Return the classes that the network reads in the two ends, for a generator that was trained without classes."""
    latents = torch.cat([draw_latents(1, made.generator.latent, one) for one in (seed, seed + 1)])
    first, last = (
        predict(reader, make_images(made.generator, latents, torch.zeros(2, dtype=torch.long))).argmax(1).tolist()
    )
    return first, last


def _choose_end(name: str, label: str, first: int, *, shown: bool) -> int:
    return address.selectbox(name, label, range(CLASSES), first, key=f"made {name}", shown=shown, width=110)


def _show_nearest(made: TrainedGenerator, images: Tensor) -> None:
    """Show the nearest real digit of each of some made ones, and the same distance for real test digits."""
    name = made.card.dataset["name"]
    try:
        data = caches.dataset(name) if datasets.is_available(name) else None
    except datasets.DatasetError:
        data = None
    if data is None:
        st.info(f"Its training digits ({name}) are not on this computer, so nothing can be compared.")
        return
    found = find_nearest_digits(images, data.train)
    of_real = cached.real_distances(name)
    items = []
    for image, index, distance in zip(images, found.indices.tolist(), found.distances.tolist(), strict=True):
        real = data.train.images(slice(index, index + 1))[0, 0].numpy()
        items += [
            GalleryItem(arrays.to_gray(image[0].numpy()), "made"),
            GalleryItem(arrays.to_gray(real), f"real: training digit {index}, distance {distance:.1f}"),
        ]
    st.html(draw_gallery(items, min_width=103, css_class="ns-nearest"))
    st.markdown(
        "A memorised digit would have the distance 0. The mean distance of these made digits from the nearest "
        f"training digit is **{float(found.distances.mean()):.1f}** (L2, pixels from 0 to 1); for real test digits of "
        f"{name} it is **{float(of_real.distances.mean()):.1f}**."
    )
