"""What tables and curves that are measured on a page have in common: how many digits, how long a network takes."""

from collections.abc import Mapping
from typing import TypeVar

from core.digits.datasets import Dataset
from dashboard import address
from dashboard.server.caches import Zoo

Cell = TypeVar("Cell", str, float)  # a column of a table, or a place on the axis of a curve


def choose_count(data: Dataset, key: str, first: int) -> int:
    """Draw how many test digits are measured, `first` of them at first."""
    most = len(data.test)
    return address.select_slider(
        "digits",
        "Test digits",
        sorted({count for count in (100, 250, 500, 1000, 2500, 5000, most) if count <= most}),
        min(first, most if most < 500 else first),
        key=key,
    )


def weigh(name: str, zoo: Zoo) -> float:
    """Return about how long a network takes to read a digit, in units of an ordinary network's time."""
    return 80.0 if zoo[name].finds_holes else 15.0 if zoo[name].track == "mask known" else 1.0


def by_network(found: Mapping[tuple[str, Cell], float]) -> dict[str, dict[Cell, float]]:
    """Return the accuracies measured so far in a table for each network."""
    tables: dict[str, dict[Cell, float]] = {}
    for (name, cell), accuracy in found.items():
        tables.setdefault(name, {})[cell] = accuracy
    return tables
