"""Rooms of people who play the quiz together: open, find and remove them, store and count their answers."""

import csv
import io
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import sqlalchemy as sql

from core.classroom.class_questions import ClassQuestions
from core.classroom.collected_drawings import CollectedDrawings
from core.classroom.led_rooms import LedRooms, Place, insert_led_room
from core.classroom.paced_games import GamePlan, PacedGames, insert_game
from core.classroom.quiz_scores import Answer, AnswerCount, AnsweredQuestion
from core.classroom.room_codes import draw_code, read_code
from core.classroom.room_database import Database, RoomError
from core.classroom.room_openers import hash_opener, hash_openers, hash_visitor, is_opened_by
from core.classroom.room_players import RoomPlayers
from core.classroom.room_tables import ANSWERS, FOLLOWERS, LED_ROOMS, OPENINGS, PLAYERS, ROOMS

ROOM_LIFETIME = 90 * 24 * 3600.0  # seconds
EMPTY_LIFETIME = 6 * 3600.0  # seconds, of a room that nobody joined, or follows
MAX_ROOMS, MAX_ANSWERS = 1000, 20_000  # in the database; in one room
MAX_ROOMS_PER_VISITOR, MAX_ROOMS_PER_ORIGIN = 20, 250
_ANSWER_COLUMNS = [ANSWERS.c[one.name] for one in fields(AnsweredQuestion)]


@dataclass(frozen=True)
class Room:
    """One class that plays the quiz together."""

    code: str
    seed: int
    """Of its first round; each later round has the next seed."""
    data: str
    """The name of the data set: all in a room read the same digits."""
    told: bool
    """Whether people see where parts are missing (mask known); if not, they see only the rest, like blind networks."""


class RoomBoard:
    """All rooms of one database. Every method raises RoomError; RoomUnreachable: try again."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self.players, self.games = RoomPlayers(self._database), PacedGames(self._database)
        self.led, self.questions = LedRooms(self._database), ClassQuestions(self._database)
        self.drawings = CollectedDrawings(self._database)

    def open_room(
        self,
        data: str,
        *,
        told: bool,
        opener: str,
        origin: str = "",
        plan: GamePlan | None = None,
        place: Place | None = None,
    ) -> Room:
        """Open a room, and delete rooms that are too old; only a visitor with the secret `opener` can remove it.

        With a plan, this visitor leads the game; else each player goes at their own pace. With a place, no quiz is
        played: phones follow this visitor, at first there. Visitors who connect from one `origin` have only so many
        rooms; one more replaces the least used of them.
        """
        now, visitor = time.time(), hash_visitor(opener)
        with self._database.begin() as connection:
            connection.execute(sql.delete(ROOMS).where(_is_outdated(now)))
            if _count(connection, OPENINGS.c.visitor == visitor) >= MAX_ROOMS_PER_VISITOR:
                raise RoomError(f"You have {MAX_ROOMS_PER_VISITOR} rooms already: remove one of them first.")
            if _count(connection, OPENINGS.c.origin == origin) >= MAX_ROOMS_PER_ORIGIN:
                connection.execute(sql.delete(ROOMS).where(ROOMS.c.code == _least_used(origin)))
            if (connection.scalar(sql.select(sql.func.count()).select_from(ROOMS)) or 0) >= MAX_ROOMS:
                raise RoomError("There are too many rooms for another one: remove one that is no longer needed.")
            while True:  # until no other room has the code
                room = Room(draw_code(), secrets.randbelow(2**31), data, told)
                row = {**asdict(room), "opened": now, "opener": hash_opener(room.code, opener)}
                if connection.execute(self._database.insert_new(ROOMS), row).rowcount:
                    opening = {"room": room.code, "visitor": visitor, "origin": origin}
                    connection.execute(sql.insert(OPENINGS), opening)
                    if plan is not None:
                        insert_game(connection, room.code, plan)
                    if place is not None:
                        insert_led_room(connection, room.code, place)
                    return room

    def open_led_room(self, place: Place, *, opener: str, origin: str = "") -> str:
        """Return the code of the room that this visitor leads from page to page; open one if there is none."""
        own = self.led.find_own(opener)
        return own or self.open_room("", told=True, opener=opener, origin=origin, place=place).code

    def find(self, code: str) -> Room:
        """Return the room of the quiz of that code, in upper or lower case."""
        code, columns = read_code(code), [ROOMS.c[one.name] for one in fields(Room)]
        led = sql.exists().where(LED_ROOMS.c.room == ROOMS.c.code)
        with self._database.begin() as connection:
            found = connection.execute(sql.select(*columns).where(ROOMS.c.code == code, ~led)).one_or_none()
        if found is None and self.led.read(code) is not None:
            raise RoomError(f"{code} is the code of a class that a teacher leads: type it on the page Start.")
        if found is None:
            raise RoomError(f"There is no room {code}: it was removed, or there never was one.")
        return Room(**found._mapping)

    def add(self, code: str, answers: Sequence[Answer]) -> None:
        """Store the answers, all or none; an answer that is stored already is not changed or counted again."""
        rows = [{"room": code, **asdict(answer)} for answer in answers]
        if not rows:
            return
        with self._database.begin() as connection:
            held = connection.scalar(sql.select(sql.func.count()).where(ANSWERS.c.room == code)) or 0
            if held + len(rows) > MAX_ANSWERS:
                raise RoomError(f"The room {code} is full: it holds {MAX_ANSWERS:,} answers.")
            connection.execute(self._database.insert_new(ANSWERS), rows)

    def tallies(self, code: str) -> tuple[int, list[AnswerCount]]:
        """Return the number of players in the room, and their answers, counted."""
        inside = ANSWERS.c.room == code
        counted = (
            sql.select(*_ANSWER_COLUMNS, sql.func.count().label("people")).where(inside).group_by(*_ANSWER_COLUMNS)
        )
        with self._database.begin() as connection:
            players = connection.scalar(sql.select(sql.func.count(ANSWERS.c.player.distinct())).where(inside)) or 0
            return players, [AnswerCount(**row._mapping) for row in connection.execute(counted)]

    def export(self, code: str) -> bytes:
        """Return all the room's answers as CSV."""
        columns = [ANSWERS.c.player, *_ANSWER_COLUMNS]
        asked = sql.select(*columns).where(ANSWERS.c.room == code).order_by("player", "round", "number")
        stream = io.StringIO()
        writer = csv.writer(stream)
        writer.writerow([column.name for column in columns])
        with self._database.begin() as connection:
            writer.writerows(map(tuple, connection.execute(asked)))
        return stream.getvalue().encode()

    def may_remove(self, code: str, *openers: str) -> bool:
        """Say whether one of these opened the room."""
        with self._database.begin() as connection:
            opener = connection.scalar(sql.select(ROOMS.c.opener).where(ROOMS.c.code == code))
        return opener in hash_openers(code, openers)

    def remove(self, code: str, *openers: str) -> None:
        """Delete the room with all its answers; only its opener may."""
        with self._database.begin() as connection:
            if not connection.execute(sql.delete(ROOMS).where(is_opened_by(code, openers))).rowcount:
                raise RoomError(f"Only whoever opened the room {code} can remove it.")

    def remove_outdated(self) -> None:
        """Delete the rooms that are too old, if there is a database."""
        if self._database.exists:
            with self._database.begin() as connection:
                connection.execute(sql.delete(ROOMS).where(_is_outdated(time.time())))

    def remove_all(self, *openers: str) -> None:
        """Delete every room that one of these opened, and what they answered and drew in others' classes.

        OPENINGS does not have rooms from before it.
        """
        with self._database.begin() as connection:
            rooms = connection.execute(sql.select(ROOMS.c.code, ROOMS.c.opener))
            mine = [code for code, opener in rooms if opener in hash_openers(code, openers)]
            connection.execute(sql.delete(ROOMS).where(ROOMS.c.code.in_(mine)))
        self.questions.forget(*openers)
        self.drawings.take_back_all(*openers)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()


def _is_outdated(now: float) -> sql.ColumnElement[bool]:
    """Return the condition for a room that is old, or that nobody has joined or followed for some hours."""
    led, *played = (sql.exists().where(table.c.room == ROOMS.c.code) for table in (LED_ROOMS, PLAYERS, ANSWERS))
    followed = sql.exists().where(FOLLOWERS.c.room == ROOMS.c.code, FOLLOWERS.c.seen > now - EMPTY_LIFETIME)
    used = followed | (sql.or_(*played) & ~led)  # who has answered a teacher's question is a player, too
    return (ROOMS.c.opened < now - ROOM_LIFETIME) | ((ROOMS.c.opened < now - EMPTY_LIFETIME) & ~used)


def _count(connection: sql.Connection, which: sql.ColumnElement[bool]) -> int:
    return connection.scalar(sql.select(sql.func.count()).select_from(OPENINGS).where(which)) or 0


def _least_used(origin: str) -> sql.ScalarSelect[str]:
    """Return the query for the oldest of an origin's rooms with the fewest players, joined and with answers."""
    found = sql.select(ROOMS.c.code).select_from(sql.join(ROOMS, OPENINGS)).where(OPENINGS.c.origin == origin)
    used = _count_players(PLAYERS) + _count_players(ANSWERS) + _count_players(FOLLOWERS)
    return found.order_by(used, ROOMS.c.opened).limit(1).scalar_subquery()


def _count_players(table: sql.Table) -> sql.ScalarSelect[int]:
    """Return the query for how many players a room has in this table."""
    many = sql.func.count(table.c.player.distinct())
    return sql.select(many).where(table.c.room == ROOMS.c.code).correlate(ROOMS).scalar_subquery()
