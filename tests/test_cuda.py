"""On a GPU everything gives what it gives on the CPU, and a training is resumed bit by bit.

It needs only what `core` needs; where nothing else is installed run `python -m pytest --noconftest tests/test_cuda.py`.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from core.digits.datasets import Digits
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.training.captured import CapturedStep
from core.training.changes import TrainingChanges
from core.training.config import TrainConfig
from core.training.loop import train
from core.training.state import TrainState
from tests import device_cases, device_training_cases
from tests.device_tools import leaves
from tests.sample_digits import made_digits
from tests.short_trainings import largest_difference, lookup

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]
CASES = device_cases.CASES | device_training_cases.CASES
CONFIG = TrainConfig(epochs=3, batch=64, learning_rate=0.05, device="cuda")
WAYS = [
    {"optimizer": "adam", "learning_rate": 0.001},
    {"precision": "bfloat16"},
    {"alternate": ("identity", "complement")},
    {"penalty": 1e-4},
    {"schedule": "one cycle", "momentum": 0.9},
    {"l2": 1e-4},
    {"attack": "fgsm"},
]
COUNT = 1000  # not a multiple of the batch, so that an epoch ends with a batch that is not captured


@pytest.fixture(scope="module")
def digits() -> Digits:
    return made_digits(COUNT)


def learn(digits, architecture="published", *, state=None, stop_after=None, changed={}, **changes):  # noqa: B006
    """Return the weights and records of a training, stopped after the epoch `stop_after`."""
    network, records = build(ARCHITECTURES[architecture]), []
    config = replace(CONFIG, **changes)
    for record in train(network, digits, digits.first(200), config, state=state, changes=lookup(changed)):
        records.append(record)
        if record.validation_loss is not None and record.epoch == stop_after:
            break
    return network.state_dict(), records


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_resumed_training_ends_bit_by_bit_like_an_uninterrupted_one(digits, architecture):
    whole, _ = learn(digits, architecture)
    state = TrainState()
    learn(digits, architecture, state=state, stop_after=2)
    resumed, _ = learn(digits, architecture, state=TrainState(state.epoch, state.seconds, state.tensors))
    assert largest_difference(whole, resumed) == 0


CHANGED = {
    (1, 5): TrainingChanges(momentum=0.9, l2=0.001, dropout=0.2),
    (2, 0): TrainingChanges(momentum=0.9, penalty=1e-4, dropout=0.2, batch=50, frozen=("features",)),
    (3, 0): TrainingChanges(momentum=0.0, batch=32, frozen=("conv1",)),
    (3, 9): TrainingChanges(momentum=0.5, batch=32, frozen=("conv1",)),
}


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_training_that_is_changed_is_captured_again_and_resumed_bit_by_bit(digits, optimizer):
    settings = {"architecture": "talk", "changed": CHANGED, "optimizer": optimizer, "report_every": 1}
    whole, said = learn(digits, **settings)
    for epoch in (1, 2):
        state = TrainState()
        learn(digits, state=state, stop_after=epoch, **settings)
        resumed, rest = learn(digits, state=TrainState(state.epoch, state.seconds, state.tensors), **settings)
        assert largest_difference(whole, resumed) == 0
        assert [record.loss for record in rest] == [record.loss for record in said[-len(rest) :]]


def test_a_training_that_is_changed_learns_there_as_it_does_on_the_cpu(digits):
    _, there = learn(digits, changed=CHANGED, learning_rate=0.01, report_every=4)
    _, here = learn(digits, changed=CHANGED, learning_rate=0.01, report_every=4, device="cpu")
    assert [record.loss for record in there] == pytest.approx([record.loss for record in here], rel=0.05)


def test_an_epoch_ends_within_rounding_of_the_cpus(digits):
    """With convolutions in float32, not TF32: sums in another order are all that differs."""
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        there, there_said = learn(digits, epochs=1, learning_rate=0.01)
    here, here_said = learn(digits, epochs=1, learning_rate=0.01, device="cpu")
    assert largest_difference(there, here) < 2e-3
    assert there_said[-1].loss == pytest.approx(here_said[-1].loss, rel=1e-3)


@pytest.mark.parametrize("changes", WAYS, ids=str)
def test_every_way_of_training_learns_there_as_it_does_on_the_cpu(digits, changes):
    """One step more or less of rounding grows while a network learns; another inversion or penalty would show."""
    changes = {"epochs": 2, "learning_rate": 0.01, **changes}
    _, there = learn(digits, **changes)
    _, here = learn(digits, device="cpu", **changes)
    assert [record.loss for record in there] == pytest.approx([record.loss for record in here], rel=0.02)


def test_what_cannot_be_captured_learns_without_and_says_so():
    layer = nn.Linear(4, 2).cuda()
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)

    def step(indices):
        optimizer.zero_grad()
        loss = layer(torch.ones(len(indices), 4, device="cuda")).sum()
        loss.item()  # waits for the device, which a capture does not allow
        loss.backward()
        optimizer.step()

    before, stream = layer.weight.detach().clone(), torch.cuda.current_stream()
    captured = CapturedStep(step, [*layer.parameters()], optimizer, batch=8)
    with pytest.warns(UserWarning, match="cannot be captured"):
        captured(torch.arange(8, device="cuda"))
    assert torch.allclose(layer.weight, before - 0.8)  # one step: nothing of the warm-up stays
    assert torch.cuda.current_stream() == stream
    assert torch.rand(3, device="cuda").isfinite().all()  # the generator is not left as while capturing


@pytest.mark.parametrize("name", CASES)
def test_everything_gives_there_what_the_cpu_gives(name):
    """Within 0.001 and 0.1 %; one number in fifty may differ, where rounding changes a sign or an order."""
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        there, here = list(leaves(CASES[name]("cuda"))), list(leaves(CASES[name]("cpu")))
    numbers = [(to_numbers(one), to_numbers(other)) for one, other in zip(there, here, strict=True)]
    assert [one.shape for one, _ in numbers] == [other.shape for _, other in numbers]
    close = [np.isclose(*pair, rtol=1e-3, atol=1e-3, equal_nan=True).ravel() for pair in numbers]
    assert np.concatenate(close).mean() >= 0.98


def to_numbers(found):
    """Return a result's part as an array; words and bytes, whose numbers are rounded, as an empty one."""
    if found is None or isinstance(found, (str, bytes)):
        return np.zeros(0)
    return np.asarray(found.detach().cpu() if isinstance(found, torch.Tensor) else found, dtype=float)
