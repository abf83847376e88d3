"""The device that networks and digits are put on: decided here and nowhere else."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from importlib.metadata import version
from typing import Any, TypeVar

import torch
from torch import Tensor

DEVICES = ("cpu", "cuda", "mps")
DEVICE_VARIABLE = "NEGATIVE_SPACE_DEVICE"
Record = TypeVar("Record")


def find_device(name: str | None = None) -> torch.device:
    """Return the device called "auto", "cpu", "cuda" or "mps"; None: what NEGATIVE_SPACE_DEVICE says, else "auto".

    "auto" is CUDA if it is there, else the CPU; MPS, which has no float64, only by name. Raises ValueError for another
    name, or a device that this machine does not have.
    """
    name = name or os.environ.get(DEVICE_VARIABLE) or "auto"
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = "cuda" if available["cuda"] else "cpu"
    if name not in available:
        raise ValueError(f"There is no device called {name!r}: choose auto, {', '.join(DEVICES)}.")
    if not available[name]:
        raise ValueError(f"This machine has no {name.upper()} device: use the CPU.")
    return torch.device(name)


def describe_environment(device: torch.device) -> dict[str, str]:
    """Return what a card says about where its network was trained: versions, and the device by its product name."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return {"python": platform.python_version(), "torch": version("torch"), "device": name}


def wait_for(device: torch.device) -> None:
    """Wait until a GPU has finished what it was given, as a time needs that is measured; a CPU never lags behind."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def on_cpu(record: Record) -> Record:
    """Return a frozen record with its tensors on the CPU, where whoever reads records needs no device."""
    given: Any = record
    tensors = {field.name: value for field in fields(given) if isinstance(value := getattr(given, field.name), Tensor)}
    return replace(given, **{name: value.cpu() for name, value in tensors.items()})


@contextmanager
def repeatable() -> Iterator[None]:
    """Let cuDNN use only algorithms that give the same bits each time, so that a resumed training ends as another."""
    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before
