"""What players and the teacher do in a game at the teacher's pace, and what both see of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from core.classroom.game_kinds import GameKind
from core.classroom.paced_games import PacedGame, Position, Stage
from core.classroom.room_board import Room
from core.classroom.room_database import RoomError, RoomUnreachable
from dashboard.quiz import fool, partial_digits, real_or_made, rounds
from dashboard.quiz.content import Content
from dashboard.quiz.rounds import Game
from dashboard.server import rooms
from dashboard.server.caches import Zoo
from dashboard.server.visitors import get_openers

PROBLEM = "quiz paced problem"  # key
GONE = "This room was removed, or it was opened for another kind of game."
ROUNDS: Mapping[GameKind, Callable[[Room, PacedGame, Zoo], Content]] = {
    GameKind.PARTIAL: partial_digits.open_round,
    GameKind.REAL_OR_MADE: real_or_made.open_round,
    GameKind.FOOL: fool.open_round,
}


@dataclass(frozen=True, eq=False)
class Scene:
    """What is on the screens of a room now."""

    room: Room
    game: PacedGame
    content: Content

    @property
    def at(self) -> Position:
        return self.game.position

    @property
    def asked(self) -> int:
        """How many questions of the round players have seen: fewer than planned if it ended early."""
        return self.at.number + 1


def read_game(room: Room) -> PacedGame:
    """Return where a room is now. Raises RoomError."""
    game = rooms.board().games.read(room.code)
    if game is None:
        raise RoomError(GONE)
    return game


def to_scene(room: Room, game: PacedGame, zoo: Zoo) -> Scene:
    """Return what a room shows where its game is now. Raises RoomError, and DatasetError if its digits are not here."""
    return Scene(room, game, ROUNDS[game.plan.kind](room, game, zoo))


def read_scene(room: Room, zoo: Zoo) -> Scene:
    """Return what a room shows now. Raises RoomError and DatasetError."""
    return to_scene(room, read_game(room), zoo)


def step(scene: Scene) -> None:
    """Lead the room from what the page shows to the next position."""
    _move(scene.room, scene.game, scene.game.next_position())


def end(scene: Scene) -> None:
    """End the game of this room early, wherever it is by now."""
    try:
        now = rooms.board().games.read(scene.room.code)
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)
        return
    if now is not None and now.position.round == scene.at.round:
        _move(scene.room, now, Position(scene.at.round, Stage.FINISHED, now.position.number))


def _move(room: Room, seen: PacedGame, to: Position) -> None:
    try:
        rooms.board().games.move(room.code, seen.position, to, *get_openers())
        st.session_state.pop(PROBLEM, None)
    except RoomError as error:
        st.session_state[PROBLEM] = str(error)


def answer(game: Game, scene: Scene, label: int) -> None:
    """Record the player's answer to the question that the page showed, unless its time is up."""
    at = scene.at
    game.unsent = [rounds.to_answer(game.player, at.round, at.number, scene.content.asked[at.number], label)]
    if _time_is_up(scene):
        game.unsent, game.problem = [], "The time was up before your answer arrived."
    else:
        send(game)


def _time_is_up(scene: Scene) -> bool:
    """Say whether the question's time has ended since the page showed it; False while the database does not answer."""
    if not scene.game.plan.seconds:
        return False
    try:
        now = rooms.board().games.read(scene.room.code)
    except RoomError:
        return False
    return now is not None and now.position == scene.at and now.time_is_up


def send(game: Game) -> None:
    """Send the unsent answer; keep it while the database cannot be reached, or the player is not in the room yet."""
    if game.room is None or not game.unsent or not game.nickname:
        return
    sent = list(game.unsent)
    try:
        stored = all([rooms.board().games.answer(game.room.code, one) for one in sent])
        game.forget_unsent(sent, "" if stored else "Your answer arrived after the solution. It does not count.")
    except RoomUnreachable as error:
        game.problem = f"{error} Your answer waits here. Keep this page open."
    except RoomError as error:
        game.forget_unsent(sent, str(error))


def said_by(game: Game, scene: Scene) -> dict[int, int]:
    """Return the player's answers in this round, by number of the question. Raises RoomError."""
    return rooms.board().games.answers_of(scene.room.code, scene.at.round, game.player)
