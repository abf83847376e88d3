"""What a training remembers: weights, optimizer and random state at the end of an epoch, in memory or as one file.

With it an interrupted training goes on bit by bit as if nothing had happened. How one learns is in `training`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from core.system.files import write_atomically


class RandomState:
    """The two draws of a training, from one seed: the order of the digits, and what dropout leaves out."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.order = torch.Generator().manual_seed(seed)
        self.dropout = torch.Generator(device).manual_seed(seed).get_state()

    def shuffle(self, count: int) -> Tensor:
        """Return the numbers below `count` in a new order, on the device."""
        return torch.randperm(count, generator=self.order).to(self.device)

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Let dropout draw on from where it stopped; the consumer's own generator is put back afterwards.

        Never around a `yield` of the training: the consumer would draw from here too.
        """
        torch_there = torch if self.device.type == "cpu" else torch.get_device_module(self.device)
        consumers = torch_there.get_rng_state()
        torch_there.set_rng_state(self.dropout)
        try:
            yield
        finally:
            self.dropout = torch_there.get_rng_state()
            torch_there.set_rng_state(consumers)


@dataclass(eq=False)
class TrainState:
    """Where a training stands at the end of an epoch; a new one stands at the beginning.

    `train` brings it up to date at each epoch's end and goes on from it when it is given again.
    """

    epoch: int = 0
    seconds: float = 0.0
    tensors: dict[str, Tensor] = field(default_factory=dict)
    """Copies on the CPU: `network.*`, `optimizer.<parameter's number>.*` and `chance.*`."""

    def capture(
        self, epoch: int, seconds: float, network: nn.Module, optimizer: torch.optim.Optimizer, random: RandomState
    ) -> None:
        """Copy what has been learned up to here."""
        tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
        for number, parameter in enumerate(_parameters(optimizer)):
            memory = optimizer.state.get(parameter, {})
            tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in memory.items()}
        tensors |= {"chance.order": random.order.get_state(), "chance.dropout": random.dropout}
        self.epoch, self.seconds = epoch, seconds
        self.tensors = {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}

    def restore(self, network: nn.Module, optimizer: torch.optim.Optimizer, random: RandomState) -> None:
        """Put the copies back. Raises ValueError when they are of another network."""
        try:
            network.load_state_dict(self._part("network."))
            for number, parameter in enumerate(_parameters(optimizer)):
                memory = self._part(f"optimizer.{number}.")
                optimizer.state[parameter] = {name: _like(parameter, tensor) for name, tensor in memory.items()}
            random.order.set_state(self.tensors["chance.order"])
            random.dropout = self.tensors["chance.dropout"].clone()
        except (RuntimeError, KeyError):
            raise ValueError("This training was begun with another network.") from None

    def _part(self, prefix: str) -> dict[str, Tensor]:
        named = self.tensors.items()
        return {name.removeprefix(prefix): tensor for name, tensor in named if name.startswith(prefix)}


def _parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _like(parameter: Tensor, stored: Tensor) -> Tensor:
    """Return a copy laid out in memory as the parameter is, which the fused optimizers take for granted."""
    if stored.shape == parameter.shape:
        return torch.empty_like(parameter).copy_(stored)
    return stored.to(parameter.device, copy=True)


def save_state(state: TrainState, path: Path) -> None:
    """Write the state as one safetensors file, atomically. Raises OSError."""
    tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
    write_atomically(path, safetensors.torch.save(tensors, {"epoch": str(state.epoch), "seconds": str(state.seconds)}))


def load_state(path: Path) -> TrainState:
    """Return the state that `save_state` wrote. Raises ValueError when there is none or it cannot be read."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            stood = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        return TrainState(int(stood["epoch"]), float(stood["seconds"]), tensors)
    except (OSError, KeyError, ValueError, safetensors.SafetensorError):
        raise ValueError("What this training has reached cannot be read; start it again.") from None
