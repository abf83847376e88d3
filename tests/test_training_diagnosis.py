"""What is wrong with a trained network and what to change next: on figures made by hand, and on real networks."""

import pytest
import torch

from core.jobs.training_diagnosis import Diagnosis, diagnose
from core.jobs.training_job import TrainingPlan
from core.jobs.training_report import TrainingSummary
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.networks.dead_units import DeadUnits, find_dead_units
from core.training.config import TrainConfig
from core.zoo.checkpoints import Measurement
from tests.sample_digits import made_digits

PLAN = TrainingPlan(config=TrainConfig(learning_rate=0.1, epochs=5))
GOOD = TrainingSummary(5, 10, 98.5, 99.0)


def only(found: list[Diagnosis]) -> tuple[str, str, dict]:
    (one,) = found
    return one.problem, one.step, one.changes


def test_a_network_without_a_problem_has_no_next_step():
    assert diagnose(PLAN, GOOD) == [] == diagnose(PLAN, None)


@pytest.mark.parametrize(
    ("plan", "result", "learned", "expected"),
    [
        (PLAN, TrainingSummary(5, 10, 80.5, 80.0), True, ("underfits", "Train for 10 epochs", {"epochs": 10})),
        # it reads everything as 0: underfitting is asked before overfitting
        (PLAN, TrainingSummary(5, 10, 10.3, 11.8), False, ("underfits", "Train for 10 epochs", {"epochs": 10})),
        (
            TrainingPlan(config=TrainConfig(learning_rate=1e-6)),
            TrainingSummary(5, 10, 10.3, 11.8),
            False,
            ("underfits", "Train with a learning rate of 0.05", {"learning_rate": 0.05}),
        ),
        (PLAN, TrainingSummary(5, 10, 95.0, 99.9), True, ("overfits", "Train with L2 of 0.001", {"l2": 0.001})),
        (
            TrainingPlan(config=TrainConfig(l2=0.001)),
            TrainingSummary(5, 10, 95.0, 99.9),
            True,
            ("overfits", "Train with L2 of 0.003", {"l2": 0.003}),
        ),
    ],
)
def test_t12_each_problem_of_the_fit_has_its_next_step(plan, result, learned, expected):
    problem, step, changes = only(diagnose(plan, result, learned=learned))
    assert (problem, step, changes["config"]) == expected


def test_a_network_that_overfits_few_digits_gets_more_of_them_first():
    plan = TrainingPlan(config=TrainConfig(), share=0.02)
    found = diagnose(plan, TrainingSummary(5, 10, 95.0, 99.9))
    assert only(found) == ("overfits", "Train on all digits", {"share": 1.0}) and "**overfits**" in found[0].sentence


def test_after_a_divergence_only_a_lower_rate_is_offered():
    found = diagnose(PLAN, TrainingSummary(1, 10, 10.3, 11.8), learned=False, diverged=True)
    assert only(found) == ("diverged", "Train with a learning rate of 0.01", {"config": {"learning_rate": 0.01}})
    (found,) = diagnose(TrainingPlan(config=TrainConfig(learning_rate=1e5)), None, diverged=True)
    assert found.changes == {"config": {"learning_rate": 0.05}}, "a tenth of it would diverge again"


def test_dead_units_are_named_if_they_are_many():
    few, many = DeadUnits("relu1", 1, 20), DeadUnits("fc_relu1", 30, 50)
    assert diagnose(PLAN, GOOD, dead=[few]) == []
    (found,) = diagnose(PLAN, GOOD, dead=[few, many])
    assert found.problem == "dead units" and "30 of 50 in `fc_relu1`." in found.sentence
    assert found.changes == {"config": {"learning_rate": 0.033}}


@pytest.mark.parametrize(("attack", "step"), [("fgsm", "seven steps (PGD)"), ("pgd", "Train for 10 epochs")])
def test_a_network_that_learned_from_attacked_digits_and_is_fooled_all_the_same_is_not_robust(attack, step):
    plan = TrainingPlan(config=TrainConfig(attack=attack, epochs=5))
    fooled = Measurement(variant="attacked", accuracy={"whole": 31.0}, epsilon=0.25)
    (found,) = diagnose(plan, GOOD, attacked=fooled)
    assert found.problem == "not robust" and "31.0 %" in found.sentence and "0.25" in found.sentence
    assert found.step.endswith(step)
    assert diagnose(plan, GOOD, attacked=Measurement(variant="attacked", accuracy={"whole": 91.0})) == []


def test_dead_units_of_a_network_are_counted_stage_by_stage():
    network, images = build(ARCHITECTURES["published"], seed=0).eval(), made_digits(300).images()
    assert [one.dead for one in find_dead_units(network, images)][:2] == [0, 0]
    with torch.no_grad():
        network.features.conv2.bias[:7] = -1e6
        network.head.fc1.bias[3:5] = -1e6
    found = find_dead_units(network, images)
    assert [(one.stage, one.units) for one in found] == [("relu1", 20), ("relu2", 50), ("fc_relu1", 500)]
    assert found[1].dead == 7 and found[2].dead >= 2
