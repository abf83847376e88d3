"""The kinds of games at the teacher's pace."""

from enum import StrEnum


class GameKind(StrEnum):
    """What the questions of a game are."""

    PARTIAL = "partial digits"
    """Which digit was it, before a part was erased?"""
    REAL_OR_MADE = "real or made"
    """Did a person write this digit, or did the generator make it?"""
