"""Attacks on single digits: what holds for all of them, as a table, and what is each one's own. The oracle: foolbox."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import foolbox
import pytest
import torch
from foolbox.attacks import (
    L2FastGradientAttack,
    L2ProjectedGradientDescentAttack,
    LinfFastGradientAttack,
    LinfProjectedGradientDescentAttack,
)
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.adversarial.attack import AttackStep, loss_and_gradient, pool_before_relu
from core.adversarial.config import DEFAULTS, PRESETS, AttackConfig, default_config
from core.adversarial.gradient_attacks import fgsm, make_adversarial, normalize_gradient, pgd
from core.adversarial.lbfgs import lbfgs
from core.adversarial.sticker import StickerStep, sticker
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.networks.evaluation import predict
from core.pmnist.masks import rectangle
from core.restoration.restorer import Restorer
from core.zoo import checkpoints
from tests.sample_digits import made_digits, real_digits

REGION = rectangle(2, 8, 26, 16)


@cache
def network() -> Classifier:
    return checkpoints.load_classifier("standard")


@cache
def digits() -> tuple[Tensor, Tensor]:
    chosen = real_digits(12)
    return chosen.images(), chosen.labels


def read(images: Tensor) -> Tensor:
    return predict(network(), images).argmax(1)


@dataclass(frozen=True)
class Row:
    """One attack as it is tried here."""

    attack: Any
    config: AttackConfig
    more: tuple[tuple[str, Any], ...] = ()

    def steps(self, images: Tensor, labels: Tensor, victim: Any = None, **changes: Any) -> Iterator[AttackStep]:
        return self.attack(victim or network(), images, labels, replace(self.config, **changes), **dict(self.more))


ROWS = {
    "FGSM V5": Row(fgsm, AttackConfig(epsilon=0.2)),
    "FGSM in L2 V5": Row(fgsm, AttackConfig(norm="l2", epsilon=3.0)),
    "FGSM to a target V5": Row(fgsm, AttackConfig(epsilon=0.3, target=8)),
    "BIM V6": Row(pgd, AttackConfig(epsilon=0.2, steps=5)),
    "PGD V6": Row(pgd, AttackConfig(epsilon=0.2, steps=5, random_start=True)),
    "PGD in L2 V6": Row(pgd, AttackConfig(norm="l2", epsilon=2.0, steps=6, random_start=True)),
    "PGD to a target V6": Row(pgd, AttackConfig(epsilon=0.3, steps=6, target=8)),
    "sticker V7": Row(sticker, AttackConfig(epsilon=0.9, step_size=0.3, steps=4), (("mask", REGION),)),
    "L-BFGS V8": Row(lbfgs, AttackConfig(epsilon=0.8, steps=6, target=8)),
}
EVERY = pytest.mark.parametrize("name", ROWS)


@cache
def attacked(name: str) -> list[AttackStep]:
    """Run a row once for all tests that only look at its records."""
    return list(ROWS[name].steps(*digits()))


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
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_sentence(settings, sentence):
    with pytest.raises(ValueError) as refusal:
        AttackConfig(**settings)
    assert str(refusal.value) == sentence


def test_v5_v6_the_presets_are_the_papers_and_every_method_has_its_own_settings():
    assert PRESETS["panda, 0.007"].epsilon == 0.007
    assert [PRESETS[f"{n} of 255"].epsilon for n in (4, 8)] == [4 / 255, 8 / 255]
    assert list(DEFAULTS) == ["fgsm", "pgd", "lbfgs", "sticker"]


@pytest.mark.parametrize("method", DEFAULTS)
def test_v5_v6_another_norm_has_an_epsilon_of_its_own(method):
    assert default_config(method) == default_config(method, "linf") == DEFAULTS[method]
    other = default_config(method, "l2")
    assert (other.norm, other.epsilon) == ("l2", 2.0) and other.steps == DEFAULTS[method].steps


# Each one's own


def test_v5_fgsm_moves_every_pixel_with_a_gradient_by_epsilon():
    images, labels = digits()
    last = list(fgsm(network(), images, labels, AttackConfig(epsilon=0.1)))[-1]
    slope = loss_and_gradient(network(), images, labels).gradient
    assert torch.equal(last.images, (images + 0.1 * slope.sign()).clamp(0, 1))


@pytest.mark.parametrize("name", ["BIM V6", "PGD V6", "PGD in L2 V6", "PGD to a target V6"])
def test_v9_perturb_ends_where_pgd_ends(name):
    assert torch.equal(make_adversarial(network(), *digits(), ROWS[name].config), attacked(name)[-1].images)


def test_v9_perturb_with_a_generator_starts_elsewhere_every_time():
    generator, config = torch.Generator().manual_seed(0), ROWS["PGD V6"].config
    one, two = (make_adversarial(network(), *digits(), config, generator=generator) for _ in range(2))
    assert not torch.equal(one, two)


def test_a_random_start_in_l2_is_spread_over_the_whole_ball():
    """In so many dimensions nearly all of a ball is near its surface: in 784, half of it beyond 0.9991 of the way."""
    gray = torch.full((200, 1, 28, 28), 0.5)
    config = AttackConfig(norm="l2", epsilon=1.0, steps=1, step_size=1e-9, random_start=True)
    spread = (
        (make_adversarial(network(), gray, torch.zeros(200, dtype=torch.long), config) - gray).flatten(1).norm(dim=1)
    )
    assert 0.9985 < spread.median() < 0.9996 and spread.max() <= 1 + 1e-5


@pytest.mark.parametrize("architecture", ["assignment", "small", "small, batch norm", "published"])
def test_pooling_before_the_activation_changes_no_bit(architecture):
    plain = build(ARCHITECTURES[architecture], seed=1).eval()
    images, labels = digits()
    one, other = loss_and_gradient(plain, images, labels), loss_and_gradient(pool_before_relu(plain), images, labels)
    assert all(torch.equal(*pair) for pair in zip(one, other, strict=True))
    moved = [kind.rstrip("12") for kind, _ in pool_before_relu(plain).features.named_children()]
    swapped = architecture in ("assignment", "small")
    assert (moved[1:4] == ["conv", "pool", "relu"]) == (swapped or architecture == "published")


def test_v7_the_sticker_stays_in_its_region_and_survives_views_that_it_was_not_made_with():
    steps = attacked("sticker V7")
    kept = REGION.expand(steps[-1].images.shape)
    assert torch.equal(steps[-1].images[kept], steps[0].images[kept])
    assert all(isinstance(step, StickerStep) for step in steps)
    assert steps[-1].fooled_share.mean() > steps[0].fooled_share.mean() + 0.2
    assert steps[-1].views.shape == (8, 12, 1, 28, 28)
    assert not torch.equal(steps[-1].views[0], steps[-1].views[1])


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (torch.ones(28, 28, dtype=torch.bool), "no room"),
        (torch.zeros(27, 28, dtype=torch.bool), "28 x 28"),
        (torch.zeros(28, 28), "bool mask"),
    ],
)
def test_v7_a_sticker_without_a_place_is_refused(mask, sentence):
    with pytest.raises(ValueError, match=sentence):
        next(sticker(network(), *digits(), mask=mask))


def test_v8_lbfgs_finds_a_smaller_change_than_any_attack_that_follows_the_gradient():
    images, labels = (part[:3] for part in digits())
    target = 8
    ours = list(lbfgs(network(), images, labels, replace(DEFAULTS["lbfgs"], target=target, steps=25)))[-1]
    other = list(pgd(network(), images, labels, AttackConfig(norm="l2", epsilon=5.0, target=target)))[-1]
    assert ours.succeeded
    assert (ours.perturbation.flatten(1).norm(dim=1) < other.perturbation.flatten(1).norm(dim=1)).all()


def test_v8_lbfgs_that_fails_shows_its_last_attempt():
    images, labels = (part[:1] for part in digits())
    last = list(lbfgs(network(), images, labels, AttackConfig(epsilon=0.02, steps=5, target=8)))[-1]
    assert not last.succeeded and last.perturbation.abs().max() == pytest.approx(0.02, abs=1e-6)


def test_v8_lbfgs_wants_a_target_and_no_limit_in_l2():
    with pytest.raises(ValueError, match="choose a target"):
        next(lbfgs(network(), *digits(), DEFAULTS["lbfgs"]))
    with pytest.raises(ValueError, match="limit its pixels instead"):
        next(lbfgs(network(), *digits(), AttackConfig(norm="l2", target=3)))


# Against foolbox


ORACLES = {
    "FGSM": (fgsm, LinfFastGradientAttack(), AttackConfig(epsilon=0.1)),
    "FGSM in L2": (fgsm, L2FastGradientAttack(), AttackConfig(norm="l2", epsilon=2.0)),
    "PGD": (
        pgd,
        LinfProjectedGradientDescentAttack(abs_stepsize=0.02, steps=10, random_start=False),
        AttackConfig(epsilon=0.1, step_size=0.02, steps=10),
    ),
    "PGD in L2": (
        pgd,
        L2ProjectedGradientDescentAttack(abs_stepsize=0.3, steps=10, random_start=False),
        AttackConfig(norm="l2", epsilon=2.0, step_size=0.3, steps=10),
    ),
}


def exact_loss(model: Any, labels: Any) -> Any:
    """Return Foolbox's loss without rounding: p is not computed, and its gradient is longer than Foolbox's 1e-12."""
    own = torch.nn.functional.one_hot(labels.raw, 10).bool()

    def loss(inputs: Any) -> Any:
        logits = model(inputs).raw
        others = (logits - logits[own][:, None]).exp().where(~own, 0)
        return type(inputs)(1e30 * others.sum(1).log1p().sum())  # a tensor of Foolbox's

    return loss


@pytest.mark.parametrize("name", ORACLES)
def test_v5_v6_we_end_with_foolbox_s_pictures(name, monkeypatch):
    """With an exact loss: Foolbox's own is rounded where a network is sure, in double precision from 1 - e^-30 on."""
    attack, theirs, config = ORACLES[name]
    victim = checkpoints.load_classifier("standard").double()
    images, labels = digits()
    images = images.double()
    last = list(attack(victim, images, labels, config))[-1]
    monkeypatch.setattr(theirs, "get_loss_fn", exact_loss)
    model = foolbox.PyTorchModel(victim, bounds=(0, 1), device="cpu")
    _, pictures, success = theirs(model, images, labels, epsilons=config.epsilon)
    assert (last.images - pictures).abs().max() < 1e-5
    assert torch.equal(last.fooled, success)


SURE = "synergy"  # adds the logits of two networks


@cache
def sure_digits() -> tuple[Tensor, Tensor]:
    """Return digits of which the network is so sure that its cross-entropy's gradient is shorter than 1e-12."""
    few = real_digits(60)
    images, labels = few.images().requires_grad_(True), few.labels
    loss = cross_entropy(checkpoints.load_classifier(SURE)(images), labels, reduction="sum")
    stalls = torch.autograd.grad(loss, images)[0].flatten(1).norm(dim=1) < 1e-12
    return images.detach()[stalls], labels[stalls]


@pytest.mark.mnist
@pytest.mark.parametrize("name", ["FGSM in L2", "PGD in L2"])
def test_v5_v6_where_a_network_is_sure_we_end_with_foolbox_s_pictures_in_double_precision(name, monkeypatch):
    attack, theirs, config = ORACLES[name]
    images, labels = sure_digits()
    assert len(images) >= 20
    last = list(attack(checkpoints.load_classifier(SURE), images, labels, config))[-1]
    model = foolbox.PyTorchModel(checkpoints.load_classifier(SURE).double(), bounds=(0, 1), device="cpu")
    monkeypatch.setattr(theirs, "get_loss_fn", exact_loss)
    _, pictures, success = theirs(model, images.double(), labels, epsilons=config.epsilon)
    assert (last.images - pictures).abs().max() < 1e-3
    assert torch.equal(last.fooled, success)


@pytest.mark.mnist
def test_v5_every_l2_step_has_length_epsilon_however_sure_the_network_is():
    images, labels = sure_digits()
    gradient = loss_and_gradient(checkpoints.load_classifier(SURE), images, labels).log_odds_gradient
    for scale in (1.0, 1e-30):
        lengths = normalize_gradient(scale * gradient, AttackConfig(norm="l2")).flatten(1).norm(dim=1)
        assert torch.allclose(lengths, torch.ones_like(lengths), atol=1e-5)
    assert not normalize_gradient(torch.zeros_like(gradient), AttackConfig(norm="l2")).any()


@pytest.mark.mnist
def test_v6_an_l2_attack_fools_most_digits_of_which_a_network_is_sure():
    images, labels = sure_digits()
    *_, last = pgd(checkpoints.load_classifier(SURE), images, labels, PRESETS["length 2"])
    assert last.fooled.float().mean() > 0.6


def test_the_gradient_is_that_of_the_cross_entropy():
    images, labels = digits()
    victim, pixels = checkpoints.load_classifier("standard").double(), images.double().requires_grad_(True)
    expected = torch.autograd.grad(cross_entropy(victim(pixels), labels, reduction="sum"), pixels)[0]
    found = loss_and_gradient(victim, pixels, labels)
    assert torch.allclose(found.gradient, expected, rtol=1e-5, atol=1e-15)
    assert torch.allclose(found.losses, cross_entropy(victim(pixels), labels, reduction="none"), rtol=1e-6, atol=1e-15)
