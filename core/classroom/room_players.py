"""Who plays in a room: a nickname for each player, and how many digits each has read."""

from dataclasses import dataclass

import sqlalchemy as sql

from core.classroom.nicknames import draw_nickname, read_nickname
from core.classroom.room_database import Database, RoomError
from core.classroom.room_tables import ANSWERS, PLAYERS

MAX_PLAYERS = 500  # in one room


@dataclass(frozen=True)
class Standing:
    """What one player has reached in a round."""

    name: str
    right: int
    answers: int


class RoomPlayers:
    """The players of all rooms of one database. Every method raises RoomError; RoomUnreachable: try again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def join(self, code: str, player: str) -> str:
        """Let the player into the room under a drawn nickname, unless they are in it already; return the nickname."""
        while True:  # until nobody else has the name
            with self._database.begin() as connection:
                if (name := connection.scalar(sql.select(PLAYERS.c.name).where(_is_player(code, player)))) is not None:
                    return str(name)
                if (connection.scalar(_count(code)) or 0) >= MAX_PLAYERS:
                    raise RoomError(f"The room {code} is full: it holds {MAX_PLAYERS} players.")
                row = {"room": code, "player": player, "name": draw_nickname()}
                if not connection.scalar(sql.select(sql.exists().where(_has_name(PLAYERS, code, row["name"])))):
                    connection.execute(self._database.insert_new(PLAYERS), row)

    def rename(self, code: str, player: str, text: str) -> str:
        """Give a player of the room the nickname that they have typed; return it. Raises NicknameError, too."""
        name = read_nickname(text)
        others = PLAYERS.alias()
        taken = _has_name(others, code, name) & (others.c.player != player)
        renamed = sql.update(PLAYERS).where(_is_player(code, player), ~sql.exists().where(taken)).values(name=name)
        with self._database.begin() as connection:
            if connection.execute(renamed).rowcount:
                return name
            if connection.scalar(sql.select(PLAYERS.c.name).where(_is_player(code, player))) is None:
                raise RoomError(f"You are not in the room {code} any more: it was removed.")
            raise RoomError("Somebody else in this room has this nickname. Choose another one.")

    def count(self, code: str) -> int:
        """Return how many have joined the room."""
        with self._database.begin() as connection:
            return connection.scalar(_count(code)) or 0

    def standings(self, code: str, *, round: int) -> list[Standing]:
        """Return what each player with an answer in this round has reached, the best first, then by nickname."""
        right, answers = sql.func.sum(sql.case((ANSWERS.c.said == ANSWERS.c.label, 1), else_=0)), sql.func.count()
        inside = (ANSWERS.c.room == code) & (ANSWERS.c.round == round)
        same = (PLAYERS.c.room == ANSWERS.c.room) & (PLAYERS.c.player == ANSWERS.c.player)
        asked = sql.select(PLAYERS.c.name, right, answers).join_from(ANSWERS, PLAYERS, same).where(inside)
        with self._database.begin() as connection:
            found = connection.execute(asked.group_by(PLAYERS.c.player, PLAYERS.c.name))
            standings = [Standing(name, int(many), of) for name, many, of in found]
        return sorted(standings, key=lambda one: (-one.right, one.name))


def best_places(standings: list[Standing], *, most: int = 3) -> list[list[Standing]]:
    """Return those on the first places, best first; who has read equally many shares a place."""
    by_right: dict[int, list[Standing]] = {}
    for standing in standings:
        by_right.setdefault(standing.right, []).append(standing)
    return [by_right[right] for right in sorted(by_right, reverse=True) if right][:most]


def _is_player(code: str, player: str) -> sql.ColumnElement[bool]:
    return (PLAYERS.c.room == code) & (PLAYERS.c.player == player)


def _has_name(players: sql.FromClause, code: str, name: str) -> sql.ColumnElement[bool]:
    """Return the condition for a player of the room with this nickname, in upper or lower case."""
    return (players.c.room == code) & (sql.func.lower(players.c.name) == name.lower())


def _count(code: str) -> sql.Select[int]:
    return sql.select(sql.func.count()).select_from(PLAYERS).where(PLAYERS.c.room == code)
