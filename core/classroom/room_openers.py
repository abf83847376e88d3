"""What is stored of the visitor who opened a room: hashes, from which nobody can claim it."""

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sql

from core.classroom.room_database import RoomError
from core.classroom.room_tables import LED_ROOMS, ROOMS

NOT_LED = "The class {code} has ended, or somebody else leads it."


def hash_visitor(opener: str) -> str:
    """Return the hash by which a visitor's rooms are counted; it differs from the one of each room."""
    return hashlib.sha256(f"rooms of {opener}".encode()).hexdigest()


def hash_opener(code: str, opener: str) -> str:
    """Return the hash that is stored of the opener, so that the secret itself is not."""
    return hashlib.sha256(f"{code} {opener}".encode()).hexdigest()


def hash_openers(code: str, openers: Sequence[str]) -> list[str]:
    """Return the hashes under which the room may stand as one of these visitors'."""
    return [hash_opener(code, opener) for opener in openers]


def is_opened_by(code: str, openers: Sequence[str]) -> sql.ColumnElement[bool]:
    """Return the condition for the room of this code, if one of these opened it."""
    return (ROOMS.c.code == code) & ROOMS.c.opener.in_(hash_openers(code, openers))


def check_leads(connection: sql.Connection, code: str, openers: Sequence[str]) -> None:
    """Raise RoomError unless one of these leads the class of this code."""
    led = sql.exists().where(LED_ROOMS.c.room == code)
    if not connection.scalar(sql.select(led & sql.exists().where(is_opened_by(code, openers)))):
        raise RoomError(NOT_LED.format(code=code))


def change_own(connection: sql.Connection, table: sql.Table, code: str, openers: Sequence[str], **values: Any) -> None:
    """Change what a table holds of a class that one of these opened. Raises RoomError if none of them did."""
    own = sql.exists().where(is_opened_by(code, openers))
    if not connection.execute(sql.update(table).where(table.c.room == code, own).values(values)).rowcount:
        raise RoomError(NOT_LED.format(code=code))
