"""The view "Whole network": a digit in all stages of a network as one picture, which computes in the browser."""

from dataclasses import replace

import streamlit as st

from core.digits.datasets import Dataset
from core.zoo.browser_layers import LayerList
from dashboard import address
from dashboard.components.network_picture import Reader, network_picture
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import DEFAULT_NETWORKS
from dashboard.server.session import Session
from dashboard.widgets import maps
from dashboard.widgets.browser_parts import offer_part
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.map_changes import CHANGED, CHANGES, Changes, choose_strength, keep_changes
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.texts import read_note, show_tip

NETWORK = "convolution network"  # key of the choice, which the page's other views share


def show_picture(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the current digit in all stages of a network; the browser computes, changes and explains them."""
    held: Changes = address.hold("changed", CHANGES, key=CHANGED) or ()
    left, right = inputs_and_result(250, 960)
    with left:
        show_tip("convolution", "Whole network")
        name, network = maps.choose_classifier(data, zoo, key=NETWORK)
        scene = choose_scene(session, data)
        strength = choose_strength(held)
    if network is None or scene is None:
        return
    with locks.LIVE:
        parts = caches.browser_layers(name, data.name)
    with right:
        if not parts:
            st.info(read_note("convolution", "Not in the browser"))
            return
        network_picture(
            *scene,
            session.base_mask,
            offer_part(parts[0]),
            _readers(name, parts, zoo, data),
            data.classes,
            network=name,
            changes=[replace(one, strength=strength) for one in held],
            strength=strength,
            on_choose=_choose,
            texts={
                "label": read_note("convolution", "Picture"),
                "hint": read_note("convolution", "Pointing"),
                "keys": read_note("convolution", "Keys"),
                "broken": read_note("convolution", "No weights"),
            },
            key="network picture",
        )


def _choose(network: str, changed: str) -> None:
    """Keep the network and the changes that were chosen in the picture."""
    keep_changes(changed)
    if not _is_fixed():
        address.change(NETWORK, network)


def _is_fixed() -> bool:
    """Return whether the link hides the choice of the network."""
    return address.get_address().hides("network", "networks")


def _readers(name: str, parts: tuple[LayerList, ...], zoo: Zoo, data: Dataset) -> list[Reader]:
    """Return the network and, unless it is fixed, the usual ones that read the same features, in the zoo's order."""
    features, cards = parts[0], zoo | caches.own_networks()
    usual = [] if _is_fixed() else [one for one in DEFAULT_NETWORKS if one in zoo and not zoo[one].restores]
    networks, _ = caches.networks(tuple(one for one in usual if one != name), data.name)
    found = {one: caches.browser_layers(one, data.name) for one in networks} | {name: parts}
    beside = [one for one in cards if one in found and found[one] and found[one][0].sha256 == features.sha256]
    return [Reader(one, cards[one].title, offer_part(found[one][1])) for one in beside]
