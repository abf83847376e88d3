"""The notes of the shipped pieces: public-domain music, as start, length and pitch of every note.

`tests/music_scores.py` wrote them from music21's corpus; see there for what was taken.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "score_notes"
PIECES, NOTES = "pieces.json", "notes.npz"
TICKS = 24  # of a quarter note


@dataclass(frozen=True, eq=False)
class Piece:
    """One piece of music."""

    title: str
    kind: str
    source: str
    """The composer or the collection, with years."""
    tempo: int
    """Quarter notes a minute: drawn between 84 and 132 for every kind, so that no kind is known by its tempo."""
    notes: NDArray[np.int16]
    """`(n, 3)`: start and length in ticks of 1/24 quarter note, pitch in MIDI numbers (60: middle C)."""


def load_pieces() -> tuple[Piece, ...]:
    """Return all shipped pieces, kind by kind."""
    described = json.loads((FOLDER / PIECES).read_text("utf-8"))
    with np.load(FOLDER / NOTES, allow_pickle=False) as stored:
        parts = np.split(stored["notes"], np.cumsum([one.pop("notes") for one in described])[:-1])
    return tuple(Piece(**one, notes=part) for one, part in zip(described, parts, strict=True))
