"""Human or machine? Twenty partial test digits for people and networks; `quiz_scores` counts answers.

The digits are drawn from the whole test set, each cut as PMNIST cuts it, so people and networks can be compared on each
of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.classroom.quiz_scores import AnswerCount
from core.digits.datasets import Digits
from core.pmnist.masks import CUTS, cut_masks

QUESTIONS_PER_CUT = 5
QUESTIONS_PER_ROUND = QUESTIONS_PER_CUT * len(CUTS)


@dataclass(frozen=True, eq=False)
class AskedQuestion:
    """What a room stores of a question, beside each answer."""

    digit: int
    """Index among the test digits."""
    cut: str
    """What is erased; empty where nothing is."""
    label: int
    """The right answer."""


@dataclass(frozen=True, eq=False)
class Question(AskedQuestion):
    """One partial digit, whose class is the answer."""

    mask: Tensor
    """bool `(28, 28)`, True = kept."""


def draw_questions(
    digits: Digits, *, seed: int, cuts: Sequence[str] = CUTS, count: int = QUESTIONS_PER_ROUND
) -> list[Question]:
    """Return the round of this seed: `count` different digits, equally many for each cut, in random order.

    Every test digit is equally likely, whatever its class: so the accuracy on them estimates the accuracy on all, and
    the earlier answers tell nothing about the next. Raises ValueError when there are too few digits.
    """
    if len(digits) < count:
        raise ValueError(f"A round needs {count} different digits, and there are {len(digits)}.")
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randperm(len(digits), generator=generator)[:count].tolist()
    masks = {cut: cut_masks(cut, len(digits)) for cut in cuts}
    questions = []
    for place in torch.randperm(count, generator=generator).tolist():
        digit, cut = drawn[place], cuts[place * len(cuts) // count]
        mask = masks[cut] if masks[cut].ndim == 2 else masks[cut][digit].clone()
        questions.append(Question(digit, cut, int(digits.labels[digit]), mask))
    return questions


def count_answers(questions: Sequence[AskedQuestion], said: Mapping[int, int], *, round: int = 0) -> list[AnswerCount]:
    """Return one person's answers, by number of the question, in the form in which a room's are counted."""
    pairs = ((number, questions[number], answer) for number, answer in said.items())
    return [
        AnswerCount(round=round, number=number, digit=asked.digit, cut=asked.cut, label=asked.label, said=answer)
        for number, asked, answer in pairs
    ]
