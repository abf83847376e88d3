"""Results of the page "Why this class" that are computed once for all visitors, one at a time.

Streamlit leaves arguments with an underscore out of the cache's key; the networks' names are in it instead.
"""

from collections.abc import Mapping, Sequence

import streamlit as st
import torch
from torch import Tensor

from core.attribution.deconvnet import Projection, project_strongest
from core.attribution.hole_maps import HoleMap, scan_with_hole
from core.attribution.judging import ErasingCurves, RandomizedStep, judge_orders, randomize_layers
from core.attribution.methods import attribute
from core.attribution.smallest_erasure import SquareStep, find_smallest_square
from core.networks.classifier import Classifier
from core.networks.evaluation import Network
from core.probes import probe_checkpoint
from core.probes.places import find_places, read_places
from core.probes.probe import Probe, choose_probe
from core.probes.probe_checkpoint import ShippedProbes
from dashboard.server import caches, locks
from dashboard.server.scene import Digit, Mask

LEARNED, VALIDATED = 2500, 1000  # digits for probes that do not ship: seconds to learn from


@st.cache_resource(max_entries=300, show_spinner=False)
def attribution(name: str, data: str, digit: Digit, label: int, method: str, _network: Classifier) -> Digit:
    """Return each pixel's attribution to a class `(28, 28)`. Raises AttributionError."""
    with locks.LONG:
        return attribute(_network, torch.from_numpy(digit)[None], label, method).numpy()


@st.cache_resource(max_entries=100, show_spinner=False)
def projections(name: str, data: str, digit: Digit, stage: str, _network: Classifier) -> Sequence[Projection]:
    """Return the deconvnet projections of a stage's most active maps. Raises AttributionError."""
    with locks.LONG:
        return project_strongest(_network, torch.from_numpy(digit)[None], stage)


@st.cache_resource(max_entries=200, show_spinner=False)
def hole_maps(
    names: tuple[str, ...],
    data: str,
    digit: Digit,
    mask: Mask,
    size: int,
    rows: tuple[int, int] | None,
    _networks: Mapping[str, Network],
) -> Mapping[str, HoleMap]:
    """Return what each network reads with a square hole of `size` pixels at every place.

    `rows` (first, end) limits the rows of places.
    """
    image, kept = torch.from_numpy(digit)[None], torch.from_numpy(mask)
    with locks.LONG:
        return scan_with_hole(_networks, image, kept, size=size, rows=None if rows is None else range(*rows))


@st.cache_resource(max_entries=100, show_spinner=False)
def smallest_squares(
    names: tuple[str, ...], data: str, digit: Digit, mask: Mask, coarse: bool, _networks: Mapping[str, Network]
) -> SquareStep | None:
    """Return the last step of the search for the smallest square that changes a reading; None without ink."""
    with locks.LONG:
        steps = list(
            find_smallest_square(_networks, torch.from_numpy(digit)[None], torch.from_numpy(mask), coarse=coarse)
        )
    return steps[-1] if steps else None


@st.cache_resource(max_entries=40, show_spinner=False)
def shipped_probes(network_sha256: str) -> ShippedProbes | None:
    """Return the shipped probes of the network with weights of this hash, if any. Raises CheckpointError."""
    return probe_checkpoint.find(network_sha256)


@st.cache_resource(max_entries=100, show_spinner=False)
def learned_probe(name: str, data: str, place: str, _network: Classifier) -> Probe:
    """Return the probe of one place of a network, trained on a few digits of the set."""
    with locks.LONG:
        learned, held_out = _probe_vectors(name, data, _network)
        known = caches.dataset(data)
        labels, others = known.train.first(LEARNED).labels, known.validation.first(VALIDATED).labels
        return choose_probe(learned[place], labels, held_out[place], others, len(known.classes)).probe


@st.cache_resource(max_entries=1, ttl=120, show_spinner=False)  # up to 100 MB, needed while the probes are trained
def _probe_vectors(name: str, data: str, _network: Classifier) -> Sequence[Mapping[str, Tensor]]:
    """Return what probes read in the first training and validation digits."""
    known, places = caches.dataset(data), find_places(_network)
    splits = known.train.first(LEARNED), known.validation.first(VALIDATED)
    return [read_places(_network, split.images(), places) for split in splits]


@st.cache_resource(max_entries=100, show_spinner=False)
def judged(name: str, data: str, digit: Digit, label: int, _network: Classifier) -> Sequence[ErasingCurves]:
    """Return what erasing a class's ink in the order of each method does, and in the orders of the controls."""
    with locks.LONG:
        return list(judge_orders(_network, torch.from_numpy(digit)[None], label))


@st.cache_resource(max_entries=100, show_spinner=False)
def randomized(name: str, data: str, digit: Digit, label: int, _network: Classifier) -> Sequence[RandomizedStep]:
    """Return each method's map of a class while the network's layers get random weights, from the last one on."""
    with locks.LONG:
        return list(randomize_layers(_network, torch.from_numpy(digit)[None], label))
