"""Every cache of the project. What is cached is shared by all visitors and never written to."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import nn

from core.digits import datasets
from core.digits.datasets import Dataset
from core.feature_maps.stage_maps import StageMaps, compute_stage_maps
from core.inversion import algebra
from core.inversion.functions import features_hash
from core.inversion.map_atlas import MapAtlas, build_atlas
from core.inversion.summed_heads import column_logits
from core.jobs import trained_networks
from core.maximization.objectives import Objective
from core.maximization.top_digits import TopDigits, find_top_digits
from core.networks import evaluation
from core.networks.classifier import Classifier
from core.networks.restored import Restored
from core.pmnist.masks import Variant, growing_mask, to_npz
from core.similarity.reference_vectors import ReferenceVectors, compute_references
from core.studies.recorded import load_recorded
from core.zoo import checkpoints
from core.zoo.checkpoints import Card
from core.zoo.recipes import list_zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.visitors import get_visitor_id

Zoo = dict[str, Card]

SURVEYED = 6000  # training digits: a second, and 600 of each class


def current_dataset_name() -> str:
    """Return the name of the set to show now: MNIST once it is on this machine, until then the offline digits."""
    return "MNIST" if datasets.is_available("MNIST") else datasets.OFFLINE


def current_dataset() -> tuple[Dataset, str]:
    """Return the digits to use now, and a sentence if these are the offline digits because MNIST cannot be read."""
    try:
        return dataset(current_dataset_name()), ""
    except datasets.DatasetError as error:
        return dataset(datasets.OFFLINE), str(error)


@st.cache_resource(max_entries=4, show_spinner="Loading the digits ...")
def dataset(name: str) -> Dataset:
    """Return a data set by name. Raises DatasetError."""
    return datasets.load(name)


@st.cache_resource(ttl=30, show_spinner=False)
def shipped_zoo() -> tuple[Zoo, list[str]]:
    """Return the cards of all networks by name, and a sentence for each unreadable one."""
    return list_zoo(checkpoints.SHIPPED)


def zoo() -> tuple[Zoo, list[str]]:
    """Return the networks of every page: not those of the laboratory, but those that this visitor has trained."""
    cards, problems = shipped_zoo()
    shipped = {name: card for name, card in cards.items() if not card.recipe.get("laboratory")}
    return shipped | own_networks(), problems


def own_networks() -> Zoo:
    """Return the cards of this visitor's networks that read digits, the oldest first; nobody else sees them."""
    name = get_visitor_id()
    return {} if name is None else _networks_of(name)


@st.cache_resource(ttl=2, max_entries=200, show_spinner=False)
def _networks_of(name: str) -> Zoo:
    return {
        one: card for one, card in trained_networks.list_networks(name).items() if trained_networks.reads_digits(card)
    }


@st.cache_resource(max_entries=96, show_spinner="Loading the networks ...")
def network(name: str, references: str) -> evaluation.Network:
    """Return a network by name; a restoring one fills holes from the training digits of the set `references`."""
    place = trained_networks.find_checkpoint(name)
    reader = checkpoints.load_network(place.name, references=dataset(references).train, folder=place.folder)
    classifier = reader.classifier
    classifier.features = features(features_hash(classifier), classifier.features)
    return reader


@st.cache_resource(ttl=30, max_entries=96, show_spinner=False)
def networks(names: tuple[str, ...], references: str) -> tuple[dict[str, evaluation.Network], list[str]]:
    """Return the networks that can be used, and a sentence for each of the others."""
    found, problems = {}, []
    for name in names:
        try:
            found[name] = network(name, references)
        except checkpoints.CheckpointError as error:
            problems.append(str(error))
    return found, problems


@st.cache_resource(max_entries=32, show_spinner=False)
def features(digest: str, _found: nn.Sequential) -> nn.Sequential:
    """Return the one copy of these features that all networks with them share: they are computed once for all."""
    return _found


@st.cache_resource(max_entries=64, show_spinner=False)
def restored(name: str, data: str, digit: Digit, mask: Mask) -> Restored:
    """Return one digit as a restoring network sees it."""
    return network(name, data).restore(digit, mask)


@st.cache_resource(max_entries=256, show_spinner=False)
def readings(names: tuple[str, ...], data: str, digit: Digit, mask: Mask) -> dict[str, NDArray[np.float32]]:
    """Return each network's probabilities `(classes,)` of one digit under one mask."""
    found, _ = networks(names, data)
    read = evaluation.predict_digit(evaluation.without_filling(found, mask), digit, mask)
    return {name: read[name] if name in read else restored(name, data, digit, mask).probabilities for name in names}


@st.cache_data(max_entries=400, show_spinner=False)
def predicted(name: str, column: str, variant: Variant, count: int, data: str) -> NDArray[np.int64]:
    """Return what a network reads in the first `count` test digits, whole or cut."""
    reader, digits = network(name, data), dataset(data).test.first(count)
    return evaluation.predict_column(reader, digits, column, variant=variant).numpy()


@st.cache_data(max_entries=12, show_spinner=False)
def probabilities(name: str, count: int, data: str) -> NDArray[np.float32]:
    """Return what a network makes of the first `count` whole test digits, `(count, classes)`."""
    return evaluation.predict(network(name, data), dataset(data).test.first(count).images()).numpy()


@st.cache_data(max_entries=2000, show_spinner=False)
def accuracy_when_missing(name: str, kind: str, missing: float, count: int, data: str) -> float:
    """Return the accuracy in percent on the first `count` test digits with this share of each picture erased."""
    return evaluation.evaluate(network(name, data), dataset(data).test.first(count), growing_mask(kind, missing))


def classifier(name: str, data: str) -> Classifier:
    """Return a blind network by name. Raises CheckpointError."""
    reader = network(name, data)
    if reader.restores:
        raise checkpoints.CheckpointError(f"{name!r} restores before it reads; a blind network is wanted here.")
    return reader.classifier


@st.cache_resource(max_entries=4, show_spinner="Looking at what excites each feature map ...")
def atlas(name: str, data: str) -> MapAtlas:
    """Return what a network's last feature maps do on training digits."""
    return build_atlas(classifier(name, data), dataset(data).train.first(SURVEYED))


@st.cache_resource(max_entries=4, show_spinner="Looking at the digits to compare with ...")
def seen(name: str, count: int, data: str) -> ReferenceVectors:
    """Return the first training digits as a network sees them; half of MNIST's take up to 180 MB."""
    return compute_references(classifier(name, data), dataset(data).train.first(count))


@st.cache_resource(max_entries=24, show_spinner="Looking for the digits that excite each most ...")
def exciting(name: str, goals: str, data: str, _objective: Objective, split: Literal["train", "test"]) -> TopDigits:
    """Return which digits of the split's first ones excite each goal of the objective most; `goals` are its words."""
    digits = getattr(dataset(data), split).first(SURVEYED)
    return find_top_digits(classifier(name, data), _objective, digits)


@st.cache_resource(max_entries=64, show_spinner=False)
def stage_maps(name: str, data: str, pixels: Digit) -> tuple[StageMaps, ...]:
    """Return all maps of one digit `(28, 28)` in a blind network (F4)."""
    return compute_stage_maps(classifier(name, data), torch.from_numpy(pixels)[None])


@st.cache_data(max_entries=60, show_spinner=False)
def logits(name: str, column: str, count: int, data: str) -> NDArray[np.float32]:
    """Return a blind network's logits of the first `count` test digits, whole or cut."""
    return column_logits(classifier(name, data), dataset(data).test.first(count), column).numpy()


@st.cache_data(max_entries=60, show_spinner=False)
def largest_difference(name: str, count: int, data: str) -> float:
    """Return how far an inverted head's logits are from the equal ordinary head's, on `count` test digits."""
    return algebra.largest_difference(classifier(name, data), dataset(data).test.first(count))


@st.cache_data(max_entries=4, show_spinner="Writing the partial digits ...")
def pmnist_file(variant: Variant, data: str) -> bytes:
    """Return all partial test digits as one NumPy file."""
    return to_npz(dataset(data).test, variant=variant)


@st.cache_resource(show_spinner=False)
def recorded_study(name: str, data: str) -> dict[str, Any]:
    """Return a study that is recorded on a data set. Raises ValueError with a sentence."""
    return load_recorded(name, data)


def find_record(study: str, data: str) -> dict[str, Any] | None:
    """Return a study recorded on these digits, else on MNIST: whoever shows it says on which. None without either."""
    for name in dict.fromkeys((data, "MNIST")):
        try:
            if record := recorded_study(study, name):
                return record
        except ValueError:
            continue
    return None
