"""Adam and SGD without PyTorch's compiler do what PyTorch's own do, and do not import it."""

import subprocess
import sys

import pytest
import torch

from core.system import plain_optimizers
from tests import ROOT

TRAIN = """
import inspect
import sys
from torch.optim import Optimizer
from torch.optim.adam import adam
from torch.optim.sgd import sgd
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.system import plain_optimizers
from core.training.config import TrainConfig
from core.training.loop import train
from tests.sample_digits import made_digits

digits = made_digits(64, seed=1)
for function in (Optimizer.zero_grad, adam, sgd):
    assert not hasattr(inspect.unwrap(function), plain_optimizers.MARK)  # importing alone changes nothing
for optimizer in ("sgd", "adam"):
    config = TrainConfig(epochs=1, batch=32, optimizer=optimizer)
    list(train(build(ARCHITECTURES["talk"], seed=1), digits, digits, config))
assert "torch._dynamo" not in sys.modules
"""


@pytest.mark.parametrize(("name", "options"), [("SGD", {"momentum": 0.9}), ("Adam", {})])
def test_steps_are_those_of_pytorch_s_own_bit_by_bit(name, options):
    found = []
    for module in (torch.optim, plain_optimizers):
        weights = torch.linspace(-1, 1, 12).requires_grad_()
        optimizer = getattr(module, name)([weights], lr=0.1, weight_decay=0.01, fused=True, **options)
        for _ in range(5):
            optimizer.zero_grad()
            weights.pow(3).sum().backward()
            optimizer.step()
        assert weights.requires_grad and weights.is_leaf
        found.append((weights.detach(), optimizer.state_dict()["state"][0]))
    (ours, state), (theirs, their_state) = found
    assert torch.equal(ours, theirs)
    for key, value in their_state.items():
        assert value is None or torch.equal(torch.as_tensor(state[key]), torch.as_tensor(value)), key


@pytest.mark.slow
def test_a_training_does_not_import_the_compiler():
    subprocess.run([sys.executable, "-c", TRAIN], cwd=ROOT, check=True, timeout=300)
