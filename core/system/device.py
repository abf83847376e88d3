"""The device that networks and digits are put on: decided here and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

DEVICES = ("cpu", "cuda", "mps")
DEVICE_VARIABLE = "NEGATIVE_SPACE_DEVICE"


def find_device(name: str | None = None) -> torch.device:
    """Return the device called "auto", "cpu", "cuda" or "mps"; None: what NEGATIVE_SPACE_DEVICE says, else "auto".

    "auto" is a GPU if there is one. Raises ValueError for another name, or a device that this machine does not have.
    """
    name = name or os.environ.get(DEVICE_VARIABLE) or "auto"
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(device for device, there in available.items() if there)
    if name not in available:
        raise ValueError(f"There is no device called {name!r}: choose auto, {', '.join(DEVICES)}.")
    if not available[name]:
        raise ValueError(f"This machine has no {name.upper()} device: use the CPU.")
    return torch.device(name)


@contextmanager
def repeatable() -> Iterator[None]:
    """Let cuDNN use only algorithms that give the same bits each time, so that a resumed training ends as another."""
    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before
