"""One visitor's game: its questions, the answers so far, and the answers that the room has not received yet."""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from core.classroom.paced_games import GamePlan
from core.classroom.quiz import QUESTIONS_PER_ROUND, AskedQuestion, Question, draw_questions
from core.classroom.quiz_scores import Answer
from core.classroom.room_board import Room
from core.classroom.room_database import RoomError, RoomUnreachable
from core.digits import datasets
from core.digits.datasets import Dataset, DatasetError
from core.digits.layouts import DIGIT_CLASSES
from dashboard import address
from dashboard.address import kinds
from dashboard.quiz import kept_game
from dashboard.quiz.kept_game import KeptGame
from dashboard.server import caches, rooms
from dashboard.server.caches import Zoo
from dashboard.server.session import Session

GAME, ROOMS = "quiz game", "quiz rooms"  # keys of the current game, and of the last one in every room
RETRY = 5.0  # seconds until a database that did not answer is asked again
SEEDS = 10**6  # few enough for a short address
VIEW, PLAY = "quiz view", "Play"
SHOWN, HIDDEN = "shown", "hidden"  # the holes, in the address


@dataclass
class Game:
    """A round that is being played, alone or in a room."""

    data: Dataset
    seed: int
    holes_shown: bool = True
    """Whether the player sees where something is missing."""
    room: Room | None = None
    plan: GamePlan | None = None
    """What the teacher has set for the room; None where each player goes at their own pace."""
    round: int = 0
    """How many rounds the same player has finished in this room."""
    player: str = field(default_factory=lambda: secrets.token_hex(8))
    nickname: str = ""
    """The player's in the room."""
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
    stands_in: bool = False
    """Whether it is played only until the room can be opened: the browser keeps the room's game meanwhile."""

    def __post_init__(self) -> None:
        self.questions = draw_questions(self.data.test, seed=self.seed)

    def address(self) -> dict[str, str | int | None]:
        """Return the parts of this round's address, which opens the same round for everyone."""
        if self.room is not None:
            return {"room": self.room.code, "round": None, "holes": SHOWN}
        return {"room": None, "round": self.seed, "holes": SHOWN if self.holes_shown else HIDDEN}

    def to_kept(self) -> KeptGame:
        """Return what the browser keeps of this game."""
        place = str(self.seed) if self.room is None else self.room.code
        return KeptGame(place, self.data.name, self.player, self.round, self.answers, self.finished)

    def forget_unsent(self, answers: Sequence[Answer], problem: str = "") -> None:
        """Keep these answers no longer, but those that were added meanwhile; `problem`: why they do not count."""
        self.unsent, self.problem = [one for one in self.unsent if one not in answers], problem


def show_game(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Open this visitor's game; show a sentence if its address cannot be opened."""
    open_game(data)


def open_game(data: Dataset) -> Game:
    """Open and return the game that the address names, else the visitor's current game, else a new one."""
    game: Game | None = st.session_state.get(GAME)
    held = {
        "room": address.hold("room", kinds.TEXT, group=""),
        "round": address.hold("round", kinds.whole(most=SEEDS - 1), group=""),
        "holes": address.hold("holes", kinds.one_of((SHOWN, HIDDEN)), SHOWN, group=""),
    }
    named = held["room"] is not None or held["round"] is not None
    try:
        if named and (game is None or held != game.address()):
            game = _open_named(held, data)
        elif game is None or (game.room is None and game.data.name != data.name):
            game = _random_round(data, holes_shown=held["holes"] == SHOWN)
    except RoomUnreachable as error:  # the address stays: it opens the room when the database is back
        st.warning(f"{error} You play alone until then.")
        st.fragment(_join_later, run_every=RETRY)(held["room"])
        return st.session_state.setdefault(GAME, _random_round(data, stands_in=True))
    except (RoomError, DatasetError) as error:
        st.warning(f"{error} You play alone.")
        game = _random_round(data)
    start(game)
    return game


def _join_later(code: str) -> None:
    """Show the page again, which opens the room, as soon as its database answers."""
    try:
        rooms.board().find(code)
    except RoomUnreachable:
        return
    except RoomError:
        pass  # the page says why
    st.rerun()


def _random_round(data: Dataset, *, holes_shown: bool = True, stands_in: bool = False) -> Game:
    return Game(data, random.randrange(SEEDS), holes_shown, stands_in=stands_in)


def _open_named(held: dict[str, Any], data: Dataset) -> Game:
    """Return the round that an address names. Raises RoomError, and DatasetError if its digits are not here."""
    if held["room"] is not None:
        return enter(rooms.board().find(held["room"]))
    game = Game(data, held["round"], held["holes"] == SHOWN)
    return game if GAME in st.session_state else _restore(game)  # a reload begins a new session


def enter(room: Room) -> Game:
    """Return this visitor's game in a room, at first its first round.

    Raises RoomError, also for a room of other pictures than digits, and DatasetError if its set is not here.
    """
    if datasets.classes_of(room.data) not in (None, DIGIT_CLASSES):
        raise RoomError(f"The room {room.code} plays with {datasets.title_of(room.data)}; rooms play with digits only.")
    game: Game | None = st.session_state.get(ROOMS, {}).get(room.code)
    if game is None:
        paced = rooms.board().games.read(room.code)
        plan = None if paced is None else paced.plan
        game = _restore(Game(caches.dataset(room.data), room.seed, room.told, room, plan))
        game.unsent = _to_answers(game)  # the room counts each of them once
        send(game)
    return game


def _restore(game: Game) -> Game:
    """Return the game as the browser has kept it, if it has."""
    kept = kept_game.read()
    if kept is None or (kept.place, kept.data) != (game.to_kept().place, game.data.name):
        return game
    ahead = kept.round if game.room is not None else 0
    return replace(
        game,
        seed=game.seed + ahead,
        player=kept.player,
        round=kept.round,
        answers=kept.answers,
        finished=kept.finished or len(kept.answers) == QUESTIONS_PER_ROUND,
    )


def next_round(game: Game) -> Game:
    """Return another round for the same player: the room's next one, or a random one."""
    return Game(
        game.data,
        seed=random.randrange(SEEDS) if game.room is None else game.seed + 1,
        holes_shown=game.holes_shown,
        room=game.room,
        plan=game.plan,
        round=game.round + 1,
        player=game.player,
        nickname=game.nickname,
        unsent=game.unsent,
        problem=game.problem,
    )


def start(game: Game) -> None:
    """Make this the visitor's game, and write it into the address."""
    st.session_state[GAME] = game
    if game.room is not None:
        st.session_state.setdefault(ROOMS, {})[game.room.code] = game
    for name, value in game.address().items():
        address.change(f"quiz {name}", value)


def leave_room(game: Game) -> None:
    """Start a random round outside the room."""
    start(_random_round(game.data))


def toggle_holes(game: Game) -> None:
    """Show where something is missing, or stop showing it."""
    game.holes_shown = not game.holes_shown
    start(game)


def answer(game: Game, number: int, label: int) -> None:
    """Record the answer to a question; ignore the second of two quick clicks."""
    if number != len(game.answers) or game.solution_shown:
        return
    game.answers.append(label)
    game.solution_shown = True
    if game.room is not None:
        game.unsent.append(_to_answers(game)[number])
        send(game)


def _to_answers(game: Game) -> list[Answer]:
    """Return the answers so far as a room counts them."""
    answered = zip(game.questions, game.answers, strict=False)
    return [to_answer(game.player, game.round, number, *one) for number, one in enumerate(answered)]


def to_answer(player: str, round: int, number: int, question: AskedQuestion, said: int) -> Answer:
    """Return a player's answer to the question of this number as a room counts it."""
    digit, cut, label = question.digit, question.cut, question.label
    return Answer(player=player, round=round, number=number, digit=digit, cut=cut, label=label, said=said)


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
    sent = list(game.unsent)
    try:
        rooms.board().add(game.room.code, sent)
        game.forget_unsent(sent)
    except RoomUnreachable as error:
        game.problem = str(error)
    except RoomError as error:  # the room is gone: trying again cannot help
        game.forget_unsent(sent, f"{error} Your answers count no more.")
