"""What several pages load or compute once for all visitors.

What is cached is never written to. Only this module and each page's own `cached` module use Streamlit's caches; an
argument whose name begins with an underscore is no part of the key, because the others tell what it is.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from plotly.graph_objects import Figure
from torch import Tensor, nn

from core.attribution.smallest_erasure import PixelStep, find_fewest_pixels
from core.classroom.room_board import RoomBoard
from core.digits import datasets
from core.digits.datasets import Dataset
from core.feature_maps.stage_maps import StageMaps, compute_stage_maps
from core.generation import generator_checkpoint
from core.generation.generator_checkpoint import TrainedGenerator
from core.inversion import algebra
from core.inversion.functions import features_hash
from core.inversion.map_atlas import SURVEYED, MapAtlas, build_atlas
from core.inversion.summed_heads import column_logits
from core.jobs import trained_networks
from core.maximization.objectives import Objective
from core.maximization.parameterizations import mean_magnitude as measure_magnitude
from core.maximization.top_digits import TopDigits, find_top_digits
from core.networks import evaluation
from core.networks.classifier import Classifier
from core.networks.restored import Restored
from core.pmnist.masks import Variant, growing_mask
from core.pmnist.partial_set import to_npz
from core.restoration.references import shared_references
from core.similarity.reference_vectors import ReferenceVectors, compute_references
from core.studies.recorded import load_recorded
from core.system import checkpoint_files
from core.zoo import checkpoints
from core.zoo.browser_layers import LayerError, LayerList, list_features, list_head
from core.zoo.checkpoints import Card
from core.zoo.fit import fits, show_on
from core.zoo.recipes import list_zoo
from dashboard.server import data_sets, locks
from dashboard.server.scene import Digit, Mask
from dashboard.server.visitors import get_visitor_id

Zoo = dict[str, Card]

MAX_BROWSER_BYTES = 8 * 1024**2  # of the weights of one network that a browser is given


def current_dataset(name: str = "") -> tuple[Dataset, str]:
    """Return a set by name, "" for the visitor's choice, and a sentence if another is used because it is unreadable."""
    try:
        return dataset(name or data_sets.current_name()), ""
    except datasets.DatasetError as error:
        return default_dataset(), str(error)


def default_dataset() -> Dataset:
    """Return the set that pages use at first; if it cannot be read, the offline digits."""
    try:
        return dataset(data_sets.default_name())
    except datasets.DatasetError:
        return dataset(datasets.OFFLINE)


# However many visitors choose different sets, so many are in memory, and the few of restoring networks. One that is
# chosen again is read again.
@st.cache_resource(max_entries=3, show_spinner="Loading the pictures ...")
def dataset(name: str) -> Dataset:
    """Return a data set by name. Raises DatasetError."""
    return datasets.load(name)


@st.cache_resource(max_entries=8, show_spinner=False)
def room_board(url: str) -> RoomBoard:
    """Return the board of all rooms in the database at `url`. Raises RoomError."""
    return RoomBoard(url)


def shipped_zoo() -> tuple[Zoo, list[str]]:
    """Return the cards of this server's networks for the chosen set by name, a sentence for each unreadable one."""
    return server_zoo(data_sets.current_name(), data_sets.default_name())


@st.cache_resource(ttl=30, max_entries=30, show_spinner=False)
def server_zoo(data: str, default: str) -> tuple[Zoo, list[str]]:
    """Return the cards of this server's networks for a set as `shipped_zoo`.

    Where it is not the default set, a network that has learned from another set says so, and accuracies are the set's.
    """
    cards, problems = list_zoo(checkpoint_files.SHIPPED, checkpoints.folder_of(data))
    named = {name: card if data == default else show_on(card, data) for name, card in cards.items()}
    return named, problems


def zoo(data: str = "") -> tuple[Zoo, list[str]]:
    """Return the cards of the networks for most pages, and problems as `shipped_zoo`: without the variants that only
    studies need, with the networks that this visitor trained. `data` names the set, "" the visitor's choice.
    """
    cards, problems = server_zoo(data, data_sets.default_name()) if data else shipped_zoo()
    shipped = {name: card for name, card in cards.items() if not card.recipe.get("laboratory")}
    return shipped | own_networks(data), problems


def own_networks(data: str = "") -> Zoo:
    """Return the cards of the networks that this visitor trained and that know the set's classes, the oldest first.

    `data` names the set, "" the visitor's choice.
    """
    visitor, (known, _) = get_visitor_id(), current_dataset(data)
    return {} if visitor is None else {name: card for name, card in _networks_of(visitor).items() if fits(card, known)}


@st.cache_resource(ttl=2, max_entries=200, show_spinner=False)
def _networks_of(name: str) -> Zoo:
    cards = trained_networks.list_networks(name)
    return {network: card for network, card in cards.items() if trained_networks.has_learned(card)}


def forget_set(name: str) -> None:
    """Drop the pictures of a deleted set from memory."""
    dataset.clear(name)
    networks.clear()
    _restoring_network.clear()
    shared_references.cache_clear()


def network(name: str, references: str) -> evaluation.Network:
    """Return a network by name. Raises CheckpointError.

    A restoring one fills holes from the training digits of the data set `references`.
    """
    card, found = _card_and_network(name, references)
    return _restoring_network(name, references) if card.restores else found


@st.cache_resource(max_entries=96, show_spinner="Loading the networks ...")
def _card_and_network(name: str, references: str) -> tuple[Card, Classifier]:
    """Return a network with its card; of a restoring one, the network inside."""
    place = trained_networks.find_checkpoint(name, references)
    card = checkpoints.load_card(place.name, place.folder)
    found = checkpoints.load_classifier(place.name, place.folder)
    found.features = features(features_hash(found), found.features)
    return card, found


@st.cache_resource(ttl=600, max_entries=4, show_spinner=False)  # each holds the pictures of its set
def _restoring_network(name: str, references: str) -> evaluation.Network:
    card, found = _card_and_network(name, references)
    neighbours, digits = card.neighbours or 0, dataset(references).train
    return checkpoints.to_restorer(found, digits, neighbours=neighbours, finds_holes=card.finds_holes)


@st.cache_resource(ttl=30, max_entries=96, show_spinner=False)
def networks(names: tuple[str, ...], references: str) -> tuple[Mapping[str, evaluation.Network], Sequence[str]]:
    """Return the networks that can be loaded, and a sentence for each of the others."""
    found, problems = {}, []
    for name in names:
        try:
            found[name] = network(name, references)
        except checkpoint_files.CheckpointError as error:
            problems.append(str(error))
    return found, problems


@st.cache_resource(max_entries=16, show_spinner=False)  # most take 2 MB
def browser_layers(name: str, references: str) -> tuple[LayerList, ...]:
    """Return features and head of a network's classifier, for the browser to compute; nothing if it cannot."""
    classifier = network(name, references).classifier
    try:
        lists = list_features(classifier), list_head(classifier)
    except LayerError:
        return ()
    return lists if sum(len(part.weights) for part in lists) <= MAX_BROWSER_BYTES else ()


@st.cache_resource(max_entries=20, show_spinner=False)
def generator(folder: Path, weights_sha256: str) -> TrainedGenerator:
    """Return the generator of a folder whose weights have this hash. Raises CheckpointError."""
    return generator_checkpoint.load(folder)


@st.cache_resource(max_entries=32, show_spinner=False)
def features(digest: str, _found: nn.Sequential) -> nn.Sequential:
    """Return one copy of these feature layers for all networks whose layers have this hash.

    Networks that share a copy compute their features once for all of them.
    """
    return _found


@st.cache_resource(max_entries=64, show_spinner=False)
def restored(name: str, data: str, digit: Digit, mask: Mask) -> Restored:
    """Return a digit restored by a restoring network."""
    return network(name, data).restore(digit, mask)


@st.cache_resource(max_entries=256, show_spinner=False)
def readings(names: tuple[str, ...], data: str, digit: Digit, mask: Mask) -> Mapping[str, NDArray[np.float32]]:
    """Return each network's probabilities `(classes,)` for one digit under one mask."""
    found, _ = networks(names, data)
    read = evaluation.predict_digit(evaluation.without_filling(found, mask), digit, mask)
    return {name: read[name] if name in read else restored(name, data, digit, mask).probabilities for name in names}


@st.cache_data(max_entries=400, show_spinner=False)
def predicted(name: str, column: str, variant: Variant, count: int, data: str) -> NDArray[np.int64]:
    """Return the class `(count,)` that a network reads in each of the first test digits, whole or cut."""
    reader, digits = network(name, data), dataset(data).test.first(count)
    return evaluation.predict_column(reader, digits, column, variant=variant).numpy()


@st.cache_data(max_entries=12, show_spinner=False)
def probabilities(name: str, count: int, data: str) -> NDArray[np.float32]:
    """Return a network's probabilities `(count, classes)` for the first whole test digits."""
    return evaluation.predict(network(name, data), dataset(data).test.first(count).images()).numpy()


@st.cache_data(max_entries=2000, show_spinner=False)
def accuracy_when_missing(name: str, kind: str, missing: float, count: int, data: str) -> float:
    """Return the accuracy in percent on the first `count` test digits with the share `missing` (0 to 1) erased."""
    return evaluation.evaluate(network(name, data), dataset(data).test.first(count), growing_mask(kind, missing))


def classifier(name: str, data: str) -> Classifier:
    """Return a network that does not restore, by name. Raises CheckpointError."""
    reader = network(name, data)
    if reader.restores:
        raise checkpoint_files.CheckpointError(f"{name!r} restores before it reads; choose a network that does not.")
    return reader.classifier


@st.cache_resource(max_entries=4, show_spinner="Finding what activates each feature map ...")
def atlas(name: str, data: str) -> MapAtlas:
    """Return what activates each of a network's last feature maps, measured on training digits."""
    known = dataset(data)
    return build_atlas(classifier(name, data), known.train.first(SURVEYED), classes=len(known.classes))


@st.cache_resource(max_entries=4, show_spinner="Looking at the digits to compare with ...")
def reference_vectors(name: str, count: int, data: str) -> ReferenceVectors:
    """Return the feature vectors of the first training digits; 25,000 digits take up to 180 MB."""
    return compute_references(classifier(name, data), dataset(data).train.first(count))


@st.cache_resource(max_entries=24, show_spinner="Finding the digits that activate each most ...")
def top_digits(name: str, goals: str, data: str, _objective: Objective, split: Literal["train", "test"]) -> TopDigits:
    """Return the digits of a split that activate each goal of the objective most; `goals` is its `repr`."""
    digits = getattr(dataset(data), split).first(SURVEYED)
    return find_top_digits(classifier(name, data), _objective, digits)


@st.cache_resource(max_entries=8, show_spinner=False)
def mean_magnitude(data: str) -> Tensor:
    """Return the mean Fourier magnitude `(28, 15)` of the training digits."""
    return measure_magnitude(dataset(data).train)


@st.cache_resource(max_entries=64, show_spinner=False)
def stage_maps(name: str, data: str, pixels: Digit) -> tuple[StageMaps, ...]:
    """Return all feature maps of one digit `(28, 28)` in a network that does not restore."""
    return compute_stage_maps(classifier(name, data), torch.from_numpy(pixels)[None])


@st.cache_resource(max_entries=100, show_spinner=False)
def fewest_pixels(name: str, data: str, digit: Digit, mask: Mask, _network: Classifier) -> PixelStep | None:
    """Return the last step of the search for the fewest pixels that change a reading; None without ink."""
    with locks.LONG:
        steps = list(find_fewest_pixels(_network, torch.from_numpy(digit)[None], torch.from_numpy(mask)))
    return steps[-1] if steps else None


@st.cache_data(max_entries=60, show_spinner=False)
def logits(name: str, column: str, count: int, data: str) -> NDArray[np.float32]:
    """Return the logits `(count, classes)` of a network that does not restore, for test digits, whole or cut."""
    return column_logits(classifier(name, data), dataset(data).test.first(count), column).numpy()


@st.cache_data(max_entries=60, show_spinner=False)
def largest_difference(name: str, count: int, data: str) -> float:
    """Return the largest difference between an inverted head's logits and the equal ordinary head's on test digits."""
    return algebra.largest_difference(classifier(name, data), dataset(data).test.first(count))


@st.cache_data(max_entries=4, show_spinner="Writing the partial digits ...")
def pmnist_file(variant: Variant, data: str) -> bytes:
    """Return all partial test digits as one NumPy file."""
    digits = dataset(data).test
    return to_npz(digits.pixels, digits.labels, variant=variant)


@st.cache_resource(max_entries=100, show_spinner=False)
def chart(
    name: str, size: int, given: tuple[Any, ...], named: Mapping[str, Any], _draw: Callable[[], Figure]
) -> Figure:
    """Return the chart that `_draw` returns; function, size of type and arguments tell which it is."""
    return _draw()


@st.cache_resource(show_spinner=False)
def recorded_study(name: str, data: str) -> dict[str, Any]:
    """Return the record of a study on a data set. Raises ValueError with a sentence."""
    return load_recorded(name, data)


def find_record(study: str, data: str) -> dict[str, Any] | None:
    """Return the record of a study on this data set; None if there is none.

    For the set that pages use at first it may be that on MNIST, which the page must then name.
    """
    for name in dict.fromkeys((data, "MNIST") if data == data_sets.default_name() else (data,)):
        try:
            if record := recorded_study(study, name):
                return record
        except ValueError:
            continue
    return None
