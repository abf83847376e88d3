"""Human or machine: which questions are drawn, and how answers are counted."""

from collections import Counter

import pytest
import torch
from scipy import stats

from core.classroom.quiz import QUESTIONS_PER_CUT, QUESTIONS_PER_ROUND, draw_questions
from core.classroom.quiz_scores import AnswerCount, Score, hardest_questions, score_answers
from core.digits import datasets
from core.networks.evaluation import predict_column
from core.pmnist.masks import CUTS, cut_masks
from core.visualization.classroom import Place, ScoreBar, ScoreRow, Share, draw_distribution, draw_podium, draw_scores
from dashboard.quiz import cached
from dashboard.server import caches
from tests.sample_digits import made_digits

# Questions


def test_a_round_has_five_different_digits_for_each_cut_in_any_order() -> None:
    digits = made_digits(200)
    questions = draw_questions(digits, seed=1)
    assert Counter(asked.cut for asked in questions) == dict.fromkeys(CUTS, QUESTIONS_PER_CUT)
    assert len({asked.digit for asked in questions}) == QUESTIONS_PER_ROUND
    assert [asked.label for asked in questions] == [int(digits.labels[asked.digit]) for asked in questions]
    assert [asked.cut for asked in questions] != sorted(asked.cut for asked in questions)


def test_a_seed_always_asks_the_same_and_another_asks_something_else() -> None:
    digits = made_digits(200)
    first, again, other = (draw_questions(digits, seed=seed) for seed in (5, 5, 6))
    key = [(asked.digit, asked.cut) for asked in first]
    assert key == [(asked.digit, asked.cut) for asked in again] != [(asked.digit, asked.cut) for asked in other]
    assert all(torch.equal(one.mask, two.mask) for one, two in zip(first, again, strict=True))


def test_every_digit_is_cut_as_the_table_cuts_it() -> None:
    digits = made_digits(200)
    for asked in draw_questions(digits, seed=2):
        masks = cut_masks(asked.cut, len(digits))
        assert torch.equal(asked.mask, masks if masks.ndim == 2 else masks[asked.digit])


def test_no_test_digit_is_left_out() -> None:
    digits = made_digits(40)
    assert {asked.digit for seed in range(40) for asked in draw_questions(digits, seed=seed)} == set(range(40))


@pytest.mark.parametrize(("cuts", "count"), [(("VCUT",), 3), (("HCUT", "TCUT"), 7), (CUTS, 8), (CUTS, 2)])
def test_a_round_may_have_other_cuts_and_fewer_digits(cuts: tuple[str, ...], count: int) -> None:
    drawn = draw_questions(made_digits(40), seed=1, cuts=cuts, count=count)
    shares = Counter(asked.cut for asked in drawn)
    assert len(drawn) == len({asked.digit for asked in drawn}) == count and set(shares) <= set(cuts)
    assert max(shares.values()) - min(shares.get(cut, 0) for cut in cuts) <= 1


def test_too_few_digits_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="needs 20 different digits"):
        draw_questions(made_digits(19), seed=0)


# Counting


def said(number: int, said: int, *, people: int = 1, label: int = 4, cut: str = "HCUT", round: int = 0) -> AnswerCount:
    return AnswerCount(round=round, number=number, digit=number, cut=cut, label=label, said=said, people=people)


def test_people_are_counted_on_every_cut_and_on_all() -> None:
    tallies = [said(0, 4, people=3), said(0, 9), said(1, 4, cut="TCUT", people=2)]
    assert score_answers(tallies) == {"all": Score(5, 6), "HCUT": Score(3, 4), "TCUT": Score(2, 2)}
    assert score_answers([]) == {"all": Score(0, 0)}


def test_a_network_s_answer_counts_once_for_everybody_who_answered_the_question() -> None:
    tallies = [said(0, 4, people=3), said(0, 9), said(1, 4, cut="TCUT", people=2), said(0, 1, round=1)]
    read = {(0, 0): 4, (0, 1): 7, (1, 0): 4}
    assert score_answers(tallies, read) == {"all": Score(5, 7), "HCUT": Score(5, 5), "TCUT": Score(0, 2)}


@pytest.mark.parametrize(("right", "answers"), [(0, 5), (5, 5), (13, 20), (1, 1), (250, 600)])
def test_the_interval_is_wilson_s(right: int, answers: int) -> None:
    exact = stats.binomtest(right, answers).proportion_ci(0.95, "wilson")
    assert Score(right, answers).interval() == pytest.approx((100 * exact.low, 100 * exact.high))
    assert Score(0, 0).interval() == (0, 100)


def test_what_fooled_the_largest_share_comes_first_with_the_commonest_mistake() -> None:
    tallies = [said(0, 4, people=9), said(0, 9), said(1, 9, people=3), said(1, 1, people=1), said(2, 4, people=5)]
    first, second = hardest_questions(tallies)
    assert (first.number, first.people, first.wrong, first.commonest) == (1, 4, 4, 9)
    assert (second.number, second.people, second.wrong, second.commonest) == (0, 10, 1, 9)
    assert len(hardest_questions(tallies, most=1)) == 1 and hardest_questions([said(0, 4)]) == []


def test_networks_answer_a_question_as_they_do_in_the_table() -> None:
    data = datasets.load(datasets.OFFLINE)
    asked = next(one for one in draw_questions(data.test, seed=3) if one.cut == "TCUT")
    names = ("standard", "missing-feature")
    for name, (label, sure) in cached.answer_question(names, data.name, asked).items():
        table = predict_column(caches.network(name, data.name), data.test, "TCUT")
        assert label == int(table[asked.digit]) and 0.1 <= sure <= 1


def test_bars_show_shares_intervals_and_what_they_are_held_against() -> None:
    one = ScoreRow("<You>", "told", "red", {"all": ScoreBar(40, "2 of 5", (12, 77), 55)})
    page = draw_scores([one, ScoreRow("Other", "", "blue", {})], {"all": "all cuts"})
    assert "&lt;You&gt;" in page and "<You>" not in page and "2 of 5" in page and "not asked yet" in page
    assert "left:0.0%;width:40.0%" in page and "left:12.0%;width:65.0%" in page and "left:55.0%" in page


def test_a_distribution_marks_the_solution_only_when_it_is_known() -> None:
    shares = [Share("4", 6, True), Share("9", 3, False), Share("<b>", 0, False)]
    page = draw_distribution(shares)
    assert page.count("ns-right") == 1 and "height:100%" in page and "height:50%" in page and "height:0%" in page
    assert "&lt;b&gt;" in page and "ns-right" not in draw_distribution([Share("4", 6), Share("9", 3)])


def test_a_podium_names_those_who_share_a_place_and_counts_the_rest() -> None:
    page = draw_podium([Place(["<Ann>", "Bo"], "7 of 8"), Place([f"P{n}" for n in range(9)], "6 of 8")], most=6)
    assert "&lt;Ann&gt;, Bo" in page and "P5 and 3 more" in page and "P6" not in page
    assert page.index("ns-place-1") < page.index("7 of 8") < page.index("ns-place-2")
