"""The data set that pages use, the notice about the offline digits, and single test digits."""

from __future__ import annotations

import streamlit as st

from core.digits import datasets
from core.digits.datasets import Dataset
from dashboard.server import caches
from dashboard.server.scene import Digit

OFFLINE_NOTICE = "These are the **offline digits** (1,797 real ones from scikit-learn), not MNIST."


def current_data() -> Dataset:
    """Return the digits to work with now, and say which they are whenever they are not MNIST."""
    name = caches.current_dataset_name()
    try:
        data = caches.dataset(name)
    except datasets.DatasetError as error:
        st.warning(f"{error} The offline digits are shown instead.")
        return caches.dataset(datasets.OFFLINE)
    if data.name == datasets.OFFLINE:
        _show_offline()
    return data


def _show_offline() -> None:
    download = caches.mnist_download()
    if not download.finished:
        return _watch_download()
    with st.container(horizontal=True, vertical_alignment="center"):
        why = "MNIST was not fetched." if download.cancelled else "MNIST could not be fetched."
        st.caption(f"{OFFLINE_NOTICE} {why}", help=download.error, width="content")
        st.button("Try again", on_click=caches.mnist_download.clear, key="fetch again", type="tertiary")


@st.fragment(run_every=1.0)
def _watch_download() -> None:
    download = caches.mnist_download()
    if download.finished:
        st.rerun()
    share = download.step.share if download.step else 0.0
    bar, stop = st.columns([6, 1], vertical_alignment="center")
    bar.progress(share, f"{OFFLINE_NOTICE} Fetching MNIST in the background: {100 * share:.0f} %")
    stop.button("Cancel", on_click=download.cancel, key="cancel fetching", type="tertiary")


def sample(data: Dataset, index: int) -> Digit:
    """Return one test digit `(28, 28)` in [0, 1]."""
    image: Digit = data.test.images(slice(index, index + 1))[0, 0].numpy()
    return image
