"""The short program for PyTorch gives the logits of the network, without this project."""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from core.inversion.functions import INVERSIONS, with_inversion
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.zoo import checkpoints
from core.zoo.pytorch_code import INVERSION_CODE, write_program
from tests.sample_digits import made_digits


def assert_program_reads_alike(network, folder: Path) -> None:
    file, images = folder / "mine.safetensors", made_digits(3).images()
    file.write_bytes(safetensors.torch.save({name: one.contiguous() for name, one in network.state_dict().items()}))
    program = write_program(network, str(file))
    assert "core" not in program
    found: dict[str, torch.Tensor] = {"given": images}
    with torch.no_grad():
        exec(program.replace("torch.zeros(1, 1, 28, 28)", "given"), found)
        assert (found["logits"] - network.eval()(images)).abs().max() < 1e-5


@pytest.mark.parametrize("name", ["talk", "small, batch norm", "LeNet-5", "fast", "dense"])
def test_the_program_loads_every_kind_of_network(name: str, tmp_path: Path) -> None:
    assert_program_reads_alike(build(ARCHITECTURES[name], seed=2), tmp_path)


@pytest.mark.parametrize("inversion", INVERSION_CODE)
def test_the_program_inverts_as_the_network_does(inversion: str, tmp_path: Path) -> None:
    assert_program_reads_alike(with_inversion(build(ARCHITECTURES["small"], seed=3), inversion), tmp_path)
    assert {*INVERSION_CODE} == {*INVERSIONS} - {"both"}


def test_a_stage_that_only_we_have_is_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"inversion \(x, 1 - x\)\.$"):
        write_program(checkpoints.load_classifier("synergy"), "x")
    with pytest.raises(ValueError, match=r"stage Shuffle\.$"):
        write_program(build(ARCHITECTURES["dense, shuffled pixels"]), "x")
