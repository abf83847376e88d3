"""Every cache of the project. What is cached is shared by all visitors and never written to."""

from __future__ import annotations

import gc
import threading
import time

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from core import checkpoints, datasets, evaluation
from core.checkpoints import Card
from core.datasets import Dataset
from core.downloads import BackgroundDownload
from core.pmnist import Variant, growing_mask, to_npz
from core.recipes import list_zoo

COLLECT_EVERY = 300.0  # seconds between full garbage collections; see postScriptGC in .streamlit/config.toml


def wanted() -> str:
    """Return the name of the set to show now: MNIST once it is on this machine, until then the offline digits."""
    return "MNIST" if datasets.on_this_machine("MNIST") else datasets.OFFLINE


@st.cache_resource(max_entries=4, show_spinner="Loading the digits ...")
def dataset(name: str) -> Dataset:
    """Return a data set by name. Raises DatasetError."""
    return datasets.load(name)


@st.cache_resource(show_spinner=False)
def mnist_download() -> BackgroundDownload:
    """Return the one download of MNIST that all visitors watch; the first call starts it."""
    return BackgroundDownload("MNIST", datasets.PROJECT_DATA)


@st.cache_resource(ttl=30, show_spinner=False)
def zoo() -> tuple[dict[str, Card], list[str]]:
    """Return the cards of all networks by name, and a sentence for each unreadable one."""
    return list_zoo(checkpoints.SHIPPED)


@st.cache_resource(max_entries=32, show_spinner="Loading the networks ...")
def network(name: str, references: str) -> checkpoints.Network:
    """Return a network by name; a restoring one fills holes from the training digits of the set `references`."""
    return checkpoints.load(name, references=dataset(references).train, folder=checkpoints.SHIPPED)


@st.cache_data(max_entries=400, show_spinner=False)
def predicted(name: str, column: str, variant: Variant, count: int, data: str) -> NDArray[np.int64]:
    """Return what a network reads in the first `count` test digits, whole or cut."""
    reader, digits = network(name, data), dataset(data).test.first(count)
    return evaluation.predict_column(reader, digits, column, variant=variant).numpy()


@st.cache_data(max_entries=2000, show_spinner=False)
def accuracy_when_missing(name: str, kind: str, missing: float, count: int, data: str) -> float:
    """Return the accuracy in percent on the first `count` test digits with this share of each picture erased."""
    return evaluation.evaluate(network(name, data), dataset(data).test.first(count), growing_mask(kind, missing))


@st.cache_data(max_entries=4, show_spinner="Writing the partial digits ...")
def pmnist_file(variant: Variant, data: str) -> bytes:
    """Return all partial test digits as one NumPy file."""
    return to_npz(dataset(data).test, variant=variant)


@st.cache_resource(show_spinner=False)
def turn() -> threading.Lock:
    """Return the lock under which the live page works: thirty strokes at once only fight over the interpreter."""
    return threading.Lock()


@st.cache_resource(show_spinner=False)
def keep_house() -> threading.Thread:
    """Prepare the process for serving many: one torch thread, and rare garbage collections instead of constant ones."""
    torch.set_num_threads(1)
    gc.freeze()
    thread = threading.Thread(target=_collect_for_ever, name="garbage collector", daemon=True)
    thread.start()
    return thread


def _collect_for_ever() -> None:
    while True:
        time.sleep(COLLECT_EVERY)
        gc.collect()
