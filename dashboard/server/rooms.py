"""The rooms of the quiz and of classes that a teacher leads."""

from contextlib import closing, suppress

from core.classroom.room_board import RoomBoard
from core.classroom.room_database import RoomError, database_url
from dashboard.server import caches


def board() -> RoomBoard:
    """Return the board of all rooms. Raises RoomError."""
    return caches.room_board(database_url())


def remove_outdated() -> None:
    """Delete the rooms that are too old; what fails is tried again the next time."""
    with suppress(RoomError, OSError), closing(RoomBoard(database_url())) as own:
        own.remove_outdated()
