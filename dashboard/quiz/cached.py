"""What the quiz computes once for all visitors: rounds with the networks' answers."""

from dataclasses import dataclass

import streamlit as st

from core.classroom.quiz import QUESTIONS_PER_ROUND, Question, draw_questions
from core.classroom.smallest_noise import NoiseQuestion, draw_noise_questions
from core.generation.generator_checkpoint import load_card
from core.generation.real_or_made import RealOrMadeDigit, discriminator_verdicts, draw_round
from core.pmnist.masks import CUTS
from core.system.checkpoint_files import SHIPPED
from dashboard.server import caches, locks


@dataclass(frozen=True, eq=False)
class AnsweredRound:
    """The questions of a round, and the classes that each network reads in them."""

    questions: list[Question]
    answers: dict[str, list[int]]


@st.cache_resource(max_entries=200, show_spinner=False)
def answer_round(
    names: tuple[str, ...],
    data: str,
    seed: int,
    cuts: tuple[str, ...] = CUTS,
    count: int = QUESTIONS_PER_ROUND,
) -> AnsweredRound:
    """Return the round of this seed with the answers of the networks of these names."""
    questions = draw_questions(caches.dataset(data).test, seed=seed, cuts=cuts, count=count)
    with locks.LONG:
        answers = [answer_question(names, data, question) for question in questions]
    return AnsweredRound(questions, {name: [one[name][0] for one in answers] for name in names})


def answer_question(names: tuple[str, ...], data: str, question: Question) -> dict[str, tuple[int, float]]:
    """Return each network's answer to a question, and its probability (0 to 1)."""
    digit = caches.dataset(data).test.images(slice(question.digit, question.digit + 1))[0, 0].numpy()
    readings = caches.readings(names, data, digit, question.mask.numpy())
    return {name: (int(found.argmax()), float(found.max())) for name, found in readings.items()}


@dataclass(frozen=True, eq=False)
class JudgedRound:
    """Real and made digits, and the discriminator's verdicts."""

    digits: list[RealOrMadeDigit]
    verdicts: list[bool]
    """True: made."""


@st.cache_resource(max_entries=200, show_spinner=False)
def judge_round(data: str, seed: int, count: int) -> JudgedRound:
    """Return the round of this seed, with digits of the shipped generator. Raises CheckpointError."""
    made = caches.generator(SHIPPED, load_card().weights_sha256)
    digits = draw_round(made, caches.dataset(data).test, seed=seed, count=count)
    with locks.LONG:
        return JudgedRound(digits, discriminator_verdicts(made, digits))


@st.cache_resource(max_entries=200, show_spinner=False)
def draw_noise_round(network: str, data: str, seed: int, count: int) -> list[NoiseQuestion]:
    """Return the round of this seed in which this network is fooled. Raises CheckpointError, ValueError."""
    with locks.LONG:
        return draw_noise_questions(caches.classifier(network, data), caches.dataset(data).test, seed=seed, count=count)
