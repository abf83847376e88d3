"""Results of the page "Why this class" that are computed once for all visitors, one at a time.

Streamlit leaves arguments with an underscore out of the cache's key; the networks' names are in it instead.
"""

from collections.abc import Mapping, Sequence

import streamlit as st
import torch

from core.attribution.deconvnet import Projection, project_strongest
from core.attribution.hole_maps import HoleMap, scan_with_hole
from core.attribution.methods import attribute
from core.attribution.smallest_erasure import SquareStep, find_smallest_square
from core.networks.classifier import Classifier
from core.networks.evaluation import Network
from dashboard.server import locks
from dashboard.server.scene import Digit, Mask


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
