"""Who plays in a room: a nickname for each player, and how many digits each has read."""

from dataclasses import dataclass

import sqlalchemy as sql

from core.classroom.game_kinds import GameKind
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
    noise: int = 0
    """The strengths of all noise that has fooled the network; 0 in other games."""


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

    def standings(
        self, code: str, *, round: int, number: int | None = None, kind: GameKind = GameKind.PARTIAL
    ) -> list[Standing]:
        """Return what each player with an answer has reached, the best first, then by nickname.

        The answers are those to one question, or to all of the round. Of those who fooled the network equally often,
        the one with the least noise is first.
        """
        is_right = kind.is_right(ANSWERS.c.said, ANSWERS.c.label)
        noise = ANSWERS.c.said if kind == GameKind.FOOL else 0
        sums = [sql.func.sum(sql.case((is_right, one), else_=0)) for one in (1, noise)]
        inside = (ANSWERS.c.room == code) & (ANSWERS.c.round == round)
        asked = inside if number is None else inside & (ANSWERS.c.number == number)
        same = (PLAYERS.c.room == ANSWERS.c.room) & (PLAYERS.c.player == ANSWERS.c.player)
        columns = (PLAYERS.c.name, sums[0], sql.func.count(), sums[1])
        rows = sql.select(*columns).join_from(ANSWERS, PLAYERS, same).where(asked)
        with self._database.begin() as connection:
            found = connection.execute(rows.group_by(PLAYERS.c.player, PLAYERS.c.name))
            standings = [Standing(name, int(right), answers, int(noise)) for name, right, answers, noise in found]
        return sorted(standings, key=lambda one: (*_place(one), one.name))


def best_places(standings: list[Standing], *, most: int = 3) -> list[list[Standing]]:
    """Return those on the first places, best first; who has reached the same shares a place."""
    by_place: dict[tuple[int, int], list[Standing]] = {}
    for standing in standings:
        by_place.setdefault(_place(standing), []).append(standing)
    return [by_place[place] for place in sorted(by_place) if place[0]][:most]


def _place(standing: Standing) -> tuple[int, int]:
    """Return what decides the place: the smallest comes first."""
    return -standing.right, standing.noise


def _is_player(code: str, player: str) -> sql.ColumnElement[bool]:
    return (PLAYERS.c.room == code) & (PLAYERS.c.player == player)


def _has_name(players: sql.FromClause, code: str, name: str) -> sql.ColumnElement[bool]:
    """Return the condition for a player of the room with this nickname, in upper or lower case."""
    return (players.c.room == code) & (sql.func.lower(players.c.name) == name.lower())


def _count(code: str) -> sql.Select[int]:
    return sql.select(sql.func.count()).select_from(PLAYERS).where(PLAYERS.c.room == code)
