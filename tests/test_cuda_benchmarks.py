"""The figures of a GPU are measured by code that runs: here in small, on the CPU."""

from importlib import import_module

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from core.adversarial.universal import UniversalConfig
from core.system.device import DEVICES
from tests.benchmarks import BENCHMARKS, cuda, cuda_reading, gpu, mnist, speedrun
from tests.sample_digits import made_dataset

NAMES = [name for name in BENCHMARKS if name.startswith("cuda-")]
DATA = made_dataset(train=600, test=60)


@pytest.fixture
def in_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put few made digits on the CPU in the place of MNIST on a GPU, and small numbers in the place of large ones."""
    loader = DataLoader(TensorDataset(DATA.train.images(), DATA.train.labels), 64)
    arms = {name: cuda.ARMS[name] for name in ("standard", "control")}
    for module, values in (
        (mnist, {"dataset": lambda: DATA}),
        (gpu, {"dataset": lambda: DATA, "DEVICE": DEVICES[0]}),
        (cuda, {"SEEDS": 2, "STUDY_SEEDS": 1, "ARMS": arms, "usual_loader": lambda *_, **__: loader}),
        (cuda_reading, {"DIGITS": 20, "UNIVERSAL": UniversalConfig(steps=2, digits=20, batch=20)}),
        (cuda_reading, {"MAPS": 2, "STEPS": 2, "ROUNDS": 1}),
        (speedrun, {"GPU_SEEDS": 2}),
    ):
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_measured(name: str, in_small: None) -> None:
    module = import_module(f"tests.benchmarks.{BENCHMARKS[name].module}")
    figure = BENCHMARKS[name].judge(getattr(module, name.replace("-", "_"))())
    assert figure.figure is not None and figure.figure > 0 and figure.runs
    assert figure.what.startswith(BENCHMARKS[name].what) and f"torch {torch.__version__}." in figure.what
