"""The kinds of games at the teacher's pace, and which answers are right in them."""

from enum import StrEnum
from typing import Any


class GameKind(StrEnum):
    """What the questions of a game are."""

    PARTIAL = "partial digits"
    """Which digit was it, before a part was erased?"""
    REAL_OR_MADE = "real or made"
    """Did a person write this digit, or did the generator make it?"""
    FOOL = "fool the network"
    """How strong must noise be so that the network misreads this digit? An answer is a strength."""

    def is_right(self, said: Any, label: Any) -> Any:
        """Say whether an answer is right, where the solution is `label`: numbers, or columns of a table.

        Noise fools the network from its smallest strength on; any other answer must be the solution.
        """
        return said >= label if self == GameKind.FOOL else said == label
