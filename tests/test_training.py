"""Training: it learns, it repeats, its penalties, its frozen features, and what stays when it diverges."""

import copy

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.digits.datasets import Digits
from core.inversion.functions import freeze, with_inversion
from core.networks.architectures import ARCHITECTURES, Architecture
from core.networks.classifier import build
from core.training.changes import TrainingChanges
from core.training.config import TrainConfig
from core.training.loop import DivergedError, train
from core.training.presets import PRESETS
from core.training.samples import feature_vectors
from core.training.state import TrainState
from tests.sample_digits import real_digits
from tests.short_trainings import DIGITS, HELD_OUT, SHORT, equal, fresh, largest_difference, start, trained


@pytest.mark.parametrize("settings", [{}, {"optimizer": "adam", "learning_rate": 0.002}], ids=["sgd", "adam"])
@pytest.mark.slow
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


def test_t4_the_assignment_s_three_presets_use_l2_and_no_other_does():
    assert [name for name, preset in PRESETS.items() if preset.config.l2] == [
        "assignment: one conv",
        "assignment: two conv",
        "assignment: two conv + 500",
    ]


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


# T9: a penalty of any power


@pytest.mark.parametrize("power", [1.0, 1.5, 3.0])
def test_t9_a_penalty_adds_its_slope_to_the_gradients_of_weights_and_never_of_biases(power):
    network, rate, penalty = fresh("published"), 0.1, 0.3
    by_hand = copy.deepcopy(network)
    weights = [w for name, w in by_hand.named_parameters() if name.endswith("weight")]
    loss = cross_entropy(by_hand(DIGITS.images()), DIGITS.labels)
    (loss + penalty / power * sum((w.abs() ** power).sum() for w in weights)).backward()
    settings = {"epochs": 1, "batch": len(DIGITS), "learning_rate": rate, "penalty": penalty, "power": power}
    learned = trained(network, **settings)
    for name, parameter in by_hand.named_parameters():
        assert torch.allclose(learned[name], parameter - rate * parameter.grad, atol=1e-6), name


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_t9_a_penalty_of_power_2_is_l2(optimizer):
    one = trained(fresh(), optimizer=optimizer, penalty=0.1, power=2.0)
    assert largest_difference(one, trained(fresh(), optimizer=optimizer, l2=0.1)) < 1e-5
    assert largest_difference(one, trained(fresh(), optimizer=optimizer)) > 1e-3


def test_t9_power_1_brings_more_weights_close_to_0_than_power_2():
    """That is why one takes it: what is not needed goes out entirely."""

    def small(**penalty) -> float:
        weights = trained(fresh(), epochs=20, learning_rate=0.05, **penalty)["head.fc1.weight"].abs()
        return float((weights < 0.01 * weights.max()).float().mean())

    assert small(penalty=0.003, power=1.0) > small(penalty=0.1, power=2.0) + 0.2


# Frozen features are computed once


@pytest.mark.parametrize("inversion", ["identity", "complement"])
def test_m9_the_head_on_cached_features_learns_what_the_whole_network_would(inversion):
    network = with_inversion(fresh("published"), inversion)
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
    assert largest_difference(learned, by_hand.state_dict()) < 1e-6
    assert largest_difference(learned, fresh("published").state_dict()) > 1e-3


def test_m9_feature_vectors_are_the_features_without_dropout():
    network = fresh().train()
    expected = copy.deepcopy(network).eval().features(DIGITS.images())
    assert torch.equal(feature_vectors(network, DIGITS), expected)


def test_m9_a_frozen_batch_norm_keeps_its_statistics():
    network = fresh("small, batch norm")
    before = copy.deepcopy(network.state_dict())
    network.features.norm1.requires_grad_(False)
    learned = trained(network)
    assert all(torch.equal(before[name], learned[name]) for name in before if ".norm1." in name)
    assert not torch.equal(before["features.conv1.weight"], learned["features.conv1.weight"])


def test_a_network_without_anything_to_learn_is_one_sentence():
    network = fresh().requires_grad_(False)
    with pytest.raises(ValueError, match="^All stages of this network are frozen: there is nothing to train.$"):
        trained(network)


def test_nesterov_momentum_and_smoothed_labels_are_pytorch_s():
    changes = {"momentum": 0.9, "nesterov": True, "label_smoothing": 0.2, "epochs": 1, "batch": 50}
    network, by_hand = fresh("one conv"), fresh("one conv")
    (step,) = start(network, **changes)
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.01, momentum=0.9, nesterov=True)
    for index in torch.randperm(100, generator=torch.Generator().manual_seed(42)).split(50):
        optimizer.zero_grad()
        cross_entropy(by_hand(DIGITS.images(index)), DIGITS.labels[index], label_smoothing=0.2).backward()
        optimizer.step()
    assert largest_difference(network.state_dict(), by_hand.state_dict()) < 1e-6


# What cannot be learned from


def test_a_diverging_training_stops_and_keeps_the_last_good_epoch():
    network, state, good = fresh("published"), TrainState(), None
    rates = iter([0.01] * 3 + [1e30] * 9)

    def changes(epoch: int, batch: int) -> TrainingChanges:
        return TrainingChanges(learning_rate=next(rates))

    steps = train(network, DIGITS, HELD_OUT, TrainConfig(**SHORT), state=state, changes=changes)
    with pytest.raises(DivergedError, match=r"^Training diverged in epoch 2, with a learning rate of 1e"):
        for step in steps:
            if step.epoch == 1:
                good = copy.deepcopy(network.state_dict())
    assert equal(network.state_dict(), good) and state.epoch == 1
    assert not network.training and all(parameter.grad is None for parameter in network.parameters())


def test_a_training_that_diverges_at_once_leaves_the_network_as_it_was():
    network = fresh("published")
    with pytest.raises(DivergedError):
        trained(network, learning_rate=1e30)
    assert equal(network.state_dict(), fresh("published").state_dict())


SEVENS = Digits(DIGITS.pixels[DIGITS.labels == 7], DIGITS.labels[DIGITS.labels == 7])


@pytest.mark.parametrize(
    ("digits", "held_out", "said"),
    [
        (DIGITS.first(9), HELD_OUT, "A batch of 10 is larger than the 9 training digits."),
        (DIGITS.first(0), HELD_OUT, "A batch of 10 is larger than the 0 training digits."),
        (SEVENS, HELD_OUT, "All training digits are of one class: there is nothing to tell apart."),
        (DIGITS, HELD_OUT.first(0), "There are no validation digits."),
    ],
)
def test_digits_that_nothing_can_be_learned_from_are_one_sentence(digits, held_out, said):
    with pytest.raises(ValueError) as refused:
        next(train(fresh(), digits, held_out, TrainConfig(batch=10)))
    assert str(refused.value) == said


def test_validating_on_one_class_only_is_fine():
    *_, last = train(fresh(), DIGITS, SEVENS, TrainConfig(**SHORT))
    assert last.validation_accuracy in (0, *(10 * right for right in range(1, 11)))


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_t8_a_device_that_is_not_there_is_one_sentence_and_one_that_is_trains(device):
    network = fresh()
    if torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available():
        assert largest_difference(trained(network, device=device), trained(fresh())) < 1e-2
    else:
        with pytest.raises(ValueError, match=f"^This machine has no {device.upper()} device: use the CPU.$"):
            trained(network, device=device)
    assert {parameter.device.type for parameter in network.parameters()} == {"cpu"}


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


def test_bfloat16_stays_close_to_float32():
    exact, rough = fresh("published"), fresh("published")
    exact_losses = [step.loss for step in start(exact)]
    rough_losses = [step.loss for step in start(rough, precision="bfloat16")]
    assert rough_losses != exact_losses and rough_losses == pytest.approx(exact_losses, rel=0.02)
    assert largest_difference(exact.state_dict(), rough.state_dict()) < 0.01
    assert all(parameter.dtype == torch.float32 for parameter in rough.parameters())
