"""The game that a browser keeps in a cookie until it is closed: a reload goes on with it, as the same player."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

import streamlit as st

from core.classroom.quiz import QUESTIONS_PER_ROUND

COOKIE = "negative_space_quiz"
PATTERN = re.compile(
    r"(?P<place>[A-Z]{4}|[0-9]{1,6})\.(?P<data>[\w%-]{1,60})\.(?P<player>[0-9a-f]{16})\.(?P<round>[0-9]{1,4})\."
    rf"(?P<answers>[0-9]{{0,{QUESTIONS_PER_ROUND}}})\.(?P<state>playing|finished)"
)


@dataclass(frozen=True)
class KeptGame:
    """What a game consists of besides its questions, which follow from the place."""

    place: str
    """The code of its room; alone, the number of its round."""
    data: str
    """The name of the data set."""
    player: str
    round: int
    answers: list[int]
    finished: bool


def read() -> KeptGame | None:
    """Return the game that the browser has kept; None if there is none, or none that can be read."""
    found = PATTERN.fullmatch(str(st.context.cookies.get(COOKIE)))  # outside a browser it may be no text
    if found is None:
        return None
    answers = [int(digit) for digit in found["answers"]]
    return KeptGame(
        found["place"],
        unquote(found["data"]),
        found["player"],
        int(found["round"]),
        answers,
        found["state"] == "finished",
    )


def store(game: KeptGame) -> None:
    """Write the game into the cookie, which the browser forgets when it is closed."""
    state, answers = "finished" if game.finished else "playing", "".join(map(str, game.answers))
    text = ".".join([game.place, quote(game.data, safe=""), game.player, str(game.round), answers, state])
    st.html(f"<script>document.cookie = '{COOKIE}={text}; path=/; SameSite=Lax'</script>", unsafe_allow_javascript=True)
