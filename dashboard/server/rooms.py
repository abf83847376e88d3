"""The rooms of the quiz and of classes that a teacher leads."""

from core.classroom.room_board import RoomBoard
from core.classroom.room_database import database_url
from dashboard.server import caches


def board() -> RoomBoard:
    """Return the board of all rooms. Raises RoomError."""
    return caches.room_board(database_url())
