"""Human or machine? Twenty partial test digits for people and networks; `quiz_scores` counts answers.

The digits are drawn from the whole test set, each cut as PMNIST cuts it, so people and networks can be compared on each
of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.classroom.quiz_scores import AnswerCount
from core.digits.datasets import Digits
from core.pmnist.masks import CUTS, cut_masks

QUESTIONS_PER_CUT = 5
QUESTIONS_PER_ROUND = QUESTIONS_PER_CUT * len(CUTS)


@dataclass(frozen=True, eq=False)
class Question:
    """One partial digit."""

    digit: int
    """Index among the test digits."""
    cut: str
    label: int
    mask: Tensor
    """bool `(28, 28)`, True = kept."""


def draw_questions(digits: Digits, *, seed: int) -> list[Question]:
    """Return the round of this seed: five digits for each cut, all different, in random order.

    Every test digit is equally likely, whatever its class: so the accuracy on them estimates the accuracy on all, and
    the earlier answers tell nothing about the next. Raises ValueError when there are too few digits.
    """
    if len(digits) < QUESTIONS_PER_ROUND:
        raise ValueError(f"A round needs {QUESTIONS_PER_ROUND} different digits, and there are {len(digits)}.")
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randperm(len(digits), generator=generator)[:QUESTIONS_PER_ROUND].tolist()
    masks = {cut: cut_masks(cut, len(digits)) for cut in CUTS}
    questions = []
    for place in torch.randperm(QUESTIONS_PER_ROUND, generator=generator).tolist():
        digit, cut = drawn[place], CUTS[place // QUESTIONS_PER_CUT]
        mask = masks[cut] if masks[cut].ndim == 2 else masks[cut][digit].clone()
        questions.append(Question(digit, cut, int(digits.labels[digit]), mask))
    return questions


def count_answers(questions: Sequence[Question], said: Sequence[int]) -> list[AnswerCount]:
    """Return one person's answers to the first questions of a round, in the form in which a room's are counted."""
    pairs = enumerate(zip(questions, said, strict=False))
    return [
        AnswerCount(round=0, number=number, digit=asked.digit, cut=asked.cut, label=asked.label, said=answer)
        for number, (asked, answer) in pairs
    ]
