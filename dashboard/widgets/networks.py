"""Widgets that choose networks: one, or several that are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import streamlit as st

from core.zoo.checkpoints import Card
from dashboard.server.scene import DEFAULT_NETWORKS
from dashboard.server.session import get_session

NOBODY = "There is no network for this on this machine."


def choose_network(
    zoo: Mapping[str, Card],
    *,
    key: str,
    label: str = "Network",
    first: str = "",
    width: int | Literal["stretch"] = "stretch",
) -> str:
    """Let people choose one network, at first the one called `first`; "", after a sentence, where there is none."""
    if not zoo:
        st.info(NOBODY)
        return ""
    if st.session_state.get(key) not in zoo:  # one of the visitor's own may have gone
        st.session_state[key] = first if first in zoo else next(iter(zoo))
    return str(
        st.selectbox(
            label, list(zoo), key=key, persist_state="session", width=width, format_func=lambda name: zoo[name].title
        )
    )


def choose_networks(zoo: dict[str, Card]) -> tuple[str, ...]:
    """Let people choose the networks; at least one, if there is any, in the order in which the zoo lists them."""
    if not zoo:
        st.info(NOBODY)
    known = [name for name in DEFAULT_NETWORKS if name in zoo]
    chosen = choose_any(zoo, key="networks", first=known, label_visibility="collapsed")
    networks = tuple(name for name in zoo if name in chosen) or tuple(known[:1])
    get_session().scene.networks = networks
    return networks


def choose_any(
    zoo: Mapping[str, Card],
    *,
    key: str,
    first: Sequence[str],
    label: str = "Networks",
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> list[str]:
    """Let people choose any of the networks, or none; at first those of `first` that are here."""
    # A network may have gone since it was chosen, and a widget refuses a value that is not among its options.
    st.session_state[key] = [name for name in st.session_state.get(key, first) if name in zoo]
    return list(
        st.pills(
            label,
            list(zoo),
            selection_mode="multi",
            key=key,
            persist_state="session",
            wrap=True,
            format_func=lambda name: zoo[name].title,
            label_visibility=label_visibility,
        )
    )
