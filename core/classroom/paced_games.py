"""Games at the teacher's pace: which question a room is at, and the answers to it.

The database holds the whole state, so several servers show the same room, and none of them loses it when it stops.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

import sqlalchemy as sql

from core.classroom.game_kinds import GameKind
from core.classroom.quiz_scores import Answer
from core.classroom.room_database import Database, RoomError
from core.classroom.room_openers import is_opened_by
from core.classroom.room_tables import ANSWERS, GAME_KINDS, GAMES, PLAYERS

MAX_QUESTIONS, MAX_SECONDS = 20, 300
MAX_HELD = 10_000  # answers in a room; with more, no further game begins in it


class Stage(StrEnum):
    """What a room does now."""

    WAITING = "waiting"
    """Players join."""
    ASKING = "asking"
    """Players answer the question."""
    REVEALED = "revealed"
    """Everybody sees the solution."""
    FINISHED = "finished"


@dataclass(frozen=True)
class GamePlan:
    """What the teacher sets before the game."""

    questions: int
    cuts: tuple[str, ...] = ()
    """Of partial digits; other games have none."""
    seconds: int = 0
    """To answer one question; 0: no limit."""
    podium: bool = True
    """Whether the end shows the players on the first places."""
    kind: GameKind = GameKind.PARTIAL


@dataclass(frozen=True)
class Position:
    """How far a room is."""

    round: int = 0
    """The game within the room, from 0."""
    stage: Stage = Stage.WAITING
    number: int = 0
    """The question, from 0."""


@dataclass(frozen=True)
class PacedGame:
    """A game at the teacher's pace, as it was when it was read."""

    plan: GamePlan
    position: Position
    remaining: float | None = None
    """Seconds left to answer; None where there is no limit, or no question."""

    @property
    def time_is_up(self) -> bool:
        return self.remaining is not None and self.remaining <= 0

    def next_position(self) -> Position:
        """Return where the teacher's next step leads."""
        at = self.position
        match at.stage:
            case Stage.WAITING:
                return Position(at.round, Stage.ASKING, 0)
            case Stage.ASKING:
                return Position(at.round, Stage.REVEALED, at.number)
            case Stage.REVEALED if at.number + 1 < self.plan.questions:
                return Position(at.round, Stage.ASKING, at.number + 1)
            case Stage.REVEALED:
                return Position(at.round, Stage.FINISHED, at.number)
            case _:
                return Position(at.round + 1)


class PacedGames:
    """The games of all rooms of one database. Every method raises RoomError; RoomUnreachable: try again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, code: str) -> PacedGame | None:
        """Return the room's game; None where each plays at their own pace, or there is no such room."""
        columns = (GAMES, GAME_KINDS.c.kind, self._database.now().label("now"))
        kinds = sql.outerjoin(GAMES, GAME_KINDS, GAMES.c.room == GAME_KINDS.c.room)
        asked = sql.select(*columns).select_from(kinds).where(GAMES.c.room == code)
        with self._database.begin() as connection:
            row = connection.execute(asked).one_or_none()
        if row is None:
            return None
        plan = _read_plan(row)
        position = Position(row.round, Stage(row.stage), row.number)
        limited = plan.seconds and position.stage == Stage.ASKING
        return PacedGame(plan, position, row.asked + plan.seconds - row.now if limited else None)

    def move(self, code: str, seen: Position, to: Position, *openers: str) -> None:
        """Go on to another position, if the room is still where the teacher saw it; only its opener may.

        So a second click, or one on another screen, skips no question.
        """
        own = sql.exists().where(is_opened_by(code, openers))
        here = [GAMES.c[one.name] == getattr(seen, one.name) for one in fields(Position)]
        changed = sql.update(GAMES).where(GAMES.c.room == code, *here).values(**asdict(to), asked=self._database.now())
        with self._database.begin() as connection:
            if not connection.scalar(sql.select(own)):
                raise RoomError(f"Only whoever opened the room {code} leads its game.")
            if to.round > seen.round and _count_answers(connection, code) > MAX_HELD:
                raise RoomError("This room holds too many answers for another game: open a new room.")
            connection.execute(changed)

    def answer(self, code: str, answer: Answer) -> bool:
        """Store a player's answer while its question is asked; an earlier one stays. Return whether one is stored.

        The player must have joined the room.
        """
        asked = (GAMES.c.stage == Stage.ASKING) & (GAMES.c.round == answer.round) & (GAMES.c.number == answer.number)
        row = {"room": code, **asdict(answer)}
        values = sql.select(*(sql.literal(value).label(name) for name, value in row.items())).select_from(
            sql.join(GAMES, PLAYERS, GAMES.c.room == PLAYERS.c.room)
        )
        open_now = values.where(GAMES.c.room == code, PLAYERS.c.player == answer.player, asked)
        stored = self._database.insert_new(ANSWERS).from_select(list(row), open_now.with_for_update(read=True))
        with self._database.begin() as connection:
            if connection.execute(stored).rowcount == 1:
                return True
        return answer.number in self.answers_of(code, answer.round, answer.player)

    def answers_of(self, code: str, round: int, player: str) -> dict[int, int]:
        """Return the classes that the player has answered in a round, by number of the question."""
        asked = sql.select(ANSWERS.c.number, ANSWERS.c.said).where(
            ANSWERS.c.room == code, ANSWERS.c.round == round, ANSWERS.c.player == player
        )
        with self._database.begin() as connection:
            return {number: said for number, said in connection.execute(asked)}

    def distribution(self, code: str, round: int, number: int) -> dict[int, int]:
        """Return how many players have answered each class to one question."""
        asked = sql.select(ANSWERS.c.said, sql.func.count()).where(
            ANSWERS.c.room == code, ANSWERS.c.round == round, ANSWERS.c.number == number
        )
        with self._database.begin() as connection:
            return {said: people for said, people in connection.execute(asked.group_by(ANSWERS.c.said))}


def insert_game(connection: sql.Connection, code: str, plan: GamePlan) -> None:
    """Store the game of a new room, which waits for its players. Raises ValueError for a plan out of bounds."""
    cuts_fit = bool(plan.cuts) == (plan.kind == GameKind.PARTIAL)
    if not (0 < plan.questions <= MAX_QUESTIONS and 0 <= plan.seconds <= MAX_SECONDS and cuts_fit):
        raise ValueError(f"{plan} is out of bounds.")
    row = {"room": code, **asdict(plan), "cuts": ",".join(plan.cuts), **asdict(Position()), "asked": 0.0}
    connection.execute(sql.insert(GAME_KINDS), {"room": code, "kind": row.pop("kind")})
    connection.execute(sql.insert(GAMES), row)


def _read_plan(row: sql.Row[Any]) -> GamePlan:
    cuts = tuple(row.cuts.split(",")) if row.cuts else ()
    return GamePlan(row.questions, cuts, row.seconds, row.podium, GameKind(row.kind or GameKind.PARTIAL))


def most_frequent(distribution: dict[int, int]) -> Sequence[int]:
    """Return the classes that most players answered; several share the first place."""
    most = max(distribution.values(), default=0)
    return sorted(said for said, people in distribution.items() if people == most)


def _count_answers(connection: sql.Connection, code: str) -> int:
    return connection.scalar(sql.select(sql.func.count()).where(ANSWERS.c.room == code)) or 0
