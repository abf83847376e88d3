"""One visitor's game: its twenty questions, the answers so far, and the answers that the room has not received yet."""

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
SEEDS = 10**6  # few enough for a short address


@dataclass
class Game:
    """A round that is being played, alone or in a room."""

    data: Dataset
    seed: int
    holes_shown: bool = True
    """Whether the player sees where something is missing."""
    room: Room | None = None
    round: int = 0
    """How many rounds the same player has finished in this room."""
    player: str = field(default_factory=lambda: secrets.token_hex(8))
    questions: list[Question] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """The player's, one for each question so far."""
    network_answers: list[dict[str, int]] = field(default_factory=list)
    """The networks', by name, to the same questions."""
    solution_shown: bool = False
    """Whether the page shows the solution of the last answered question."""
    finished: bool = False
    unsent: list[Answer] = field(default_factory=list)
    """Answers that the room has not received yet."""
    problem: str = ""
    """Why they could not be sent, one sentence."""

    def __post_init__(self) -> None:
        self.questions = draw_questions(self.data.test, seed=self.seed)

    def params(self) -> dict[str, str]:
        """Return the parameters of this round's address, which opens the same round for everyone."""
        if self.room is not None:
            return {"room": self.room.code}
        return {"round": str(self.seed)} | ({} if self.holes_shown else {"holes": "hidden"})


def board() -> RoomBoard:
    """Return the board of all rooms. Raises RoomError."""
    return cached.board(database_url())


def show_game(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Open this visitor's game; show a sentence if its address cannot be opened."""
    open_game(data)


def open_game(data: Dataset) -> Game:
    """Open and return the game that the address names, else the visitor's current game, else a new one."""
    game: Game | None = st.session_state.get(GAME)
    params = {name: st.query_params[name] for name in ("room", "round", "holes") if name in st.query_params}
    try:
        if params and (game is None or params != game.params() and not is_late(params)):
            game = _read_address(params, data)
        elif game is None or (game.room is None and game.data.name != data.name):
            game = _random_round(data)
    except RoomUnreachable as error:  # the address stays, so that it opens the room when the database is back
        st.warning(f"{error} You play alone meanwhile; open the link again to join the room.")
        return st.session_state.setdefault(GAME, _random_round(data))
    except (RoomError, DatasetError) as error:
        st.warning(f"{error} You play alone.")
        game = _random_round(data)
    start(game)
    return game


def _random_round(data: Dataset, *, holes_shown: bool = True) -> Game:
    return Game(data, random.randrange(SEEDS), holes_shown)


def _read_address(params: dict[str, str], data: Dataset) -> Game:
    """Return the round that an address names. Raises RoomError, and DatasetError if its digits are not here."""
    if "room" in params:
        return first_round(board().find(params["room"]))
    holes_shown = params.get("holes") != "hidden"
    if re.fullmatch("[0-9]{1,6}", params.get("round", "")):
        return Game(data, int(params["round"]), holes_shown)
    st.warning("The part 'round' of this address cannot be read, so this is another round.")
    return _random_round(data, holes_shown=holes_shown)


def first_round(room: Room) -> Game:
    """Return the first round of a room. Raises DatasetError if its digits are not here."""
    return Game(caches.dataset(room.data), room.seed, room.told, room)


def next_round(game: Game) -> Game:
    """Return another round for the same player: the room's next one, or a random one."""
    return Game(
        game.data,
        seed=random.randrange(SEEDS) if game.room is None else game.seed + 1,
        holes_shown=game.holes_shown,
        room=game.room,
        round=game.round + 1,
        player=game.player,
        unsent=game.unsent,
        problem=game.problem,
    )


def start(game: Game) -> None:
    """Make this the visitor's game, and write it into the address."""
    st.session_state[GAME] = game
    put(game.params())


def leave_room(game: Game) -> None:
    """Start a random round outside the room."""
    start(_random_round(game.data))


def toggle_holes(game: Game) -> None:
    """Show where something is missing, or stop showing it."""
    game.holes_shown = not game.holes_shown
    put(game.params())


def answer(game: Game, number: int, label: int) -> None:
    """Record the answer to a question; ignore the second of two quick clicks."""
    if number != len(game.answers) or game.solution_shown:
        return
    game.answers.append(label)
    game.solution_shown = True
    question = game.questions[number]
    if game.room is not None:
        game.unsent.append(
            Answer(
                player=game.player,
                round=game.round,
                number=number,
                digit=question.digit,
                cut=question.cut,
                label=question.label,
                said=label,
            )
        )
        send(game)


def show_next(game: Game, number: int) -> None:
    """Go from the solution of this question to the next question, or to the end."""
    if number == len(game.answers) - 1:
        game.solution_shown, game.finished = False, len(game.answers) == len(game.questions)


def finish(game: Game) -> None:
    """End the round early; the answers so far count."""
    game.solution_shown, game.finished = False, True


def send(game: Game) -> None:
    """Send the unsent answers to the room; keep them while its database cannot be reached."""
    if game.room is None or not game.unsent:
        return
    try:
        board().add(game.room.code, game.unsent)
        game.unsent, game.problem = [], ""
    except RoomUnreachable as error:
        game.problem = str(error)
    except RoomError as error:  # the room is gone: trying again cannot help
        game.unsent, game.problem = [], f"{error} Your answers count no more."
