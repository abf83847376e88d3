"""What is one attack's own: FGSM's step, PGD's start, the sticker's region, the small change of L-BFGS."""

from dataclasses import replace

import pytest
import torch

from core.adversarial.attack import loss_and_gradient, pool_before_relu
from core.adversarial.config import DEFAULTS, AttackConfig
from core.adversarial.gradient_attacks import fgsm, make_adversarial, pgd
from core.adversarial.lbfgs import lbfgs
from core.adversarial.sticker import StickerStep, sticker
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from tests.attack_cases import REGION, attacked, digits, network


def test_v5_fgsm_moves_every_pixel_with_a_gradient_by_epsilon():
    images, labels = digits()
    last = list(fgsm(network(), images, labels, AttackConfig(epsilon=0.1)))[-1]
    slope = loss_and_gradient(network(), images, labels).gradient
    assert torch.equal(last.images, (images + 0.1 * slope.sign()).clamp(0, 1))


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
