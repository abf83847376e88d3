"""Questions that a teacher sends to a class, one at a time, and the answers: in words, or as a digit.

The database holds the whole state, so several servers show the same question, and none of them loses an answer.
"""

import unicodedata
from dataclasses import dataclass

import sqlalchemy as sql

from core.classroom.room_database import Database, RoomError
from core.classroom.room_openers import change_own, hash_opener, is_opened_by
from core.classroom.room_tables import CLASS_ANSWERS, CLASS_QUESTIONS, LED_ROOMS, PLAYERS
from core.pmnist.masks import SIDE

MAX_QUESTION_LENGTH, MAX_ANSWER_LENGTH = 500, 200  # characters


@dataclass(frozen=True)
class ClassQuestion:
    """What a teacher asks the class."""

    text: str
    number: int
    """How many questions the class was asked until this one, with it."""
    is_open: bool
    """Whether it can be answered."""


@dataclass(frozen=True)
class ClassAnswer:
    """One visitor's answer."""

    words: str = ""
    digit: bytes = b""
    """Ink of 28x28 pixels, row by row, 0 to 255; empty for an answer in words."""
    name: str = ""
    """The visitor's nickname."""


class ClassQuestions:
    """The questions of all classes of one database. Every method raises RoomError; RoomUnreachable: try again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, code: str, text: str, *openers: str) -> None:
        """Ask the class this question; the one before goes, with its answers. Only who opened the class may."""
        line = _read_line(text, MAX_QUESTION_LENGTH, "question")
        with self._database.begin() as connection:
            connection.execute(
                self._database.insert_new(CLASS_QUESTIONS).values(room=code, number=0, text="", is_open=False)
            )
            change_own(
                connection, CLASS_QUESTIONS, code, openers, text=line, is_open=True, number=CLASS_QUESTIONS.c.number + 1
            )
            connection.execute(sql.delete(CLASS_ANSWERS).where(CLASS_ANSWERS.c.room == code))

    def close(self, code: str, *openers: str) -> None:
        """Take no more answers; those that were given stay."""
        with self._database.begin() as connection:
            change_own(connection, CLASS_QUESTIONS, code, openers, is_open=False)

    def remove(self, code: str, *openers: str) -> None:
        """Delete the question with its answers."""
        with self._database.begin() as connection:
            change_own(connection, CLASS_QUESTIONS, code, openers, text="", is_open=False)
            connection.execute(sql.delete(CLASS_ANSWERS).where(CLASS_ANSWERS.c.room == code))

    def answer(self, code: str, number: int, player: str, answer: ClassAnswer) -> None:
        """Store the answer of a player of the room while the question is open; it replaces their earlier one."""
        given = {"words": "", "digit": None} | _read_answer(answer)
        row = {"room": code, "number": number, "player": player, **given, "given": self._database.now()}
        with self._database.begin() as connection:
            _check_open(connection, code, number)
            own = sql.update(CLASS_ANSWERS).where(_is_answer(code, number, player))
            if not connection.execute(own.values(given)).rowcount:
                connection.execute(self._database.insert_new(CLASS_ANSWERS).values(row))

    def find_answer(self, code: str, number: int, player: str) -> ClassAnswer | None:
        """Return the player's own answer; None if there is none."""
        found = self._select(_is_answer(code, number, player))
        return found[0] if found else None

    def answers(self, code: str, *openers: str) -> list[ClassAnswer]:
        """Return all answers to the present question, the first one first; only who opened the class reads them."""
        asked = (CLASS_QUESTIONS.c.room == code) & (CLASS_QUESTIONS.c.number == CLASS_ANSWERS.c.number)
        own = sql.exists().where(is_opened_by(code, openers))
        return self._select((CLASS_ANSWERS.c.room == code) & sql.exists().where(asked) & own)

    def forget(self, *visitors: str) -> None:
        """Delete what these visitors answered, in all classes."""
        with self._database.begin() as connection:
            for code in connection.scalars(sql.select(LED_ROOMS.c.room)).all():
                own = [player_of(code, visitor) for visitor in visitors]
                connection.execute(sql.delete(PLAYERS).where(PLAYERS.c.room == code, PLAYERS.c.player.in_(own)))

    def _select(self, which: sql.ColumnElement[bool]) -> list[ClassAnswer]:
        columns = (CLASS_ANSWERS.c.words, CLASS_ANSWERS.c.digit, PLAYERS.c.name)
        found = sql.select(*columns).join_from(CLASS_ANSWERS, PLAYERS).where(which)
        with self._database.begin() as connection:
            rows = connection.execute(found.order_by(CLASS_ANSWERS.c.given, CLASS_ANSWERS.c.player))
            return [ClassAnswer(words, bytes(digit or b""), name) for words, digit, name in rows]


def player_of(code: str, visitor: str) -> str:
    """Return the number under which a visitor answers in this class; in each class it is another one."""
    return hash_opener(code, visitor)[:32]


def _check_open(connection: sql.Connection, code: str, number: int) -> None:
    """Let the question stay as it is until the end of this transaction. Raises RoomError if it is closed."""
    one = CLASS_QUESTIONS.c
    held = sql.update(CLASS_QUESTIONS).where(one.room == code, one.number == number, one.is_open)
    if not connection.execute(held.values(number=number)).rowcount:
        raise RoomError("This question is closed.")


def _is_answer(code: str, number: int, player: str) -> sql.ColumnElement[bool]:
    one = CLASS_ANSWERS.c
    return (one.room == code) & (one.number == number) & (one.player == player)


def _read_answer(answer: ClassAnswer) -> dict[str, str | bytes]:
    """Return what is stored of an answer: a digit, or words."""
    if len(answer.digit) == SIDE * SIDE:
        return {"digit": answer.digit}
    return {"words": _read_line(answer.words, MAX_ANSWER_LENGTH, "answer")}


def _read_line(text: str, longest: int, what: str) -> str:
    """Return what was typed, on one line, without characters that no database takes."""
    kept = (one for one in " ".join(text.split()) if unicodedata.category(one) not in ("Cc", "Cs"))
    line = "".join(kept).strip()
    if not line:
        raise RoomError(f"There is no {what} yet: type one first.")
    if len(line) > longest:
        raise RoomError(f"This {what} is too long: it may have {longest} characters.")
    return line
