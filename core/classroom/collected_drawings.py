"""Drawings that phones give to the class they follow: its own test set, until the class ends.

A drawing stands in the database beside a hash of its giver that differs from class to class, and beside no name. Its
giver may take it back; only whoever leads the class reads the drawings of all. Imports no torch.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sql
from numpy.typing import NDArray

from core.classroom.room_database import Database, RoomError
from core.classroom.room_openers import check_leads, hash_opener, is_opened_by
from core.classroom.room_tables import COLLECTIONS, DRAWINGS

MAX_DRAWINGS, MAX_DRAWINGS_PER_VISITOR = 500, 20  # in one class
SHAPE = (28, 28)
CLASSES = 10


@dataclass(frozen=True, eq=False)
class CollectedDrawing:
    """One drawing that the class was given."""

    id: str
    label: int
    """The digit that it is meant to be."""
    pixels: NDArray[np.uint8]
    """`(28, 28)`, ink 255."""
    hidden: bool = False
    """Whether the teacher has taken it off the wall; then it counts nowhere."""


class CollectedDrawings:
    """The drawings of all classes of one database. Every method raises RoomError; RoomUnreachable: try again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, code: str, wanted: Collection[int], *openers: str) -> None:
        """Collect drawings of these digits from now on; only whoever leads the class may."""
        digits = "".join(map(str, sorted({*wanted} & {*range(CLASSES)})))
        if not digits:
            raise RoomError("Choose at least one digit to collect.")
        with self._database.begin() as connection:
            check_leads(connection, code, openers)
            connection.execute(self._database.insert_new(COLLECTIONS).values(room=code, wanted=digits))
            connection.execute(sql.update(COLLECTIONS).where(COLLECTIONS.c.room == code).values(wanted=digits))

    def stop(self, code: str, *openers: str) -> None:
        """Take no more drawings; those that were given stay. Only whoever leads the class may."""
        with self._database.begin() as connection:
            check_leads(connection, code, openers)
            connection.execute(sql.delete(COLLECTIONS).where(COLLECTIONS.c.room == code))

    def give(self, code: str, visitor: str, label: int, pixels: NDArray[np.uint8]) -> None:
        """Store a visitor's drawing `(28, 28)` uint8, with ink 255, of the digit `label`.

        The same drawing once more is not another one: it then has the new label.
        """
        content, giver = _check_pixels(pixels), _giver_of(code, visitor)
        row = {"label": label, "id": identify(giver, content)}
        with self._database.begin() as connection:
            _check_wanted(_lock(connection, code), label, code)
            same = (DRAWINGS.c.room == code) & (DRAWINGS.c.id == row["id"])
            if connection.execute(sql.update(DRAWINGS).where(same).values(label=label)).rowcount:
                return
            _check_space(connection, code, giver)
            stored = sql.insert(DRAWINGS).values(
                room=code, **row, giver=giver, pixels=content, given=self._database.now(), hidden=False
            )
            connection.execute(stored)

    def take_back(self, code: str, visitor: str, drawing: str) -> None:
        """Delete one drawing of this visitor's; do nothing if it is not theirs."""
        own = (DRAWINGS.c.room == code) & (DRAWINGS.c.giver == _giver_of(code, visitor))
        with self._database.begin() as connection:
            connection.execute(sql.delete(DRAWINGS).where(own, DRAWINGS.c.id == drawing))

    def take_back_all(self, *visitors: str) -> None:
        """Delete every drawing that one of these visitors gave, in all classes."""
        with self._database.begin() as connection:
            for code in connection.scalars(sql.select(DRAWINGS.c.room).distinct()).all():
                own = [_giver_of(code, visitor) for visitor in visitors]
                connection.execute(sql.delete(DRAWINGS).where(DRAWINGS.c.room == code, DRAWINGS.c.giver.in_(own)))

    def given_by(self, code: str, visitor: str) -> list[CollectedDrawing]:
        """Return what this visitor has given to the class, the earliest first."""
        return self._list(code, DRAWINGS.c.giver == _giver_of(code, visitor))

    def list_all(self, code: str, *openers: str) -> list[CollectedDrawing]:
        """Return all drawings of the class, hidden ones too, the earliest first; none to others than its leader."""
        return self._list(code, sql.exists().where(is_opened_by(code, openers)))

    def _list(self, code: str, which: sql.ColumnElement[bool]) -> list[CollectedDrawing]:
        found = sql.select(DRAWINGS).where(DRAWINGS.c.room == code, which)
        with self._database.begin() as connection:
            rows = connection.execute(found.order_by(DRAWINGS.c.given, DRAWINGS.c.id)).all()
        return [_read(row) for row in rows]

    def hide(self, code: str, drawing: str, hidden: bool, *openers: str) -> None:
        """Take a drawing off the wall, or put it back; only whoever leads the class may."""
        one = (DRAWINGS.c.room == code) & (DRAWINGS.c.id == drawing)
        with self._database.begin() as connection:
            check_leads(connection, code, openers)
            connection.execute(sql.update(DRAWINGS).where(one).values(hidden=hidden))


def identify(giver: str, content: bytes) -> str:
    """Return the id of a giver's drawing, the same whenever it is given; nobody can tell from it who gave it."""
    return hashlib.sha256(giver.encode() + content).hexdigest()[:32]


def _giver_of(code: str, visitor: str) -> str:
    """Return what stands beside a visitor's drawings: not what they answer under, or their nickname could be found."""
    return hash_opener(f"drawings of {code}", visitor)


def _lock(connection: sql.Connection, code: str) -> str:
    """Let one gift to a class follow another, so that limits hold; return the digits that it wants, "" for none."""
    here = COLLECTIONS.c.room == code
    connection.execute(sql.update(COLLECTIONS).where(here).values(wanted=COLLECTIONS.c.wanted))
    return connection.scalar(sql.select(COLLECTIONS.c.wanted).where(here)) or ""


def _check_pixels(pixels: NDArray[np.uint8]) -> bytes:
    """Return the content of a drawing. Raises RoomError for anything else."""
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape != SHAPE:
        raise RoomError("A drawing has 28 × 28 pixels of whole brightness values from 0 to 255.")
    if not pixels.any():
        raise RoomError("This drawing is empty: draw a digit first.")
    return pixels.tobytes()


def _check_wanted(wanted: str, label: int, code: str) -> None:
    if not wanted:
        raise RoomError(f"The class {code} does not collect drawings now.")
    if label not in map(int, wanted):
        raise RoomError(f"The class {code} collects drawings of {', '.join(wanted)} now.")


def _check_space(connection: sql.Connection, code: str, giver: str) -> None:
    inside = sql.select(sql.func.count()).select_from(DRAWINGS).where(DRAWINGS.c.room == code)
    if (connection.scalar(inside.where(~DRAWINGS.c.hidden)) or 0) >= MAX_DRAWINGS:  # a teacher who hides makes space
        raise RoomError(f"The class {code} has {MAX_DRAWINGS} drawings: it takes no more.")
    if (connection.scalar(inside.where(DRAWINGS.c.giver == giver)) or 0) >= MAX_DRAWINGS_PER_VISITOR:
        raise RoomError(f"You have given {MAX_DRAWINGS_PER_VISITOR} drawings: take one back to give another one.")


def _read(row: sql.Row[Any]) -> CollectedDrawing:
    pixels = np.frombuffer(bytes(row.pixels), np.uint8).reshape(SHAPE)
    return CollectedDrawing(row.id, row.label, pixels, row.hidden)
