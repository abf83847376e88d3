"""What the quiz opens and reads once for all visitors: the board of the rooms, and the networks' answers to a round."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.classroom.quiz import Question, draw_questions
from core.classroom.room_board import RoomBoard
from dashboard.server import caches, locks


@dataclass(frozen=True, eq=False)
class Round:
    """Twenty questions, and the class that each network reads in each."""

    questions: list[Question]
    read: dict[str, list[int]]


@st.cache_resource(max_entries=8, show_spinner=False)
def board(url: str) -> RoomBoard:
    """Return the board of all rooms in the database at `url`. Raises RoomError."""
    return RoomBoard(url)


@st.cache_resource(max_entries=200, show_spinner=False)
def read_round(names: tuple[str, ...], data: str, seed: int) -> Round:
    """Return a round, and what the networks of these names answer."""
    questions = draw_questions(caches.dataset(data).test, seed=seed)
    with locks.LONG:
        answers = [read(names, data, asked) for asked in questions]
    return Round(questions, {name: [one[name][0] for one in answers] for name in names})


def read(names: tuple[str, ...], data: str, question: Question) -> dict[str, tuple[int, float]]:
    """Return each network's answer to a question, and its probability (0 to 1)."""
    digit = caches.dataset(data).test.images(slice(question.digit, question.digit + 1))[0, 0].numpy()
    found = caches.readings(names, data, digit, question.mask.numpy())
    return {name: (int(shares.argmax()), float(shares.max())) for name, shares in found.items()}
