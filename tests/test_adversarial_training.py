"""Adversarial training (V9): it withstands what an ordinary network falls for, repeats, resumes, and can be off."""

import copy
from itertools import islice

import pytest
import torch
from torch import Tensor

from core.adversarial.config import AttackConfig
from core.adversarial.gradient_attacks import make_adversarial
from core.inversion.functions import freeze, with_inversion
from core.jobs.training_job import check, read_plan
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.training.adversarial import with_attacks
from core.training.config import TrainConfig
from core.training.loop import train
from core.training.modes import mode_dependent_modules
from core.training.presets import PRESETS
from core.training.state import TrainState
from tests.pages import open_page, rerun, text_of
from tests.sample_digits import made_digits, real_digits

DIGITS, HELD_OUT = made_digits(96), made_digits(40, seed=1)
SHORT = {"epochs": 2, "batch": 16, "report_every": 3}
ATTACKS = ("fgsm", "pgd")


def fresh(name: str = "small") -> Classifier:
    return build(ARCHITECTURES[name], seed=0)


def learn(network: Classifier, state: TrainState | None = None, steps: int = 99, **settings: object) -> Classifier:
    """Train for at most so many records."""
    running = train(network, DIGITS, HELD_OUT, TrainConfig(**{**SHORT, **settings}), state=state)
    list(islice(running, steps))
    running.close()
    return network


def equal(one: Classifier, other: Classifier) -> bool:
    first, second = one.state_dict(), other.state_dict()
    return all(torch.equal(first[name], second[name]) for name in first)


def accuracy(network: Classifier, images: Tensor, labels: Tensor) -> float:
    return float((network.predict(images).argmax(1) == labels).float().mean())


def under_attack(network: Classifier, epsilon: float) -> float:
    images, labels = real_digits(500).images(torch.arange(400, 500)), real_digits(500).labels[400:]
    return accuracy(network, make_adversarial(network, images, labels, AttackConfig(epsilon=epsilon, steps=10)), labels)


@pytest.mark.slow
def test_v9_it_withstands_an_attack_that_an_ordinary_network_falls_for():
    config = {"epochs": 8, "batch": 20, "optimizer": "adam", "learning_rate": 0.003, "epsilon": 0.2}
    left = {}
    for attack in ("none", "fgsm"):
        network = fresh()
        for _ in train(network, real_digits(400), HELD_OUT, TrainConfig(**config, attack=attack)):
            pass
        left[attack] = under_attack(network, 0.15)
    assert left["fgsm"] > left["none"] + 0.15, left


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", ["talk", "small, batch norm"])
def test_v9_the_same_seed_trains_the_same_network_whatever_the_global_generator_says(attack, name):
    """The talk's network has dropout, which draws from the same generator as the random starts."""
    torch.manual_seed(1)
    one = learn(fresh(name), attack=attack)
    torch.manual_seed(2)
    assert equal(one, learn(fresh(name), attack=attack))
    assert not equal(one, learn(fresh(name), attack=attack, seed=7))
    assert not equal(one, learn(fresh(name)))


@pytest.mark.parametrize("taken", [2, 3])
@pytest.mark.parametrize("name", ["talk", "small, batch norm"])
def test_v9_a_resumed_training_ends_bit_by_bit_like_an_uninterrupted_one(name, taken):
    """Interrupted at the end of the first epoch, or in the middle of the second, of which nothing is left."""
    settings = {"attack": "fgsm", "attacked": 0.5, "epochs": 3}
    whole, state = learn(fresh(name), **settings), TrainState()
    interrupted = learn(fresh(name), state, steps=taken, **settings)
    assert state.epoch == 1 and not equal(interrupted, whole)
    assert equal(learn(fresh(name), state, **settings), whole)


def test_v9_without_an_attack_neither_its_epsilon_nor_its_share_changes_anything():
    assert equal(learn(fresh("talk"), epsilon=0.5, attacked=0.1), learn(fresh("talk")))


@pytest.mark.parametrize("share", [0.25, 1.0])
@pytest.mark.parametrize("attack", ATTACKS)
def test_v9_a_share_of_the_batch_is_attacked_within_epsilon_and_the_rest_stays_as_it_is(attack, share):
    network, index = fresh("talk").eval(), torch.arange(16)
    before, images = copy.deepcopy(network.state_dict()), DIGITS.images(index)
    config = TrainConfig(attack=attack, epsilon=0.1, attacked=share)
    noisy = with_attacks(DIGITS.images, DIGITS.labels, network, config)(index)
    changed = (noisy - images).abs().amax((1, 2, 3))
    assert noisy.min() >= 0 and noisy.max() <= 1 and changed.max() <= 0.1 + 1e-6
    assert ((changed > 0) == (index < 16 * share)).all()
    after = network.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_v9_every_batch_has_other_random_starts_and_dropout_is_off_only_meanwhile():
    network, index = fresh("talk").train(), torch.arange(16)
    read = with_attacks(DIGITS.images, DIGITS.labels, network, TrainConfig(attack="fgsm", epsilon=0.1))
    torch.manual_seed(0)
    first, second = read(index), read(index)
    assert not torch.equal(first, second)
    assert mode_dependent_modules(network) and all(module.training for module in mode_dependent_modules(network))
    torch.manual_seed(0)
    assert torch.equal(read(index), first), "dropout drew in between, or something left to chance read the digits"


def test_v9_a_head_on_frozen_features_is_refused_in_one_sentence():
    network = with_inversion(fresh("talk"), "complement")
    freeze(network)
    with pytest.raises(ValueError, match=r"^Adversarial training changes pictures, but with all convolutions frozen"):
        learn(network, attack="fgsm")
    learn(network)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"attack": "bim"}, "Choose none or fgsm or pgd, not 'bim'."),
        ({"epsilon": 0.0}, "Epsilon must be above 0 and at most 1, as pixels go, not 0.0."),
        ({"epsilon": float("nan")}, "Epsilon must be above 0"),
        ({"epsilon": 1.5}, "Epsilon must be above 0"),
        ({"slow_epochs": -1}, "Slow epochs must be a whole number from 0 on, not -1."),
        ({"slow_epochs": 0.5}, "Slow epochs must be a whole number"),
        ({"attacked": 0.0}, "The share that is attacked must be above 0 and at most 1, not 0.0."),
    ],
)
def test_v9_settings_that_make_no_sense_are_one_sentence(settings, said):
    with pytest.raises(ValueError) as refused:
        TrainConfig(**settings)
    assert str(refused.value).startswith(said)


def test_the_last_epochs_learn_slowly_when_asked_to_also_when_resumed():
    def rates(state: TrainState, steps: int) -> list[float]:
        config = TrainConfig(**{**SHORT, "epochs": 3, "report_every": 99}, slow_epochs=2, learning_rate=0.1)
        running = train(fresh(), DIGITS, HELD_OUT, config, state=state)
        return [step.learning_rate for step in islice(running, steps)]

    state = TrainState()
    assert rates(state, 2) == [0.1, 0.01] and state.epoch == 2
    assert rates(state, 9) == [0.01]


# As a job


def test_v9_the_preset_is_a_plan_that_a_job_reads_back():
    preset = PRESETS["adversarial training"]
    assert preset.config.attack == "fgsm"
    assert read_plan(preset.to_settings()).config == preset.config


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"attack": "pgd", "epochs": 30}, "30 epochs of 50,000 digits, each 8 times the work for its attack, are more"),
        ({"attack": "fgsm", "epochs": 40}, "40 epochs of 50,000 digits, each 2 times the work"),
        ({"attack": "fgsm"}, "Adversarial training changes pictures"),
    ],
)
def test_v9_a_job_that_takes_too_long_or_has_nothing_to_attack_is_one_sentence(config, said, monkeypatch):
    monkeypatch.setattr("core.digits.datasets.is_available", lambda name: True)
    frozen = [] if config.get("epochs") else ["features"]
    architecture = ARCHITECTURES["small"].to_dict()
    with pytest.raises(ValueError) as refused:
        check({"architecture": architecture, "config": config, "frozen": frozen})
    assert str(refused.value).startswith(said)


@pytest.mark.slow
def test_v9_the_page_says_what_is_attacked_and_refuses_what_cannot_be():
    app = open_page("train")
    app.selectbox(key="train preset").set_value("adversarial training")
    assert "each digit attacked first (FGSM, epsilon 0.25)" in text_of(rerun(app))
    assert not app.warning and not app.button(key="train go").disabled
    app.selectbox(key="train attack").set_value("none")
    assert "attacked first" not in text_of(rerun(app)) and app.number_input(key="train epsilon").disabled
    app.selectbox(key="train attack").set_value("pgd")
    rerun(app)
    app.number_input(key="train epsilon").set_value(0.0)
    assert rerun(app).warning[0].value.startswith("Epsilon must be above 0 and at most 1")
    assert app.button(key="train go").disabled
