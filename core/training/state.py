"""The state of a training at an epoch's end: weights, optimizer and random state, in memory or as one file.

With it an interrupted training resumes bit by bit.
"""

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
    """The two random generators of a training, from one seed: for the order of the digits and for dropout."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.order = torch.Generator().manual_seed(seed)
        self.dropout = torch.Generator(device).manual_seed(seed).get_state()

    def shuffle(self, count: int) -> Tensor:
        """Return the indices below `count` in a new order, on the device."""
        return torch.randperm(count, generator=self.order).to(self.device)

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Switch the global generator, which dropout uses, to the training's; switch back afterwards.

        Never use it around a `yield`: the consumer would draw from the training's generator too.
        """
        backend = torch if self.device.type == "cpu" else torch.get_device_module(self.device)
        before = backend.get_rng_state()
        backend.set_rng_state(self.dropout)
        try:
            yield
        finally:
            self.dropout = backend.get_rng_state()
            backend.set_rng_state(before)


@dataclass(eq=False)
class TrainState:
    """The state at an epoch's end; a new one is the beginning. `train` updates it, and resumes from it."""

    epoch: int = 0
    seconds: float = 0.0
    tensors: dict[str, Tensor] = field(default_factory=dict)
    """Copies on the CPU: `network.*`, `optimizer.<parameter's name>.*` and `chance.*`."""

    def begin(self, network: nn.Module, optimizer: torch.optim.Optimizer, random: RandomState) -> None:
        """Resume from the copied state, or copy the current one as the beginning. Raises ValueError, as `restore`."""
        if self.tensors:
            self.restore(network, optimizer, random)
        else:
            self.capture(0, 0.0, network, optimizer, random)

    def capture(
        self, epoch: int, seconds: float, network: nn.Module, optimizer: torch.optim.Optimizer, random: RandomState
    ) -> None:
        """Copy the current state."""
        tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
        for known, parameter in network.named_parameters():
            memory = optimizer.state.get(parameter, {})
            tensors |= {f"optimizer.{known}.{name}": tensor for name, tensor in memory.items()}
        tensors |= {"chance.order": random.order.get_state(), "chance.dropout": random.dropout}
        self.epoch, self.seconds = epoch, seconds
        self.tensors = {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}

    def restore(self, network: nn.Module, optimizer: torch.optim.Optimizer, random: RandomState) -> None:
        """Load the copied state. Raises ValueError if it belongs to another network."""
        try:
            network.load_state_dict(self._part("network."))
            numbers = {parameter: number for number, parameter in enumerate(_parameters(optimizer))}
            for known, parameter in network.named_parameters():  # older files have the number instead of the name
                memory = self._part(f"optimizer.{known}.") or self._part(f"optimizer.{numbers.get(parameter)}.")
                optimizer.state[parameter] = {name: _like(parameter, tensor) for name, tensor in memory.items()}
            random.order.set_state(self.tensors["chance.order"])
            random.dropout = self.tensors["chance.dropout"].clone()
        except (RuntimeError, KeyError):
            raise ValueError("This training was started with another network.") from None

    def _part(self, prefix: str) -> dict[str, Tensor]:
        named = self.tensors.items()
        return {name.removeprefix(prefix): tensor for name, tensor in named if name.startswith(prefix)}


def _parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _like(parameter: Tensor, stored: Tensor) -> Tensor:
    """Return a copy in the parameter's memory format, which the fused optimizers require."""
    if stored.shape == parameter.shape:
        return torch.empty_like(parameter).copy_(stored)
    return stored.to(parameter.device, copy=True)


def save_state(state: TrainState, path: Path) -> None:
    """Write the state as one safetensors file, atomically. Raises OSError."""
    tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
    write_atomically(path, safetensors.torch.save(tensors, {"epoch": str(state.epoch), "seconds": str(state.seconds)}))


def load_state(path: Path) -> TrainState:
    """Return the state that `save_state` wrote. Raises ValueError if it is missing or damaged."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        return TrainState(int(metadata["epoch"]), float(metadata["seconds"]), tensors)
    except (OSError, KeyError, ValueError, safetensors.SafetensorError):
        raise ValueError("The saved state of this training cannot be read; start it again.") from None
