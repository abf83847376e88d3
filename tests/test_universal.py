"""Universal noise: one per class, all growing together, and what they do to digits that they never saw (V1 to V4)."""

import threading
from functools import cache

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.adversarial.universal import (
    VALIDATION_DIGITS,
    UniversalConfig,
    UniversalStep,
    add_noise,
    costs_and_gradient,
    measure_noise,
    nine_examples,
    universal_noise,
)
from core.networks.classifier import Classifier
from core.restoration.restorer import Restorer
from core.zoo import checkpoints
from tests.sample_digits import made_digits, real_set

SMALL = UniversalConfig(steps=6, digits=60, batch=20, step_size=0.5)


@cache
def network() -> Classifier:
    return checkpoints.load_classifier("standard")


def run(config: UniversalConfig = SMALL, victim: Classifier | None = None) -> list[UniversalStep]:
    part = real_set()
    return list(universal_noise(victim or network(), part.train, part.validation, nine_examples(part.test), config))


@cache
def grown() -> list[UniversalStep]:
    """Run once for all tests that only look at the records."""
    return run()


def test_v1_the_noises_begin_at_zero_and_every_class_is_read_more_often():
    first, *_, last = grown()
    assert not first.noises.any() and [step.step for step in grown()] == list(range(SMALL.steps + 1))
    assert (last.costs < first.costs).all() and (last.validation_costs < first.validation_costs).all()
    assert last.shares.mean() > first.shares.mean() + 20
    assert last.accuracies.mean() < first.accuracies.mean() - 20


def test_v1_each_noise_descends_the_cost_of_its_class_and_is_what_it_would_be_alone():
    """Also where paper is blank: torch's own clamp passes no gradient at 0 itself, and no noise could begin there."""
    victim = checkpoints.load_classifier("standard").double()
    images, noises = real_set().train.images(slice(0, 7)).double(), grown()[-1].noises.double()
    costs, slopes = costs_and_gradient(victim, images, noises)
    for label, noise in enumerate(noises):
        alone = noise.clone().requires_grad_(True)
        cost = cross_entropy(victim((images + alone).clamp(-1e-12, 1 + 1e-12)), torch.full((len(images),), label))
        (slope,) = torch.autograd.grad(cost, alone)
        assert costs[label] == pytest.approx(cost.item(), rel=1e-4, abs=1e-6)
        apart = (slopes[label] - slope).abs() > 1e-6  # where maxima within a pooling are equal, rounding chooses one
        assert slope.any() and apart.float().mean() < 0.02


def test_v1_a_step_moves_against_the_gradient_of_its_digits():
    config = UniversalConfig(steps=1, digits=30, batch=30, step_size=0.1)
    first, last = run(config)
    chosen = torch.randperm(len(real_set().train), generator=torch.Generator().manual_seed(0))[:30]
    _, slopes = costs_and_gradient(network(), real_set().train.images(chosen), first.noises)
    assert torch.allclose(last.noises, (-0.1 * slopes).clamp(-1, 1), atol=1e-7)


def test_v2_cost_share_and_accuracy_are_what_the_network_reads_in_validation_digits():
    last, watched = grown()[-1], real_set().validation.first(VALIDATION_DIGITS)
    for label, noise in enumerate(last.noises):
        logits = network()((watched.images() + noise).clamp(0, 1))
        cost = cross_entropy(logits, torch.full((len(watched),), label))
        read_as = logits.argmax(1)
        assert last.validation_costs[label] == pytest.approx(float(cost), rel=1e-4, abs=1e-6)
        assert last.shares[label] == pytest.approx(100 * float((read_as == label).float().mean()))
        assert last.accuracies[label] == pytest.approx(100 * float((read_as == watched.labels).float().mean()))


def test_v3_there_is_one_noise_per_class_and_they_differ():
    for step in grown()[1:]:
        assert step.noises.shape == (10, 1, 28, 28) and step.noises.abs().max() <= 1
        assert len(step.noises.flatten(1).unique(dim=0)) == 10


def test_v4_nine_fixed_examples_are_read_with_every_noise():
    examples = nine_examples(real_set().test)
    assert examples.labels.tolist() == list(range(9))
    noisy = add_noise(examples.images(), grown()[-1].noises)
    assert noisy.shape == (10, 9, 1, 28, 28) and noisy.min() >= 0 and noisy.max() <= 1
    by_hand = network()(noisy.flatten(0, 1)).argmax(1).view(10, 9).T
    assert torch.equal(grown()[-1].readings, by_hand)
    clean = network()(examples.images()).argmax(1)
    assert torch.equal(grown()[0].readings, clean[:, None].expand(9, 10))


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_v1_with_a_limit_every_noise_stays_within_epsilon_and_with_epsilon_0_there_is_none(norm):
    epsilon = {"linf": 0.1, "l2": 1.0}[norm]
    config = UniversalConfig(norm=norm, epsilon=epsilon, steps=3, digits=20, batch=10, step_size=2.0)
    for step in run(config):
        size = step.noises.abs().amax() if norm == "linf" else step.noises.flatten(1).norm(dim=1).max()
        assert size <= epsilon + 1e-6
    nothing = run(UniversalConfig(norm=norm, epsilon=0.0, steps=1, digits=20, batch=10))[-1]
    assert not nothing.noises.any()


def test_v1_the_network_is_unchanged_bit_by_bit_and_keeps_no_gradient():
    victim = checkpoints.load_classifier("standard").requires_grad_(True)
    before = {key: tensor.clone() for key, tensor in victim.state_dict().items()}
    run(UniversalConfig(steps=1, digits=10, batch=10), victim)
    assert all(torch.equal(before[key], tensor) for key, tensor in victim.state_dict().items())
    assert all(parameter.grad is None for parameter in victim.parameters())


def test_v1_the_same_seed_gives_the_same_noise_and_another_one_another():
    config = UniversalConfig(steps=2, digits=20, batch=10)
    one, two, other = run(config)[-1], run(config)[-1], run(UniversalConfig(steps=2, digits=20, batch=10, seed=1))[-1]
    assert torch.equal(one.noises, two.noises) and not torch.equal(one.noises, other.noises)


def test_closing_early_leaves_nothing_running_and_no_mode_behind():
    threads, part = threading.active_count(), real_set()
    with torch.no_grad():
        steps = universal_noise(network(), part.train, part.validation, nine_examples(part.test), SMALL)
        next(steps)
        assert next(steps).noises.any() and not torch.is_grad_enabled()
        steps.close()
        assert next(steps, None) is None
    assert torch.is_grad_enabled() and threading.active_count() == threads


def test_v1_all_digits_can_be_looked_at_in_every_step_as_in_the_seed():
    config = UniversalConfig(steps=2, digits=40, batch=40)
    part = real_set()
    first, second, _ = run(config)
    chosen = part.train.images(torch.randperm(len(part.train), generator=torch.Generator().manual_seed(0))[:40])
    for step in (first, second):
        costs, _ = costs_and_gradient(network(), chosen, step.noises, gradient=False)
        assert torch.allclose(step.costs, costs, rtol=1e-4)


def test_v12_the_noise_is_measured_on_any_network_also_on_one_that_restores():
    digits = made_digits(15)
    noises: Tensor = grown()[-1].noises
    for reader in (network(), Restorer(network(), digits, neighbours=2)):
        result = measure_noise(reader, digits, noises)
        assert result.predicted.shape == (10, 15)
        right = (result.predicted == digits.labels).float().mean(1)
        assert torch.allclose(result.accuracies, 100 * right)
        assert result.shares[3] == pytest.approx(100 * float((result.predicted[3] == 3).float().mean()))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"norm": "l1"}, "Choose no norm, linf or l2, not 'l1'."),
        ({"epsilon": float("nan")}, "Epsilon must be a number of at least 0, not nan."),
        ({"epsilon": -1.0}, "Epsilon must be a number of at least 0, not -1.0."),
        ({"steps": 0}, "An attack needs at least 1 step, not 0."),
        ({"step_size": -1.0}, "The step size must be a number above 0, not -1.0."),
        ({"batch": 0}, "A step uses 1 to 10,000 digits, not 0."),
        ({"digits": 100}, "A step uses 1 to 100 digits, not 200."),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_sentence(settings, sentence):
    with pytest.raises(ValueError) as refusal:
        UniversalConfig(**settings)
    assert str(refusal.value) == sentence


def test_what_it_cannot_be_made_on_is_refused_in_one_sentence():
    few = made_digits(30)
    with pytest.raises(ValueError, match="there are only 30"):
        next(universal_noise(network(), few, few, few))
    with pytest.raises(ValueError, match="carry the digits over"):
        next(universal_noise(Restorer(network(), few, neighbours=2), few, few, few))  # type: ignore[arg-type]
