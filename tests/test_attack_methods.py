"""What is one attack's own: FGSM's step, PGD's start, the sticker's region, the small changes of three others."""

from dataclasses import replace
from itertools import combinations

import pytest
import torch

from core.adversarial.attack import loss_and_gradient, pool_before_relu
from core.adversarial.carlini_wagner import carlini_wagner
from core.adversarial.config import DEFAULTS, AttackConfig
from core.adversarial.gradient_attacks import fgsm, make_adversarial, pgd
from core.adversarial.jsma import best_pair, jsma
from core.adversarial.lbfgs import lbfgs
from core.adversarial.sticker import StickerStep, sticker
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.networks.evaluation import lead
from tests.attack_cases import REGION, ROWS, attacked, digits, network


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


def other_digits(target):
    """Return four digits that the network does not read as the target."""
    images, labels = digits()
    others = network().predict(images).argmax(1) != target
    return images[others][:4], labels[others][:4]


def lengths(step):
    return step.perturbation.flatten(1).norm(dim=1)


def test_cw_changes_less_in_total_than_any_attack_that_follows_the_gradient():
    images, labels = other_digits(8)
    *_, ours = carlini_wagner(network(), images, labels, replace(DEFAULTS["cw"], target=8))
    *_, other = pgd(network(), images, labels, AttackConfig(norm="l2", epsilon=5.0, target=8))
    assert ours.succeeded and (lengths(ours) < lengths(other)).all()


def test_cw_ends_with_the_smallest_change_of_all_its_steps():
    steps = attacked("C&W")
    tried = torch.stack([lengths(step).where(step.fooled, torch.inf) for step in steps[1:-1]])
    found = tried.amin(0).isfinite()
    assert found.sum() >= 6 and torch.equal(lengths(steps[-1])[found], tried.amin(0)[found])


def test_cw_with_confidence_makes_the_logit_of_the_target_lead_by_it():
    images, labels = other_digits(8)
    *_, last = carlini_wagner(network(), images, labels, replace(DEFAULTS["cw"], target=8, confidence=5.0))
    assert (lead(network()(last.images), torch.full_like(labels, 8)) >= 5 - 1e-4).all()


def test_cw_minimises_l2_itself_and_takes_no_limit_in_it():
    with pytest.raises(ValueError, match="limit its pixels instead"):
        next(carlini_wagner(network(), *digits(), AttackConfig(norm="l2")))


def saliency_map(victim, image, target, theta):
    """Return the pair with the greatest saliency, by the paper's definition over all pairs, from the whole Jacobian."""
    jacobian = torch.autograd.functional.jacobian(lambda pixels: victim(pixels)[0], image)[:, 0, 0].flatten(1)
    jacobian = jacobian if theta > 0 else -jacobian
    goal = jacobian[target].tolist()
    others = (jacobian.sum(0) - jacobian[target]).tolist()
    usable = [at for at, ink in enumerate(image.flatten().tolist()) if (ink < 1 if theta > 0 else ink > 0)]
    best, pair = 0.0, None
    for one, two in combinations(usable, 2):
        up, down = goal[one] + goal[two], others[one] + others[two]
        if up > 0 > down and -up * down > best:
            best, pair = -up * down, {one, two}
    return pair


@pytest.mark.parametrize("theta", [1.0, -1.0])
def test_jsma_changes_the_pairs_of_the_paper_s_saliency_map(theta):
    victim = build(ARCHITECTURES["small"], seed=3).eval().double()
    image, label = digits()[0][:1].double(), digits()[1][:1]
    target = int(victim(image).argmin())
    steps = list(jsma(victim, image, label, AttackConfig(epsilon=1.0, steps=2, target=target, theta=theta)))
    for before, after in zip(steps, steps[1:], strict=False):
        changed = (after.images != before.images).flatten().nonzero()[:, 0].tolist()
        assert set(changed) == saliency_map(victim, before.images, target, theta)


@pytest.mark.parametrize("name", ["JSMA adds ink", "JSMA removes ink"])
def test_jsma_changes_two_pixels_a_step_all_in_one_direction_until_the_target_is_read(name):
    steps, config = attacked(name), ROWS[name].config
    for before, after in zip(steps, steps[1:], strict=False):
        changed = (after.images != before.images).flatten(1).sum(1)
        assert set(changed[~before.fooled].tolist()) <= {0, 2} and not changed[before.fooled].any()
    assert (steps[-1].perturbation * config.theta >= 0).all()
    assert steps[-1].changed_pixels.max() <= 2 * config.steps


def test_jsma_stops_where_no_pair_leads_to_the_target():
    assert not best_pair(torch.tensor([1.0, 1.0]), torch.tensor([1.0, 1.0]), torch.tensor([True, True])).any()
    assert not best_pair(torch.ones(2), -torch.ones(2), torch.tensor([True, False])).any()
    images, labels = other_digits(8)
    *_, last = jsma(network(), images, labels, AttackConfig(epsilon=0.01, steps=800, target=8))
    assert not last.fooled.any() and last.step == last.steps < 800


def test_jsma_changes_far_fewer_pixels_than_an_attack_with_a_small_total():
    images, labels = other_digits(8)
    *_, few = jsma(network(), images, labels, replace(DEFAULTS["jsma"], target=8))
    *_, small = lbfgs(network(), images, labels, replace(DEFAULTS["lbfgs"], target=8))
    assert few.succeeded and (2 * few.changed_pixels < small.changed_pixels).all()


def test_jsma_needs_a_target_and_no_limit_in_l2():
    with pytest.raises(ValueError, match="choose a target"):
        next(jsma(network(), *digits(), DEFAULTS["jsma"]))
    with pytest.raises(ValueError, match="limit each of them instead"):
        next(jsma(network(), *digits(), AttackConfig(norm="l2", target=3)))
