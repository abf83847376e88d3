"""Attribution methods judged: orders of ink, curves by hand, random weights, and the recorded study."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from core.attribution.judging import (
    BRIGHTNESS,
    DRAWS,
    RANDOM,
    STEPS,
    compare_ranks,
    follow_order,
    judge_orders,
    randomize_layers,
    rank_ink,
    select_first,
)
from core.attribution.methods import METHODS, attribute
from core.commands.studies.explanations import lines
from core.digits import datasets
from core.networks.classifier import Classifier
from core.studies.explanations import (
    CONTROLS,
    ExplanationRow,
    ExplanationStudy,
    describe_ignoring,
    describe_verdicts,
    find_values,
    find_verdicts,
    judge_network,
    run_explanations,
    summarize,
)
from core.studies.recorded import load_recorded
from core.studies.seed_networks import train_standard
from core.zoo.checkpoints import load_classifier
from tests.hooks import count_hooks
from tests.sample_digits import real_set

STANDARD = load_classifier("standard")
DIGIT = real_set().test.images(slice(3, 4))[0]
LABEL = int(STANDARD(DIGIT[None]).argmax())
WEIGHTS = (3.0, 1.0, -2.0, 0.5)


def linear_network() -> tuple[Classifier, Tensor]:
    """Return a network of two classes that weighs four pixels for the second one, and a digit of these pixels."""
    layer = nn.Linear(784, 2)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    image = torch.zeros(1, 28, 28)
    for place, weight in enumerate(WEIGHTS):
        image[0, 5, place] = 1
        layer.weight.data[1, 5 * 28 + place] = weight
    network = Classifier(nn.Sequential(nn.Flatten()), nn.Sequential(layer))
    return network.eval().requires_grad_(False), image


def test_deletion_and_insertion_of_a_linear_network_are_those_worked_out_by_hand():
    network, image = linear_network()
    found = follow_order(network, image, 1, "saliency", attribute(network, image, 1, "saliency")[None])
    erased = [2.5, -0.5, -1.5, -2.0, 0.0]  # the sum of the weights that are left: 3, then 1, 0.5 and -2 go
    shown = [0.0, 3.0, 4.0, 4.5, 2.5]
    for curve, logits in ((found.deletion, erased), (found.insertion, shown)):
        assert curve[0, :: STEPS // 4].tolist() == pytest.approx(torch.tensor(logits).sigmoid().tolist())
    steps = torch.tensor(erased)[(torch.arange(STEPS + 1) / STEPS * 4).round().long()].sigmoid()
    assert found.deletion_area == pytest.approx(float((steps[1:] + steps[:-1]).mean() / 2))


def test_an_order_holds_all_ink_and_nothing_else_the_largest_value_first():
    image, values = torch.zeros(1, 28, 28), torch.zeros(1, 28, 28)
    image[0, 2, 3:6] = torch.tensor([0.1, 1.0, 0.5])
    values[0, 2, 3:6] = torch.tensor([-1.0, -3.0, 2.0])
    values[0, 9, 9] = 7  # the largest one is no ink
    ranks = rank_ink(values, image)
    assert ranks[0, 2, 3:6].tolist() == [1, 2, 0] and int((ranks >= 0).sum()) == 3
    assert select_first(ranks, 1 / 3).nonzero().tolist() == [[0, 2, 5]]
    assert not select_first(ranks, 0).any() and select_first(ranks, 1).equal(image > 0)


def test_random_orders_favour_no_ink_and_the_brightest_order_follows_the_ink():
    found = {one.order: one for one in judge_orders(STANDARD, DIGIT, LABEL, draws=60)}
    ink = DIGIT[0] > 0
    count, ranks = int(ink.sum()), found[RANDOM].ranks[:, ink].double()
    error = ((count**2 - 1) / 12 / 60) ** 0.5  # of the mean of 60 uniform places
    assert ((ranks.mean(0) - (count - 1) / 2).abs() < 5 * error).all()
    brightest = found[BRIGHTNESS].ranks[0][ink].argsort()
    assert (DIGIT[0][ink][brightest].diff() <= 0).all()


def test_every_method_and_control_is_judged_and_the_network_stays_as_it_was():
    before = [parameter.clone() for parameter in STANDARD.parameters()]
    found = list(judge_orders(STANDARD, DIGIT, LABEL))
    steps = list(randomize_layers(STANDARD, DIGIT, LABEL))
    assert [one.order for one in found] == [*METHODS, BRIGHTNESS, RANDOM]
    assert [len(one.deletion) for one in found] == [1] * (len(found) - 1) + [DRAWS]
    whole = float(STANDARD(DIGIT[None]).softmax(1)[0, LABEL])
    for one in found:
        assert one.deletion[:, 0].tolist() == pytest.approx([whole] * len(one.deletion), abs=1e-5)
        assert torch.allclose(one.deletion[:, 0], one.insertion[:, -1], atol=1e-5)
        assert torch.allclose(one.deletion[:, -1], one.insertion[:, 0], atol=1e-5)
    assert len(steps) == 5 and count_hooks(STANDARD) == 0
    assert all(torch.equal(*pair) for pair in zip(before, STANDARD.parameters(), strict=True))


def test_a_network_without_maps_is_judged_without_grad_cam():
    dense = load_classifier("local-dense")
    assert "grad-cam" not in [one.order for one in judge_orders(dense, DIGIT, LABEL, draws=1)]
    assert all("grad-cam" not in step.maps for step in randomize_layers(dense, DIGIT, LABEL))


def test_an_empty_picture_has_curves_without_a_slope():
    for one in judge_orders(STANDARD, torch.zeros(1, 28, 28), 1, draws=2):
        assert torch.equal(one.deletion, one.insertion) and float(one.deletion.std(1).max()) < 1e-6


def test_the_rank_correlation_is_spearmans_also_with_equal_values():
    values, others = torch.tensor([3.0, 1, 1, 2, 5, 5, 5, 0]), torch.tensor([1.0, 1, 0, 2, 2, 7, 3, 0])
    assert compare_ranks(values, others) == pytest.approx(spearmanr(values, others).statistic, abs=1e-6)
    assert compare_ranks(values, torch.ones(8)) == 0


def test_layers_become_random_from_the_last_one_on_and_the_maps_of_the_first_step_are_the_trained_networks():
    first, *others = randomize_layers(STANDARD, DIGIT, LABEL)
    assert [step.stages for step in others][::3] == [("fc2",), ("fc2", "fc1", "conv2", "conv1")]
    assert all(torch.equal(first.maps[method], attribute(STANDARD, DIGIT, LABEL, method)) for method in METHODS)
    assert first.signed == first.absolute == pytest.approx(dict.fromkeys(METHODS, 1.0), abs=1e-5)
    assert not torch.allclose(others[0].maps["saliency"], first.maps["saliency"])


# The study


def to_text(rows: Sequence[ExplanationRow]) -> str:
    return json.dumps([asdict(row) for row in rows])


@pytest.mark.slow
def test_a_finished_network_is_not_judged_again(tmp_path: Path):
    data, config = datasets.load(datasets.OFFLINE), ExplanationStudy(seeds=2, epochs=1, digits=2, randomized=1)
    first = list(run_explanations(data, config, tmp_path / "judged.json"))
    again = list(run_explanations(data, config, tmp_path / "judged.json"))
    assert [one.kept for one in (*first, *again)] == [False, False, True, True]
    assert [to_text(one.rows) for one in first] == [to_text(one.rows) for one in again]
    record = summarize([row for one in first for row in one.rows], data, config)
    text = "\n".join(lines(record))
    assert "Integrated gradients" in text and "random ink" in text and "study explanations --seeds 2" in text
    assert {row["order"] for row in record["rows"]} == {*METHODS, *CONTROLS}


def test_impossible_settings_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="at least one seed"):
        ExplanationStudy(seeds=0)


def test_the_record_holds_every_order_of_five_networks_and_says_what_its_intervals_say():
    record = load_recorded("explanations")
    assert record["seeds"] == 5 and record["dataset"]["images"] == 500 and record["settings"]["randomized"] == 100
    verdicts = {one.title: one for one in find_verdicts(record)}
    assert list(verdicts) == [method.title for method in METHODS.values()]
    for name, method in METHODS.items():
        found = verdicts[method.title]
        worse = [find_values(record, control, "deletion") for control in CONTROLS]
        below = all(
            a < b for values in worse for a, b in zip(find_values(record, name, "deletion"), values, strict=True)
        )
        assert found.tells_where <= below, "an interval below zero, but not for every seed"
    assert verdicts["Integrated gradients"].tells_where and not verdicts["Grad-CAM"].tells_where
    assert verdicts["Deconvnet"].ignores_weights and not verdicts["Saliency"].ignores_weights
    assert "Grad-CAM does not" in describe_verdicts(record) and "Deconvnet" in describe_ignoring(record)
    assert record["conclusions"][:2] == [describe_verdicts(record), describe_ignoring(record)]


@pytest.mark.mnist
@pytest.mark.slow
def test_the_record_is_repeated_on_its_first_digits_by_its_first_network():
    data, record = datasets.load("MNIST"), load_recorded("explanations")
    network = train_standard(data, record["rows"][0]["seed"], epochs=record["settings"]["epochs"])
    digits = datasets.Digits(data.test.pixels[::20], data.test.labels[::20]).first(3)
    few = replace(data, test=digits)
    found = {row.order: row for row in judge_network(network, few, ExplanationStudy(digits=3, randomized=1), seed=42)}
    for row in record["rows"][: len(found)]:
        assert found[row["order"]].first == pytest.approx(row["first"], abs=3)
