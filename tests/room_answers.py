"""Answers in a room of the quiz, and a process that gives them one by one, each acknowledged before the next.

`python -m tests.room_answers DATABASE ROOM --player NAME` gives 50 of them; with `--taken FILE` it goes on until it is
killed, and writes down which were acknowledged; with `--paced FILE` it does so in a game at the teacher's pace, and
with `--led FILE` a teacher leads a class, to which visitors give drawings with `--gifts FILE`.
"""

import secrets
import subprocess
import sys
import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.classroom.led_rooms import Place
from core.classroom.quiz_scores import Answer
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import RoomUnreachable
from tests import ROOT
from tests.job_runs import until
from tests.postgres import Postgres

EACH, MANY = 50, 9_000  # answers
TEACHER = "a" * 32  # a visitor


def drawing(seed: int = 0) -> NDArray[np.uint8]:
    """Return a drawing of chance, another one for each seed."""
    return np.random.default_rng(seed).integers(0, 256, (28, 28), np.uint8)


def open_room(board: RoomBoard) -> str:
    """Open a room as the teacher; return its code."""
    return board.open_room("MNIST", told=True, opener=TEACHER).code


def answer(number: int = 0, *, player: str = "1", said: int = 3, label: int = 3, cut: str = "HCUT") -> Answer:
    return Answer(player=player, round=0, number=number, digit=100 + number, cut=cut, label=label, said=said)


def answer_until_killed(server: Postgres, give: Callable[[int], object]) -> tuple[list[int], str]:
    """Give one answer after the other, and kill the database meanwhile; return which it took, and why it refused."""
    taken, refused = list[int](), list[str]()

    def play() -> None:
        for number in range(MANY):
            try:
                give(number)
                taken.append(number)
            except RoomUnreachable as error:
                refused.append(str(error))
                return

    player = threading.Thread(target=play)
    player.start()
    until(lambda: len(taken) >= 20)
    server.kill()
    player.join()
    return taken, refused[0]


def start_writer(*arguments: str) -> subprocess.Popen[bytes]:
    """Start the process; `multiprocessing` would run a page in it, if one was run before."""
    return subprocess.Popen([sys.executable, "-m", "tests.room_answers", *arguments], cwd=ROOT)


def write(url: str, room: str, player: str) -> None:
    board = RoomBoard(url)
    for number in range(EACH):
        board.add(room, [answer(number, player=player)])
    board.close()


def write_on(url: str, room: str, file: str) -> None:
    board = RoomBoard(url)
    with open(file, "w", buffering=1) as taken:
        for number in range(MANY):
            board.add(room, [answer(number)])
            print(number, file=taken)


def write_paced(url: str, room: str, file: str) -> None:
    """Let one player after the other join and answer the question that is asked."""
    board = RoomBoard(url)
    with open(file, "w", buffering=1) as taken:
        for _ in range(MANY):
            player = secrets.token_hex(8)
            board.players.join(room, player)
            board.games.answer(room, answer(player=player))
            print(player, file=taken)


def write_led(url: str, room: str, file: str) -> None:
    """Lead the room from one place to the next."""
    board = RoomBoard(url)
    with open(file, "w", buffering=1) as taken:
        for number in range(MANY):
            board.led.move(room, Place("compare", {"sample": str(number)}), TEACHER)
            print(number, file=taken)


def write_gifts(url: str, room: str, file: str) -> None:
    """Let one visitor after the other give a drawing."""
    board = RoomBoard(url)
    with open(file, "w", buffering=1) as taken:
        for number in range(MANY):
            board.drawings.give(room, str(number), 7, drawing(number))
            print(number, file=taken)


if __name__ == "__main__":
    database, code, what, value = sys.argv[1:]
    kinds = {"--player": write, "--taken": write_on, "--paced": write_paced, "--led": write_led, "--gifts": write_gifts}
    kinds[what](database, code, value)
