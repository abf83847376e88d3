"""Attacks on single digits against Foolbox, and their gradients against PyTorch, also where a network is sure."""

from functools import cache
from typing import Any

import foolbox
import pytest
import torch
from foolbox.attacks import (
    L2CarliniWagnerAttack,
    L2FastGradientAttack,
    L2ProjectedGradientDescentAttack,
    LinfFastGradientAttack,
    LinfProjectedGradientDescentAttack,
)
from foolbox.criteria import TargetedMisclassification
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.adversarial.attack import loss_and_gradient
from core.adversarial.carlini_wagner import ROUNDS, carlini_wagner
from core.adversarial.config import PRESETS, AttackConfig
from core.adversarial.gradient_attacks import fgsm, normalize_gradient, pgd
from core.zoo import checkpoints
from tests.attack_cases import digits
from tests.sample_digits import real_digits

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


@pytest.mark.parametrize("target", [None, 8])
@pytest.mark.parametrize("confidence", [0.0, 2.0])
def test_cw_finds_foolbox_s_pictures_wherever_foolbox_finds_one(target, confidence):
    victim = checkpoints.load_classifier("standard").double()
    images, labels = digits()
    config = AttackConfig(epsilon=1.0, step_size=0.2, steps=15, target=target, confidence=confidence)
    *_, last = carlini_wagner(victim, images.double(), labels, config)
    theirs = L2CarliniWagnerAttack(
        ROUNDS, steps=15, stepsize=0.2, initial_const=1, abort_early=False, confidence=confidence
    )
    model = foolbox.PyTorchModel(victim, bounds=(0, 1), device="cpu")
    goals = labels if target is None else TargetedMisclassification(torch.full_like(labels, target))
    pictures, *_ = theirs(model, images.double(), goals, epsilons=None)
    found = pictures.flatten(1).any(1)  # foolbox leaves a picture blank where it finds none
    assert found.sum() >= 3 and last.fooled[found].all()
    assert (last.images[found] - pictures[found]).abs().max() < 1e-9


SURE = "synergy"  # adds the logits of two networks


@cache
def sure_digits() -> tuple[Tensor, Tensor]:
    """Return digits of which the network is so sure that its cross-entropy's gradient is shorter than 1e-12.

    A little noise: on a flat background all values of a pooling window are equal, and rounding, which differs from
    processor to processor, decides which of them the gradient goes to.
    """
    few = real_digits(60)
    noise = torch.rand(60, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    images, labels = (few.images() + 0.01 * noise).clamp(0, 1).requires_grad_(True), few.labels
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
