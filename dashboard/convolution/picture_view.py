"""The view "Whole network": a digit in all stages of a network as one picture, which computes in the browser."""

import streamlit as st

from core.digits.datasets import Dataset
from core.zoo.browser_layers import LayerList
from dashboard.components.network_picture import Reader, network_picture
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import DEFAULT_NETWORKS
from dashboard.server.session import Session
from dashboard.widgets import maps
from dashboard.widgets.browser_parts import offer_part
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import read_note, read_tip


def show_picture(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the current digit in all stages of a network; the browser computes and explains them."""
    left, right = inputs_and_result(250, 960)
    with left:
        st.caption(read_tip("convolution", "Whole network"))
        name, network = maps.choose_classifier(data, zoo)
        scene = choose_scene(session, data)
    if network is None or scene is None:
        return
    with locks.LIVE:
        parts = caches.browser_layers(name, data.name)
    with right:
        if not parts:
            st.info(read_note("convolution", "Not in the browser"))
            return
        features, head = parts
        heads = {name: head} | _heads_beside(name, features, zoo, data)
        cards = zoo | caches.own_networks()
        network_picture(
            *scene,
            session.base_mask,
            offer_part(features),
            [Reader(cards[one].title, offer_part(found)) for one, found in heads.items()],
            data.classes,
            texts={
                "label": read_note("convolution", "Picture"),
                "hint": read_note("convolution", "Keys"),
                "broken": read_note("convolution", "No weights"),
            },
            key="network picture",
        )


def _heads_beside(name: str, features: LayerList, zoo: Zoo, data: Dataset) -> dict[str, LayerList]:
    """Return the heads of the usual networks that read the same features, by name."""
    others = [one for one in DEFAULT_NETWORKS if one in zoo and one != name and not zoo[one].restores]
    networks, _ = caches.networks(tuple(others), data.name)
    found = {one: caches.browser_layers(one, data.name) for one in networks}
    return {one: parts[1] for one, parts in found.items() if parts and parts[0].sha256 == features.sha256}
