"""Fool the network: the smallest noise that does, checked against FGSM itself."""

import pytest
import torch

from core.adversarial.config import AttackConfig
from core.adversarial.gradient_attacks import fgsm
from core.classroom.game_kinds import GameKind
from core.classroom.quiz_scores import AnswerCount, hardest_questions
from core.classroom.smallest_noise import STRENGTHS, draw_noise_questions
from core.digits import datasets
from core.zoo import checkpoints


def test_the_smallest_noise_that_fools_is_where_fgsm_begins_to_succeed() -> None:
    digits = datasets.load(datasets.OFFLINE)
    network = checkpoints.load_classifier("standard")
    questions = draw_noise_questions(network, digits.test, seed=3, count=4)
    again = draw_noise_questions(network, digits.test, seed=3, count=4)
    assert [one.digit for one in questions] == [one.digit for one in again] and len(questions) == 4
    assert len({one.digit for one in questions}) == 4
    for question in questions:
        image, label = digits.test.images(torch.tensor([question.digit])), digits.test.labels[question.digit][None]
        fooled = []
        for strength in STRENGTHS:
            *_, last = fgsm(network, image, label, AttackConfig(epsilon=strength / 100, steps=1))
            fooled.append(bool(last.fooled))
            assert torch.allclose(last.images[0, 0], question.with_noise(strength), atol=1e-6)
        assert fooled == [strength >= question.label for strength in STRENGTHS]
        assert [said != question.read[0] for said in question.read] == fooled and not fooled[0]


def test_too_few_digits_are_refused_in_a_sentence() -> None:
    digits = datasets.load(datasets.OFFLINE).test.first(3)
    with pytest.raises(ValueError, match="too few"):
        draw_noise_questions(checkpoints.load_classifier("standard"), digits, seed=0, count=4)


def test_more_noise_than_enough_fools_too_and_less_does_not() -> None:
    fool, other = GameKind.FOOL, GameKind.REAL_OR_MADE
    assert [fool.is_right(said, 5) for said in (4, 5, 6)] == [False, True, True]
    assert [other.is_right(said, 5) for said in (4, 5, 6)] == [False, True, False]
    counts = [AnswerCount(round=0, number=0, digit=1, cut="", label=5, said=said) for said in (4, 6, 9)]
    (hard,) = hardest_questions(counts, kind=fool)
    assert (hard.wrong, hard.people) == (1, 3)
