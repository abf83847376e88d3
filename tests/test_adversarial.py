"""Attacks on single digits: what holds for all of them, and what is refused."""

import threading

import pytest
import torch

from core.adversarial.config import DEFAULTS, PRESETS, AttackConfig, default_config
from core.adversarial.gradient_attacks import make_adversarial, pgd
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.restoration.restorer import Restorer
from core.zoo import checkpoints
from tests.attack_cases import ROWS, attacked, digits, network, read
from tests.sample_digits import made_digits

EVERY = pytest.mark.parametrize("name", ROWS)


@EVERY
def test_the_pictures_stay_within_0_to_1_and_within_epsilon(name):
    config = ROWS[name].config
    for step in attacked(name):
        change = step.perturbation
        size = change.abs().max() if config.norm == "linf" else change.flatten(1).norm(dim=1).max()
        assert size <= config.epsilon + 1e-6
        assert step.images.min() >= 0 and step.images.max() <= 1


@EVERY
def test_it_begins_with_the_untouched_digits_and_ends_with_its_last_step(name):
    steps = attacked(name)
    assert torch.equal(steps[0].images, digits()[0]) and steps[0].step == 0
    assert [step.step for step in steps] == sorted({step.step for step in steps})
    assert steps[-1].step == steps[-1].steps


@EVERY
def test_more_digits_are_misread_than_before(name):
    steps = attacked(name)
    assert steps[-1].fooled.sum() > steps[0].fooled.sum()
    assert torch.equal(steps[0].fooled, steps[-1].fooled_at_start)


@EVERY
def test_every_record_says_what_the_network_reads_in_its_pictures(name):
    row, (_, labels) = ROWS[name], digits()
    for step in attacked(name)[:: max(1, len(attacked(name)) // 4)]:
        probabilities = network().predict(step.images)
        assert torch.allclose(step.probabilities, probabilities, atol=1e-5)
        goals = row.config.loss_classes(labels)
        assert torch.allclose(step.losses.neg().exp(), probabilities[torch.arange(len(labels)), goals], atol=1e-5)
        assert torch.equal(step.fooled, row.config.is_adversarial(read(step.images), labels))


@EVERY
def test_the_network_is_unchanged_bit_by_bit_and_keeps_no_gradient(name):
    victim = checkpoints.load_classifier("standard").requires_grad_(True)  # even one that could learn
    before = {key: tensor.clone() for key, tensor in victim.state_dict().items()}
    images, labels = digits()
    for _ in ROWS[name].steps(images, labels, victim, steps=2):
        pass
    assert all(torch.equal(before[key], tensor) for key, tensor in victim.state_dict().items())
    assert all(parameter.grad is None for parameter in victim.parameters())
    assert list(victim.state_dict()) == list(before)


@EVERY
def test_the_same_seed_gives_the_same_pictures_whatever_else_draws_at_random(name):
    torch.manual_seed(len(name))
    again = list(ROWS[name].steps(*digits()))
    assert all(torch.equal(one.images, other.images) for one, other in zip(again, attacked(name), strict=True))


@pytest.mark.parametrize("name", ["PGD V6", "PGD in L2 V6", "sticker V7"])
def test_another_seed_gives_other_pictures(name):
    other = list(ROWS[name].steps(*digits(), seed=1))
    assert not torch.equal(other[-1].images, attacked(name)[-1].images)


@EVERY
def test_epsilon_0_changes_nothing(name):
    images, labels = digits()
    for step in ROWS[name].steps(images, labels, epsilon=0.0):
        assert torch.equal(step.images, images) and torch.equal(step.fooled, step.fooled_at_start)


@EVERY
def test_closing_early_leaves_nothing_running_and_no_mode_behind(name):
    threads = threading.active_count()
    with torch.no_grad():  # as pages and others that only read may have it
        steps = ROWS[name].steps(*digits())
        assert not next(steps).images.requires_grad
        assert not next(steps).images.requires_grad
        assert not torch.is_grad_enabled()
        steps.close()
        assert next(steps, None) is None
    assert torch.is_grad_enabled() and threading.active_count() == threads


@EVERY
def test_records_and_the_given_pictures_stay_as_they_were(name):
    images, labels = digits()
    given, kept = images.clone(), []
    for step in ROWS[name].steps(given, labels):
        kept.append((step, step.images.clone()))
    assert torch.equal(given, images)
    assert all(torch.equal(step.images, snapshot) for step, snapshot in kept)


@EVERY
def test_a_digit_that_is_misread_already_is_reported_as_such(name):
    images, labels = digits()
    target = ROWS[name].config.target
    wrong = labels.clone()
    if target is None:
        wrong[3] = (network().predict(images[3:4]).argmax() + 1) % 10
    else:
        images = torch.cat([images[:3], attacked(name)[-1].images[attacked(name)[-1].fooled][:1], images[4:]])
    first = next(ROWS[name].steps(images, wrong))
    assert first.fooled_at_start[3] and not first.fooled_at_start.all()


BAD = {
    "blank": (lambda images: torch.zeros_like(images), "blank"),
    "all ink": (lambda images: torch.ones_like(images), "nothing but ink"),
    "not a number": (lambda images: images.where(images < 0.5, torch.nan), "no numbers"),
    "too bright": (lambda images: 2 * images, "outside 0 to 1"),
    "no batch": (lambda images: images[0], r"\(N, 1, 28, 28\)"),
    "no picture": (lambda images: images[:0], r"\(N, 1, 28, 28\)"),
}


@EVERY
@pytest.mark.parametrize("bad", BAD)
def test_a_picture_that_is_no_digit_is_refused_in_one_sentence(name, bad):
    images, labels = digits()
    spoil, sentence = BAD[bad]
    with pytest.raises(ValueError, match=sentence) as refusal:
        next(ROWS[name].steps(spoil(images), labels))
    assert str(refusal.value).endswith(".") and "\n" not in str(refusal.value)


@EVERY
def test_what_cannot_be_attacked_is_refused_in_one_sentence(name):
    images, labels = digits()
    with pytest.raises(ValueError, match="carry the digits over"):
        next(ROWS[name].steps(images, labels, Restorer(network(), made_digits(20), neighbours=2)))
    with pytest.raises(ValueError, match="still learning"):
        next(ROWS[name].steps(images, labels, build(ARCHITECTURES["talk"])))
    with pytest.raises(ValueError, match="as many labels"):
        next(ROWS[name].steps(images, labels[:3]))
    with pytest.raises(ValueError, match="classes 0 to 9, not 12"):
        next(ROWS[name].steps(images, labels, target=12))


def test_a_target_that_is_read_already_is_refused():
    images, labels = digits()
    read_as = int(network().predict(images[:1]).argmax())
    with pytest.raises(ValueError, match=f"reads a {read_as} already: choose another target"):
        next(pgd(network(), images[:1], labels[:1], AttackConfig(target=read_as)))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"epsilon": -0.1}, "Epsilon must be a number of at least 0, not -0.1."),
        ({"epsilon": float("nan")}, "Epsilon must be a number of at least 0, not nan."),
        ({"epsilon": float("inf")}, "Epsilon must be a number of at least 0, not inf."),
        ({"steps": 0}, "An attack needs at least 1 step, not 0."),
        ({"steps": 10_001}, "An attack takes at most 10,000 steps, not 10,001."),
        ({"step_size": 0.0}, "The step size must be a number above 0, not 0.0."),
        ({"step_size": float("nan")}, "The step size must be a number above 0, not nan."),
        ({"norm": "l1"}, "Choose linf or l2, not 'l1'."),
        ({"target": -1}, "The target must be a class, not -1."),
        ({"confidence": -1.0}, "The confidence must be a number of at least 0, not -1.0."),
        ({"weight": 0.0}, "The weight c must be a number above 0, not 0.0."),
        ({"theta": 0.0}, "Theta must be between -1 and 1, and not 0; it is 0.0."),
        ({"theta": float("nan")}, "Theta must be between -1 and 1, and not 0; it is nan."),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_sentence(settings, sentence):
    with pytest.raises(ValueError) as refusal:
        AttackConfig(**settings)
    assert str(refusal.value) == sentence


def test_v5_v6_the_presets_are_the_papers_and_every_method_has_its_own_settings():
    assert PRESETS["panda, 0.007"].epsilon == 0.007
    assert [PRESETS[f"{n} of 255"].epsilon for n in (4, 8)] == [4 / 255, 8 / 255]
    assert list(DEFAULTS) == ["fgsm", "pgd", "lbfgs", "cw", "jsma", "sticker"]


@pytest.mark.parametrize("method", DEFAULTS)
def test_v5_v6_another_norm_has_an_epsilon_of_its_own(method):
    assert default_config(method) == default_config(method, "linf") == DEFAULTS[method]
    other = default_config(method, "l2")
    assert (other.norm, other.epsilon) == ("l2", 2.0) and other.steps == DEFAULTS[method].steps


@pytest.mark.parametrize("name", ["BIM V6", "PGD V6", "PGD in L2 V6", "PGD to a target V6"])
def test_v9_perturb_ends_where_pgd_ends(name):
    assert torch.equal(make_adversarial(network(), *digits(), ROWS[name].config), attacked(name)[-1].images)


def test_v9_perturb_with_a_generator_starts_elsewhere_every_time():
    generator, config = torch.Generator().manual_seed(0), ROWS["PGD V6"].config
    one, two = (make_adversarial(network(), *digits(), config, generator=generator) for _ in range(2))
    assert not torch.equal(one, two)
