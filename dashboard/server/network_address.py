"""The address under which other computers reach this one."""

import socket
from contextlib import suppress

import streamlit as st

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0")


def is_local(url: str) -> bool:
    """Return whether an address leads to this computer alone."""
    return any(f"//{name}" in url for name in LOCAL_NAMES)


def for_others(url: str) -> str:
    """Return the address with this computer's IP address for its local name, if the server listens to others."""
    found = "" if st.get_option("server.address") in LOCAL_NAMES[:3] else _find_ip_address()
    for name in LOCAL_NAMES if found else ():
        url = url.replace(f"//{name}", f"//{found}", 1)
    return url


def _find_ip_address() -> str:
    """Return this computer's address in its network, "" if it has none; nothing is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # an address for documentation; a datagram socket only picks the way there
        return str(probe.getsockname()[0])
    return ""
