"""The device is decided in one place: by name, by the environment, or automatically."""

import pytest
import torch

from core.system.device import DEVICE_VARIABLE, find_device


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DEVICE_VARIABLE, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_without_a_gpu_everything_is_computed_on_the_cpu() -> None:
    assert find_device() == find_device("auto") == find_device("cpu") == torch.device("cpu")


def test_a_gpu_is_chosen_by_itself_and_the_cpu_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert find_device() == torch.device("cuda") and find_device("cpu") == torch.device("cpu")


def test_the_environment_decides_where_no_name_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv(DEVICE_VARIABLE, "cpu")
    assert find_device() == torch.device("cpu") and find_device("cuda") == torch.device("cuda")


@pytest.mark.parametrize(
    ("name", "said"),
    [("cuda", "This machine has no CUDA device: use the CPU."), ("tpu", "There is no device called 'tpu'")],
)
def test_a_device_that_is_not_here_is_refused_in_a_sentence(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        find_device(name)
