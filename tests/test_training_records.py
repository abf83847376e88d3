"""The records of a training, where it may be stopped, and the learning rate of each batch."""

from dataclasses import FrozenInstanceError
from itertools import islice, pairwise

import pytest
import torch
from torch.nn.functional import cross_entropy

from core.inversion.functions import freeze
from core.training.changes import TrainingChanges
from core.training.config import TrainConfig
from core.training.loop import train
from tests.short_trainings import DIGITS, HELD_OUT, SHORT, equal, fresh, largest_difference, start, trained


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


# The learning rate may change on the way


def test_the_learning_rate_is_asked_before_each_record_and_reported():
    rates = iter([0.01, None, 0.2, 0.2, 0.2, 0.2])
    network = fresh()
    steps = list(
        train(
            network,
            DIGITS,
            HELD_OUT,
            TrainConfig(**SHORT),
            changes=lambda *at: TrainingChanges(learning_rate=next(rates)),
        )
    )
    assert [step.learning_rate for step in steps] == [0.01, TrainConfig().learning_rate, 0.2, 0.2, 0.2, 0.2]
    assert not equal(network.state_dict(), trained(fresh()))


@pytest.mark.parametrize("rate", [-1.0, float("nan")])
def test_a_learning_rate_that_cannot_be_stops_with_a_sentence_and_a_usable_network(rate):
    network = fresh()
    steps = train(
        network, DIGITS, HELD_OUT, TrainConfig(**SHORT), changes=lambda *at: TrainingChanges(learning_rate=rate)
    )
    with pytest.raises(ValueError, match="^The learning rate must be a number above 0, not"):
        next(steps)
    assert not network.training and equal(network.state_dict(), fresh().state_dict())


def test_one_cycle_rises_for_a_quarter_of_all_batches_and_falls_to_the_end():
    config = TrainConfig(epochs=4, schedule="one cycle", learning_rate=0.4)
    rates = [rate for epoch in range(1, 5) for rate in config.learning_rates(epoch, 10)]
    assert rates[0] == pytest.approx(0.02) and all(rise == pytest.approx(0.04) for rise in differences(rates[:10]))
    assert all(fall == pytest.approx(-0.04 / 3) for fall in differences(rates[10:]))
    assert rates[-1] == pytest.approx(0.02 / 3)


def differences(rates):
    return [after - before for before, after in pairwise(rates)]


def test_one_cycle_changes_the_rate_before_every_batch_and_reports_the_last():
    changes = {"schedule": "one cycle", "momentum": 0.0, "epochs": 1, "batch": 50}
    network, by_hand = fresh("one conv"), fresh("one conv")
    (step,) = start(network, **changes)
    first, second = TrainConfig(**{**SHORT, **changes}).learning_rates(1, 2)
    order = torch.randperm(100, generator=torch.Generator().manual_seed(42)).split(50)
    for rate, index in zip((first, second), order, strict=True):
        by_hand.zero_grad()
        cross_entropy(by_hand(DIGITS.images(index)), DIGITS.labels[index]).backward()
        with torch.no_grad():
            for parameter in by_hand.parameters():
                parameter.sub_(rate * parameter.grad)
    assert step.learning_rate == second != first
    assert largest_difference(network.state_dict(), by_hand.state_dict()) < 1e-6
