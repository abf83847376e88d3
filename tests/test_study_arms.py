"""The arms of the study of missing features: matched controls, shared features, and what each of them learns."""

from dataclasses import replace

import pytest
import torch

from core.digits.datasets import Digits
from core.inversion.functions import build_synergy, features_hash, freeze, is_frozen
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.networks.evaluation import evaluate, predict_column
from core.pmnist.masks import CUTS, cut_masks
from core.studies.arm_training import ArmTrainer, FeatureVectors, PartialDigits, alternate_inversions
from core.studies.arms import ARMS, COLUMNS, SECOND_PAPER, with_required_arms
from core.studies.missing_features import run_seeds
from core.training.config import TrainConfig
from core.training.loop import train
from tests.sample_digits import made_dataset, made_digits

CONFIG = TrainConfig(epochs=2, learning_rate=0.1)


@pytest.fixture
def trainer() -> ArmTrainer:
    return ArmTrainer(made_dataset(), ARCHITECTURES["talk"], seeds=[42], config=CONFIG)


# Arms


def test_m16_every_inversion_of_a_frozen_network_has_a_control_that_differs_only_in_it():
    for arm in ARMS.values():
        if arm.learns == "head" and arm.inversion != "identity":
            control = ARMS[arm.control]
            assert control.inversion == "identity" and control.learns == "head"
            assert (control.start, control.activation) == (arm.start, arm.activation)
            assert (control.head == "reset") == (arm.head == "reset")


def test_m16_synergy_is_held_against_two_ordinary_heads():
    synergy_arm = ARMS["synergy"]
    assert synergy_arm.heads == ("standard", "missing-feature")
    assert ARMS[synergy_arm.control].heads == ("standard", ARMS["missing-feature"].control)


def test_m16_each_synergy_of_the_second_paper_has_two_ordinary_heads_as_control():
    kinds = [name for name in SECOND_PAPER if name.startswith("synergy-")]
    assert kinds == ["synergy-retrained", "synergy-together", "synergy-from-scratch"]
    for name in kinds:
        arm, control = ARMS[name], ARMS[ARMS[name].control]
        if arm.heads:
            assert [ARMS[head].inversion for head in control.heads] == ["identity"] * 2
        else:
            assert replace(arm, inversion="identity", title=control.title, control=None) == control


def test_controls_and_heads_come_along():
    assert with_required_arms(["control"]) == ("standard", "control")
    assert with_required_arms(["synergy"]) == (
        "standard",
        "control",
        "missing-feature",
        "two-ordinary-heads",
        "synergy",
    )
    assert with_required_arms(ARMS) == tuple(ARMS)


def test_m14_only_the_ceiling_is_of_the_partial_track():
    assert [name for name, arm in ARMS.items() if arm.track == "partial samples"] == ["partial-samples"]


# The trainer


def test_an_arm_reads_every_column_as_evaluation_does(trainer):
    read, network, digits = trainer.evaluate("standard")[0], trainer.networks("standard")[0], trainer.dataset.test
    assert tuple(read) == COLUMNS
    for cut in ("whole", *CUTS):
        predicted = predict_column(network, digits, cut)
        assert read[cut] == 100 * int((predicted == digits.labels).sum()) / len(digits)
    assert read["DCUT code"] == evaluate(network, digits, cut_masks("DCUT", len(digits), variant="code"))


def test_m9_a_head_over_shared_vectors_is_the_head_that_training_makes_over_frozen_features(trainer):
    network = trainer.prepare(ARMS["missing-feature"])[0]
    before = features_hash(network)
    list(train(network, trainer.dataset.train, trainer.dataset.validation, trainer.config))
    assert features_hash(network) == before == features_hash(trainer.networks("standard")[0])
    assert trainer.evaluate("missing-feature")[0]["whole"] == evaluate(network, trainer.dataset.test)
    with torch.no_grad():
        expected = network(trainer.dataset.test.images())
    assert torch.allclose(trainer.logits("missing-feature")[0][: len(expected)], expected, atol=1e-5)


def test_m16_an_equal_start_answers_as_the_network_it_starts_from(trainer):
    images = made_digits(20, seed=5).images()
    inverted = trainer.prepare(ARMS["missing-equal-start"])[0]
    with torch.no_grad():
        logits, ordinary = inverted(images), trainer.networks("standard")[0](images)
        kept = trainer.prepare(ARMS["missing-no-reset"])[0](images)
    assert inverted.inversion.name == "complement"
    assert torch.allclose(logits, ordinary, atol=1e-4) and not torch.allclose(kept, ordinary, atol=1e-1)


def test_m16_synergy_of_the_study_is_the_synergy_of_the_project(trainer):
    logits = trainer.logits("synergy")[0][: len(trainer.dataset.test)]
    missing = trainer.prepare(ARMS["missing-feature"])[0]
    list(train(missing, trainer.dataset.train, trainer.dataset.validation, trainer.config))
    with torch.no_grad():
        expected = build_synergy(trainer.networks("standard")[0], missing)(trainer.dataset.test.images())
    assert torch.allclose(logits, expected, atol=1e-4)


def test_m9_free_biases_drift_and_weights_stay(trainer):
    before, after = trainer.networks("standard")[0].features, trainer.networks("missing-free-biases")[0].features
    for name, tensor in before.state_dict().items():
        assert torch.equal(tensor, after.state_dict()[name]) == name.endswith("weight")


def test_m11_an_unfrozen_network_changes_its_own_features_only(trainer):
    start = trainer.networks("standard")[0]
    before = features_hash(start)
    assert features_hash(trainer.networks("missing-unfrozen")[0]) != before == features_hash(start)


@pytest.mark.parametrize("name", ["synergy-together", "two-heads-together", "synergy-from-scratch"])
def test_m16_two_heads_that_learn_together_are_summed(trainer, name):
    network, arm = trainer.prepare(ARMS[name])[0], ARMS[name]
    heads, images = network.head.synergy, trainer.dataset.test.images()
    assert is_frozen(network) == (arm.learns == "head")
    list(train(network, trainer.dataset.train, trainer.dataset.validation, trainer.config))
    with torch.no_grad():
        features = network.extract(images)
        expected = heads.first(features) + heads.second(1 - features if arm.inversion == "both" else features)
        assert torch.allclose(network(images), expected, atol=1e-5)
    assert torch.allclose(trainer.logits(name)[0][: len(images)], expected, atol=1e-4)


def test_m16_a_second_control_has_other_random_weights(trainer):
    first, second = (trainer.prepare(ARMS[name])[0].head.fc1.weight for name in ("control", "control-second"))
    assert not torch.equal(first, second)
    logits = {name: trainer.logits(name)[0] for name in ("control", "control-second", "two-retrained-heads")}
    assert torch.allclose(logits["control"] + logits["control-second"], logits["two-retrained-heads"])


@pytest.mark.parametrize("epochs", [1, 4, 5])
def test_m16_alternating_ends_with_the_inversion_it_is_read_with(epochs):
    turns = alternate_inversions("complement", epochs)
    assert len(turns) == epochs and turns[-1] == "complement"
    assert all(one != other for one, other in zip(turns, turns[1:], strict=False))


def test_m14_partial_digits_are_whole_or_cut_in_every_way():
    ink = Digits(torch.full((400, 28, 28), 255, dtype=torch.uint8), torch.arange(400) % 10)
    torch.manual_seed(1)
    kept = PartialDigits(ink.pixels, ink.labels).images()[:, 0] > 0
    kinds = {cut: (kept == cut_masks(cut, 1)).flatten(1).all(1) for cut in ("whole", "HCUT", "VCUT", "DCUT")}
    counts = {cut: int(same.sum()) for cut, same in kinds.items()}
    squares = ~torch.stack(list(kinds.values())).any(0)
    assert min(*counts.values(), int(squares.sum())) > 40
    assert ((~kept[squares]).flatten(1).sum(1) == 243).all()


def test_the_same_seed_gives_the_same_figures_and_another_seed_others():
    dataset = made_dataset()
    one, again, other = (
        [step.accuracies for step in run_seeds(dataset, "talk", [seed], ["control"], epochs=2)] for seed in (1, 1, 2)
    )
    assert one == again != other


def test_vectors_are_read_as_they_are_and_heads_need_no_pictures():
    vectors = FeatureVectors(torch.randn(30, 7) * 300, torch.arange(30) % 10)
    network = Classifier(torch.nn.Sequential(), torch.nn.Sequential(torch.nn.Linear(7, 10)))
    freeze(network)
    before = network.head[0].weight.clone()
    list(train(network, vectors, vectors, TrainConfig(epochs=1, batch=10, learning_rate=1e-4)))
    assert torch.equal(vectors.images(slice(3)), vectors.pixels[:3])
    assert not torch.equal(network.head[0].weight, before)


def test_an_arm_that_diverges_is_read_as_it_was_before_and_the_others_go_on() -> None:
    found = ArmTrainer(made_dataset(), ARCHITECTURES["talk"], seeds=[42], config=replace(CONFIG, learning_rate=1e9))
    fresh = build(ARCHITECTURES["talk"], seed=42).eval()
    digits = made_dataset().test
    assert found.evaluate("standard")[0]["whole"] == evaluate(fresh, digits)
    assert set(found.evaluate("control")[0]) == set(COLUMNS)
