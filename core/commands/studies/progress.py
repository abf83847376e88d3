"""What a study says whenever a part of it is finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StudyStep:
    """A part of a study is finished."""

    share: float
    """Of the whole, in [0, 1]."""
    text: str
    """Which part."""
    record: dict[str, Any]
    """The study as far as it is, as it is written, printed and shipped."""
