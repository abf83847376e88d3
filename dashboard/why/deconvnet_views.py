"""The view "What its maps respond to": a deconvnet (Zeiler & Fergus 2014) from the strongest place of each map."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.attribution.deconvnet import Projection, map_stages
from core.attribution.methods import AttributionError
from core.digits.datasets import Dataset
from core.networks.classifier import Classifier
from core.system.checkpoint_files import CheckpointError
from core.visualization.attribution import draw_attribution
from core.visualization.gallery import GalleryItem, draw_gallery
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.why import cached
from dashboard.why.erasing import show_strongest_menu
from dashboard.why.network_readings import describe_answer
from dashboard.widgets import networks
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import read_tip, show_text


def show_deconvnet(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show which ink of the digit activates the strongest maps of a stage."""
    scene, right = choose_beside(
        read_tip("why", "What its maps respond to"),
        session,
        data,
    )
    with right:
        if scene is None:
            return
        controls = st.container(horizontal=True, vertical_alignment="bottom")
        with controls:
            name, network = _choose_network(data, zoo)
            stage = None if network is None else _choose_stage(network)
        if network is None or stage is None:
            return
        try:
            found = _find(name, network, stage, *scene, data)
        except AttributionError as reason:
            st.info(str(reason))
        else:
            with controls:
                show_strongest_menu({f"map {one.map}": one.pixels.numpy() for one in found}, *scene)
            _show_projections(found, *scene, stage, describe_answer(name, *scene, data))
    with st.expander("How a deconvnet works"):
        show_text("why_deconvnet")


def _choose_network(data: Dataset, zoo: Zoo) -> tuple[str, Classifier | None]:
    """Draw all networks; return the chosen one's name and its classifier, None after a sentence if it is damaged."""
    name = networks.choose_network(zoo, width=240)
    if not name:
        return "", None
    try:
        network = caches.network(name, data.name)
    except CheckpointError as error:
        st.warning(str(error))
        return name, None
    return name, network.classifier


def _choose_stage(network: Classifier) -> str | None:
    stages = map_stages(network)
    if not stages:
        st.info("This network has no feature maps: it sees all pixels at once.")
        return None
    return address.segmented_control("stage", "Stage", stages, stages[-1], always=True, wrap=True)


def _find(name: str, network: Classifier, stage: str, digit: Digit, mask: Mask, data: Dataset) -> Sequence[Projection]:
    left = np.ascontiguousarray(digit * mask, np.float32)
    return cached.projections(name, data.name, left, stage, network)


def _show_projections(found: Sequence[Projection], digit: Digit, mask: Mask, stage: str, answer: str) -> None:
    if not found:
        st.info("No map of this stage responds.")
        return
    items = []
    for one in found:
        values = one.pixels.numpy()
        picture = draw_attribution(digit, mask, values, limit=float(np.abs(values).max()))
        where = "row {}, column {}".format(*one.place)
        items.append(GalleryItem(picture, f"map {one.map}: {one.strength:.1f} at {where}"))
    st.markdown(
        f"**It {answer}. Map {found[0].map} of {stage} responds most.** Each picture: the ink that activates a map."
    )
    st.html(draw_gallery(items, min_width=125, css_class="ns-places"))
    st.caption(
        f"The maps of {stage} that respond most, each at its strongest place. Blue ink raises the response there, red "
        "ink lowers it. Each picture has its own scale."
    )
