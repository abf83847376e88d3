"""One visitor's game: which twenty digits, what was said so far, and what the room has not been told yet."""

from __future__ import annotations

import random
import re
import secrets
from dataclasses import dataclass, field

import streamlit as st

from core.classroom.quiz import Question, draw_questions
from core.classroom.quiz_scores import Answer
from core.classroom.room_board import Room, RoomBoard
from core.classroom.room_database import RoomError, RoomUnreachable, database_url
from core.digits.datasets import Dataset, DatasetError
from dashboard.address import is_late, put
from dashboard.quiz import cached
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session

GAME = "quiz game"
SEEDS = 10**6  # an own round's address is to be short


@dataclass
class Game:
    """A round that is being played, alone or in a room."""

    data: Dataset
    seed: int
    told: bool = True
    """Whether people are shown where something is missing."""
    room: Room | None = None
    round: int = 0
    """How many the same player has played in this room before."""
    player: str = field(default_factory=lambda: secrets.token_hex(8))
    questions: list[Question] = field(default_factory=list)
    said: list[int] = field(default_factory=list)
    read: list[dict[str, int]] = field(default_factory=list)
    """What each network answered to the same questions."""
    solved: bool = False
    """Whether the solution of the last answered question is on the page."""
    over: bool = False
    unsent: list[Answer] = field(default_factory=list)
    problem: str = ""
    """Why not, one sentence."""

    def __post_init__(self) -> None:
        self.questions = draw_questions(self.data.test, seed=self.seed)

    def params(self) -> dict[str, str]:
        """Return the address of this round: whoever opens it plays the same."""
        if self.room is not None:
            return {"room": self.room.code}
        return {"round": str(self.seed)} | ({} if self.told else {"holes": "hidden"})


def board() -> RoomBoard:
    """Return the board of all rooms. Raises RoomError."""
    return cached.board(database_url())


def show_game(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Open this visitor's game, and say in a sentence what of its address cannot be had."""
    open_game(data)


def open_game(data: Dataset) -> Game:
    """Return this visitor's game: what the address asks for, else the one they are in, else a new one of their own."""
    game: Game | None = st.session_state.get(GAME)
    asked = {name: st.query_params[name] for name in ("room", "round", "holes") if name in st.query_params}
    try:
        if asked and (game is None or asked != game.params() and not is_late(asked)):
            game = _read_address(asked, data)
        elif game is None or (game.room is None and game.data.name != data.name):
            game = _any_round(data)
    except RoomUnreachable as error:  # the address stays as it is, and leads into the room when that is back
        st.warning(f"{error} You play alone meanwhile; open the link again to join the room.")
        return st.session_state.setdefault(GAME, _any_round(data))
    except (RoomError, DatasetError) as error:
        st.warning(f"{error} You play alone.")
        game = _any_round(data)
    begin(game)
    return game


def _any_round(data: Dataset, *, told: bool = True) -> Game:
    return Game(data, random.randrange(SEEDS), told)


def write_address(game: Game) -> None:
    """Put the round into the address, where it is also shared from."""
    put(game.params())


def _read_address(asked: dict[str, str], data: Dataset) -> Game:
    """Return the round that an address asks for. Raises RoomError, and DatasetError when its digits are not here."""
    if "room" in asked:
        return enter(board().find(asked["room"]))
    told = asked.get("holes") != "hidden"
    if re.fullmatch("[0-9]{1,6}", asked.get("round", "")):
        return Game(data, int(asked["round"]), told)
    st.warning("The part 'round' of this address cannot be read, so this is another round.")
    return _any_round(data, told=told)


def enter(room: Room) -> Game:
    """Return the first round of a room. Raises DatasetError when its digits are not here."""
    return Game(caches.dataset(room.data), room.seed, room.told, room)


def begin(game: Game) -> None:
    """Begin the game instead of the one before."""
    st.session_state[GAME] = game
    write_address(game)


def leave(game: Game) -> None:
    """Play alone from now on."""
    begin(_any_round(game.data))


def next_round(game: Game) -> Game:
    """Return another round for the same player: the room's next one, or any."""
    seed = random.randrange(SEEDS) if game.room is None else game.seed + 1
    return Game(
        game.data, seed, game.told, game.room, game.round + 1, game.player, unsent=game.unsent, problem=game.problem
    )


def tell(game: Game) -> None:
    """Show where something is missing, or do not any more."""
    game.told = not game.told
    write_address(game)


def answer(game: Game, number: int, said: int) -> None:
    """Take the answer to a question; the second of two quick clicks comes too late and changes nothing."""
    if number != len(game.said) or game.solved:
        return
    game.said.append(said)
    game.solved = True
    asked = game.questions[number]
    if game.room is not None:
        game.unsent.append(
            Answer(
                player=game.player,
                round=game.round,
                number=number,
                digit=asked.digit,
                cut=asked.cut,
                label=asked.label,
                said=said,
            )
        )
        send(game)


def go_on(game: Game, number: int) -> None:
    """Leave the solution of that question for the next one, or for the end."""
    if number == len(game.said) - 1:
        game.solved, game.over = False, len(game.said) == len(game.questions)


def stop(game: Game) -> None:
    """End the round where it is: what was answered counts."""
    game.solved, game.over = False, True


def send(game: Game) -> None:
    """Tell the room what it has not heard yet; while it cannot hear, the answers wait here."""
    if game.room is None or not game.unsent:
        return
    try:
        board().add(game.room.code, game.unsent)
        game.unsent, game.problem = [], ""
    except RoomUnreachable as error:
        game.problem = str(error)
    except RoomError as error:  # to wait would be in vain
        game.unsent, game.problem = [], f"{error} Your answers count no more."
