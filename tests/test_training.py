"""Training as a generator (T1, T4): it learns, it repeats, what it yields, and what stays when it is closed."""

import copy
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from itertools import islice

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.architectures import ARCHITECTURES, Architecture
from core.inversion import freeze, variant
from core.networks import Classifier, build
from core.training import TrainConfig, TrainStep, feature_vectors, train
from tests.samples import made_digits, real_digits

DIGITS, HELD_OUT = made_digits(100), made_digits(40, seed=1)
SHORT = {"epochs": 2, "batch": 16, "report_every": 3}


def fresh(name: str = "talk", seed: int = 0) -> Classifier:
    return build(ARCHITECTURES[name], seed=seed)


def start(network: Classifier, **settings) -> Iterator[TrainStep]:
    return train(network, DIGITS, HELD_OUT, TrainConfig(**{**SHORT, **settings}))


def trained(network: Classifier, **settings) -> dict[str, Tensor]:
    for _ in start(network, **settings):
        pass
    return network.state_dict()


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


def apart(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return max(float((one[name] - other[name]).abs().max()) for name in one)


@pytest.mark.parametrize("settings", [{}, {"optimizer": "adam", "learning_rate": 0.002}], ids=["sgd", "adam"])
def test_t1_loss_falls_and_accuracy_rises_on_real_digits(settings):
    config = TrainConfig(epochs=8, batch=20, **{"learning_rate": 0.05, **settings})
    steps = list(train(fresh("published"), real_digits(400), HELD_OUT, config))
    assert steps[-1].loss < steps[0].loss / 3
    assert steps[-1].accuracy > 85 > steps[0].accuracy


# The same seed, the same network


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_same_seed_trains_the_same_network_bit_by_bit(name):
    """The talk's network has dropout, whose draws are repeated too, whatever the global generator says."""
    torch.manual_seed(1)
    one = trained(fresh(name))
    torch.manual_seed(2)
    assert equal(one, trained(fresh(name)))
    assert not equal(one, fresh(name).state_dict())


@pytest.mark.parametrize("report_every", [1, 2, 100])
def test_how_often_it_reports_does_not_change_what_is_learned(report_every):
    assert equal(trained(fresh(), report_every=report_every), trained(fresh()))


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_another_seed_trains_another_network(dropout):
    network = build(Architecture("line", (), hidden=(20,), dropout=dropout))
    assert not equal(trained(copy.deepcopy(network), seed=1), trained(network, seed=2))


# T4: the L2 penalty


def test_t4_l2_is_added_to_the_gradients_of_weights_and_never_of_biases():
    network, rate, l2 = fresh("published"), 0.1, 0.3
    by_hand = copy.deepcopy(network)
    cross_entropy(by_hand(DIGITS.images()), DIGITS.labels).backward()
    learned = trained(network, epochs=1, batch=len(DIGITS), learning_rate=rate, l2=l2)
    for name, parameter in by_hand.named_parameters():
        penalty = l2 * parameter if name.endswith("weight") else 0
        expected = parameter - rate * (parameter.grad + penalty)
        assert torch.allclose(learned[name], expected, atol=1e-6), name


def test_t4_l2_shrinks_the_weights():
    def size(**settings) -> Tensor:
        return torch.stack([w.norm() for name, w in trained(fresh(), **settings).items() if name.endswith("weight")])

    assert (size(l2=0.5, epochs=5) < 0.95 * size(epochs=5)).all()


# Frozen features are computed once


@pytest.mark.parametrize("inversion", ["identity", "complement"])
def test_m9_the_head_on_cached_features_learns_what_the_whole_network_would(inversion):
    network = variant(fresh("published"), inversion)
    freeze(network)
    by_hand = copy.deepcopy(network).eval()
    optimizer = torch.optim.SGD(by_hand.head.parameters(), lr=0.05, momentum=0.5)
    generator = torch.Generator().manual_seed(42)
    for _ in range(2):
        for index in torch.randperm(len(DIGITS), generator=generator).split(16):
            optimizer.zero_grad()
            cross_entropy(by_hand(DIGITS.images(index)), DIGITS.labels[index]).backward()
            optimizer.step()
    learned = trained(network, learning_rate=0.05)
    assert apart(learned, by_hand.state_dict()) < 1e-6
    assert apart(learned, fresh("published").state_dict()) > 1e-3


def test_m9_feature_vectors_are_the_features_without_dropout():
    network = fresh().train()
    expected = copy.deepcopy(network).eval().features(DIGITS.images())
    assert torch.equal(feature_vectors(network, DIGITS), expected)


# Records


def test_t1_records_count_batches_and_validate_only_at_the_end_of_an_epoch():
    steps = list(start(fresh()))
    assert [(step.epoch, step.batch) for step in steps] == [(1, 3), (1, 6), (1, 7), (2, 3), (2, 6), (2, 7)]
    assert {step.batches for step in steps} == {7}
    assert [step.validation_accuracy is not None for step in steps] == [False, False, True] * 2
    assert [step.validation_loss is not None for step in steps] == [False, False, True] * 2
    assert all(earlier.seconds <= later.seconds for earlier, later in zip(steps, steps[1:], strict=False))


def test_t1_validation_figures_are_those_of_the_network_as_it_is():
    network = fresh()
    last = list(start(network))[-1]
    logits = network(HELD_OUT.images()).detach()
    right = (logits.argmax(1) == HELD_OUT.labels).float().mean()
    assert last.validation_accuracy == pytest.approx(100 * float(right))
    assert last.validation_loss == pytest.approx(float(cross_entropy(logits, HELD_OUT.labels)), rel=1e-5)


def test_a_record_cannot_be_changed():
    step = next(start(fresh()))
    with pytest.raises(FrozenInstanceError):
        step.loss = 0.0


# A consumer may stop anywhere


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("taken", [1, 3])
def test_closing_early_leaves_a_usable_network(frozen, taken):
    network = fresh()
    if frozen:
        freeze(network)
    steps = start(network)
    assert len(list(islice(steps, taken))) == taken
    steps.close()
    assert not any(module.training for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert network.predict(HELD_OUT.images()).isfinite().all()


def test_between_records_the_consumer_keeps_its_own_torch():
    network = fresh()
    steps = start(network)
    torch.manual_seed(7)
    state = torch.get_rng_state()
    for _ in steps:
        assert torch.is_grad_enabled()
        assert torch.equal(torch.get_rng_state(), state)
        assert not any(module.training for module in network.modules())
        torch.rand(3)  # what the consumer draws is its own business
        state = torch.get_rng_state()
    assert not network.training


# M16: alternating inversions


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("epochs", [1, 3, 4])
def test_m16_alternating_inverts_in_turn_and_ends_on_the_last(frozen, epochs):
    network = fresh()
    if frozen:
        freeze(network)
    steps = start(network, epochs=epochs, alternate=("identity", "complement"), report_every=9)
    assert [network.inversion.name for _ in steps] == ["identity", "complement", "identity", "complement"][:epochs]
    assert network.inversion.name == "complement"


def test_m16_the_first_epoch_of_two_is_that_of_the_first_inversion():
    alternating, plain = fresh("published"), fresh("published")
    next(start(alternating, alternate=("identity", "complement"), report_every=9))
    next(start(plain, report_every=9))
    assert equal(alternating.state_dict(), plain.state_dict())


# Settings


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": 0}, "Epochs must be at least 1, not 0."),
        ({"batch": -3}, "Batch must be at least 1, not -3."),
        ({"report_every": 0}, "Report every must be at least 1, not 0."),
        ({"learning_rate": 0.0}, "The learning rate must be a number above 0, not 0.0."),
        ({"learning_rate": float("nan")}, "The learning rate must be a number above 0, not nan."),
        ({"learning_rate": float("inf")}, "The learning rate must be a number above 0, not inf."),
        ({"l2": -0.1}, "The L2 strength must be 0 or more, not -0.1."),
        ({"l2": float("nan")}, "The L2 strength must be 0 or more, not nan."),
        ({"momentum": float("nan")}, "The momentum must be a number from 0 up to 1, not nan."),
        ({"momentum": 1.0}, "The momentum must be a number from 0 up to 1, not 1.0."),
        ({"optimizer": "rmsprop"}, "Choose sgd or adam, not 'rmsprop'."),
        ({"precision": "float8"}, "Choose float32 or bfloat16, not 'float8'."),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence(settings, said):
    with pytest.raises(ValueError) as refused:
        TrainConfig(**settings)
    assert str(refused.value) == said


def test_m16_an_unknown_inversion_is_refused_before_any_training():
    with pytest.raises(ValueError, match="There is no inversion called 'mirrored'"):
        TrainConfig(alternate=("identity", "mirrored"))


def test_bfloat16_stays_close_to_float32():
    exact, rough = fresh("published"), fresh("published")
    exact_losses = [step.loss for step in start(exact)]
    rough_losses = [step.loss for step in start(rough, precision="bfloat16")]
    assert rough_losses != exact_losses and rough_losses == pytest.approx(exact_losses, rel=0.02)
    assert apart(exact.state_dict(), rough.state_dict()) < 0.01
    assert all(parameter.dtype == torch.float32 for parameter in rough.parameters())
