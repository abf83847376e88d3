"""Rooms that a teacher leads from page to page: where they are, and who follows.

The database holds the whole state, so several servers show the same room, and none of them loses it when it stops.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sql

from core.classroom.class_questions import ClassQuestion
from core.classroom.room_database import Database, RoomError
from core.classroom.room_openers import change_own, check_leads, hash_visitor
from core.classroom.room_tables import CLASS_QUESTIONS, COLLECTIONS, FOLLOWERS, LED_ROOMS, OPENINGS, RELEASED_STEPS

MAX_FOLLOWERS = 500  # in one room
MAX_LENGTH = 8_000  # characters of a place's address
GONE_AFTER = 30.0  # seconds after the last report of a phone until it counts no more


@dataclass(frozen=True)
class Place:
    """What a page's address says: the page, its view, its scene and its settings."""

    page: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LedRoom:
    """A room that a teacher leads, as it was when it was read."""

    place: Place
    moves: int
    """How often the teacher has changed the place."""
    frozen: bool
    """Whether all phones must stay at the teacher's place."""
    wanted: tuple[int, ...] = ()
    """The digits of which the class collects drawings now."""
    question: ClassQuestion | None = None
    """What the teacher asks, if anything."""


@dataclass(frozen=True)
class Attendance:
    """How many phones are where."""

    following: int
    on_their_own: int

    @property
    def total(self) -> int:
        return self.following + self.on_their_own


class LedRooms:
    """The led rooms of one database. Every method raises RoomError; RoomUnreachable: try again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, code: str) -> LedRoom | None:
        """Return where the room is; None where nobody leads it, or there is no such room."""
        asked = (CLASS_QUESTIONS.c.text, CLASS_QUESTIONS.c.number, CLASS_QUESTIONS.c.is_open)
        whole = sql.outerjoin(LED_ROOMS, CLASS_QUESTIONS, LED_ROOMS.c.room == CLASS_QUESTIONS.c.room)
        whole = whole.outerjoin(COLLECTIONS, LED_ROOMS.c.room == COLLECTIONS.c.room)
        found = sql.select(LED_ROOMS, *asked, COLLECTIONS.c.wanted).select_from(whole).where(LED_ROOMS.c.room == code)
        with self._database.begin() as connection:
            row = connection.execute(found).one_or_none()
        if row is None:
            return None
        place, wanted = Place(row.page, json.loads(row.params)), tuple(map(int, row.wanted or ""))
        question = ClassQuestion(row.text, row.number, row.is_open) if row.text else None
        return LedRoom(place, row.moves, row.frozen, wanted, question)

    def find_own(self, visitor: str) -> str | None:
        """Return the code of the room that this visitor leads; None if there is none."""
        led = sql.join(LED_ROOMS, OPENINGS, LED_ROOMS.c.room == OPENINGS.c.room)
        own = sql.select(OPENINGS.c.room).select_from(led).where(OPENINGS.c.visitor == hash_visitor(visitor))
        with self._database.begin() as connection:
            return connection.scalar(own.order_by(OPENINGS.c.room).limit(1))

    def move(self, code: str, to: Place, *openers: str) -> None:
        """Lead the room to another place; only its opener may."""
        with self._database.begin() as connection:
            change_own(connection, LED_ROOMS, code, openers, **_place_row(to), moves=LED_ROOMS.c.moves + 1)

    def freeze(self, code: str, frozen: bool, *openers: str) -> None:
        """Keep all phones at the teacher's place, or release them; only the room's opener may."""
        with self._database.begin() as connection:
            change_own(connection, LED_ROOMS, code, openers, frozen=frozen)

    def release(self, code: str, lesson: str, step: int, *openers: str) -> None:
        """Let all phones see the answer of a lesson's step, counted from 0; only the room's opener may."""
        row = {"room": code, "lesson": lesson, "step": step}
        with self._database.begin() as connection:
            check_leads(connection, code, openers)
            connection.execute(self._database.insert_new(RELEASED_STEPS).values(row))

    def released(self, code: str) -> frozenset[tuple[str, int]]:
        """Return the steps whose answers the phones may see, each with the name of its lesson."""
        steps = sql.select(RELEASED_STEPS.c.lesson, RELEASED_STEPS.c.step).where(RELEASED_STEPS.c.room == code)
        with self._database.begin() as connection:
            return frozenset((lesson, step) for lesson, step in connection.execute(steps))

    def report(self, code: str, player: str, *, following: bool) -> None:
        """Record that a phone is in the room, and whether it follows the teacher."""
        row = {"following": following, "seen": self._database.now()}
        with self._database.begin() as connection:
            if connection.execute(sql.update(FOLLOWERS).where(_is_phone(code, player)).values(row)).rowcount:
                return
            connection.execute(sql.delete(FOLLOWERS).where(FOLLOWERS.c.room == code, ~self._is_here()))
            if (connection.scalar(sql.select(sql.func.count()).where(FOLLOWERS.c.room == code)) or 0) >= MAX_FOLLOWERS:
                raise RoomError(f"The class {code} is full: {MAX_FOLLOWERS} phones are in it.")
            connection.execute(self._database.insert_new(FOLLOWERS).values(room=code, player=player, **row))

    def leave(self, code: str, player: str) -> None:
        """Forget a phone that leaves the room."""
        with self._database.begin() as connection:
            connection.execute(sql.delete(FOLLOWERS).where(_is_phone(code, player)))

    def count(self, code: str) -> Attendance:
        """Return how many phones follow the teacher, and how many are on their own."""
        here = sql.select(FOLLOWERS.c.following, sql.func.count()).where(FOLLOWERS.c.room == code, self._is_here())
        with self._database.begin() as connection:
            found = {
                bool(following): many for following, many in connection.execute(here.group_by(FOLLOWERS.c.following))
            }
        return Attendance(found.get(True, 0), found.get(False, 0))

    def _is_here(self) -> sql.ColumnElement[bool]:
        return FOLLOWERS.c.seen > self._database.now() - GONE_AFTER


def _is_phone(code: str, player: str) -> sql.ColumnElement[bool]:
    return (FOLLOWERS.c.room == code) & (FOLLOWERS.c.player == player)


def insert_led_room(connection: sql.Connection, code: str, place: Place) -> None:
    """Store where a new room begins. Raises RoomError for an address that is too long."""
    connection.execute(sql.insert(LED_ROOMS), {"room": code, **_place_row(place), "moves": 0, "frozen": False})


def _place_row(place: Place) -> dict[str, str]:
    params = json.dumps(dict(place.params))  # in ASCII: PostgreSQL refuses some characters
    if len(params) > MAX_LENGTH:
        raise RoomError("The address of this page is too long for the class to follow.")
    return {"page": place.page, "params": params}
