"""The address under which other computers reach this one."""

import socket
from contextlib import suppress
from urllib.parse import urlsplit

import streamlit as st

LOOPBACK = ("localhost", "127.0.0.1", "::1")
LOCAL_NAMES = (*LOOPBACK, "0.0.0.0")


def is_local(url: str) -> bool:
    """Return whether an address leads to this computer alone."""
    return urlsplit(url).hostname in LOCAL_NAMES


def for_others(url: str) -> str:
    """Return the address with this computer's IP address for its local name, if the server listens to others."""
    found = "" if st.get_option("server.address") in LOOPBACK or not is_local(url) else _find_ip_address()
    if not found:
        return url
    parts = urlsplit(url)
    return parts._replace(netloc=found if parts.port is None else f"{found}:{parts.port}").geturl()


def _find_ip_address() -> str:
    """Return this computer's address in its network, "" if it has none; nothing is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # an address for documentation; a datagram socket only picks the way there
        return str(probe.getsockname()[0])
    return ""
