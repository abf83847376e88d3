"""Recorded seconds of an epoch on a CPU and on a GPU, for machines that have no GPU to measure on.

An epoch is 50,000 digits of the published network, batch 64, float32, without validation. The benchmark `cuda-epoch`
measures the GPU's.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.system.records import to_record

FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class EpochTime:
    """The seconds of an epoch on one machine."""

    device: str
    machine: str
    """Its name, as a sentence says it: "an NVIDIA H200"."""
    seconds: float


@cache
def recorded_times() -> tuple[EpochTime, ...]:
    """Return the recorded times, the CPU's first."""
    return tuple(to_record(EpochTime, described) for described in json.loads(FILE.read_bytes()))
