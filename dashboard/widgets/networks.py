"""Widgets that choose networks: one, or several that are compared."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.zoo.checkpoints import Card
from dashboard import address
from dashboard.address.links import NETWORKS
from dashboard.server.scene import DEFAULT_NETWORKS
from dashboard.server.session import get_session

NOBODY = "There is no network for this on this machine."


def choose_network(
    zoo: Mapping[str, Card], *, name: str = "network", label: str = "Network", first: str = "", **more: Any
) -> str:
    """Draw a list of the networks; return the name of the chosen one, "" after a sentence where there is none.

    `name` and `more` are those of `address.selectbox`; `first` is chosen at first, if it is there.
    """
    if not zoo:
        _say_no_network()
        return ""
    first = first if first in zoo else next(iter(zoo))
    more |= {"group": "networks", "format_func": lambda one: zoo[one].title}
    return address.selectbox(name, label, list(zoo), first, **more)


def choose_networks(zoo: Mapping[str, Card], **more: Any) -> tuple[str, ...]:
    """Draw the choice of the scene's networks in a popover; return at least one, if there is any, in the zoo's order.

    `more` is that of `st.popover`.
    """
    if not zoo:
        _say_no_network()
    session, known = get_session(), [name for name in DEFAULT_NETWORKS if name in zoo]
    chosen: Sequence[str] = session.scene.networks
    if not address.get_address().hides("networks"):
        # A network may have gone since it was chosen, and a widget refuses a value that is not among its options.
        held = st.session_state.get(NETWORKS, known)
        st.session_state[NETWORKS] = [name for name in held if name in zoo]
        chosen = st.popover("More networks", key="networks menu", **more).pills(
            "Networks that are compared",
            list(zoo),
            selection_mode="multi",
            key=NETWORKS,
            persist_state="session",
            wrap=True,
            format_func=lambda name: zoo[name].title,
        )
    networks = tuple(name for name in zoo if name in chosen) or tuple(known[:1] or [*zoo][:1])
    if {*networks} != {*session.scene.networks}:  # else a link's own order stays, and with it the address
        session.scene.networks = networks
    return networks


def choose_any(
    zoo: Mapping[str, Card], *, name: str, first: Sequence[str], label: str = "Networks", **more: Any
) -> list[str]:
    """Draw the networks; return any number of them, at first those of `first` that are there."""
    more |= {"group": "networks", "format_func": lambda one: zoo[one].title, "wrap": True}
    return address.several_pills(name, label, list(zoo), first, **more)


def _say_no_network() -> None:
    st.info(NOBODY)
    address.get_address().incomplete = True
