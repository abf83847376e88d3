"""The data set that pages use, the notice about the offline digits, and single test digits."""

import streamlit as st

from core.digits import datasets
from core.digits.datasets import Dataset
from core.digits.downloads import BackgroundDownload
from core.digits.layouts import DIGIT_CLASSES
from dashboard.server import caches, data_sets, downloads
from dashboard.server.scene import Digit
from dashboard.widgets.texts import read_note

OFFLINE_NOTICE = read_note("widgets", "Offline digits")


def show_data_notice(data: Dataset, problem: str) -> None:
    """Show the problem with the set, else, for the offline digits, the download of MNIST: the first page starts it.

    If NEGATIVE_SPACE_DATA names a folder without MNIST, say so.
    `data` and `problem` are what `caches.current_dataset` returns.
    """
    if problem:
        st.warning(f"{problem} {data.title} is shown instead.")
    elif data.name == datasets.OFFLINE == data_sets.default_name():
        if folder := datasets.describe_named_folder():
            st.warning(folder)
        with st.container(key="offline-digits"):
            _show_offline(downloads.MNIST.last or downloads.MNIST.start())


def _show_offline(download: BackgroundDownload) -> None:
    if not download.finished:
        _watch(download)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        why = "MNIST was not fetched." if download.cancelled else "MNIST could not be fetched."
        st.caption(f"{OFFLINE_NOTICE} {why}", help=download.error, width="content")
        st.button("Try again", on_click=downloads.MNIST.start_again, key="fetch again", type="tertiary")


@st.fragment(run_every=1.0)
def _watch(download: BackgroundDownload) -> None:
    if download.finished:
        st.rerun()
    share = download.step.share if download.step else 0.0
    bar, stop = st.columns([6, 1], vertical_alignment="center")
    bar.progress(share, f"{OFFLINE_NOTICE} Fetching MNIST in the background: {100 * share:.0f} %")
    stop.button("Cancel", on_click=download.cancel, key="cancel fetching", type="tertiary")


def with_digits(data: Dataset) -> Dataset:
    """Return the set, or the default one where its classes are no digits: made digits stand beside real ones."""
    return data if data.classes == DIGIT_CLASSES else caches.default_dataset()


def name_drawing(data: Dataset) -> str:
    """Return what one draws for the set: "digit", or "picture" where its classes are no digits."""
    return data_sets.name_drawing(class_names(data))


def class_names(data: Dataset) -> tuple[str, ...]:
    """Return the names of the set's own classes, also where `data` is in the words of networks that know others."""
    return data.classes if data.labelled else caches.dataset(data.name).classes


def class_of(data: Dataset, index: int) -> str:
    """Return the true class of one test picture."""
    return class_names(data)[int(data.test.labels[index])]


def sample(data: Dataset, index: int) -> Digit:
    """Return one test digit `(28, 28)` in [0, 1]."""
    image: Digit = data.test.images(slice(index, index + 1))[0, 0].numpy()
    return image
