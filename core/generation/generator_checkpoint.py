"""A generator as a checkpoint: `generator.safetensors` and its card. Not listed in the zoo, as it reads no digits."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.digits.datasets import Dataset
from core.digits.training_set import TrainingSet
from core.generation.config import GanConfig
from core.generation.dcgan import Discriminator, Gan, Generator, build_generator
from core.generation.loop import GanFigures
from core.system import checkpoint_files
from core.system.checkpoint_files import GENERATOR, SHIPPED, CheckpointError
from core.system.device import describe_environment
from core.system.parsing import parse_json
from core.system.records import to_record


@dataclass(frozen=True, kw_only=True)
class GeneratorCard:
    """A generator's settings, training and measured quality."""

    name: str
    title: str
    config: dict[str, Any]
    command: str
    dataset: dict[str, Any]
    epochs: int
    steps: int
    """Number of training batches."""
    weights_sha256: str = ""
    measured: dict[str, Any] = field(default_factory=dict)
    """See `quality.measure_generator`."""
    moments: list[dict[str, Any]] = field(default_factory=list)
    """The GanFigures of the pictures in `growth`."""
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class TrainedGenerator:
    """A trained generator and its discriminator; both are shared and read-only."""

    card: GeneratorCard
    generator: Generator
    discriminator: Discriminator
    growth: Tensor
    """uint8 `(moments, samples, 28, 28)`: the same latents at each of the card's moments; by class."""

    @property
    def labelled(self) -> bool:
        """Return whether the class can be chosen."""
        return self.generator.labelled


def to_bytes(samples: Tensor) -> Tensor:
    """Return images `(N, 1, 28, 28)` in [0, 1] as uint8 `(N, 28, 28)`, as data sets store them."""
    return (255 * samples[:, 0]).round().byte()


def new_card(config: GanConfig, dataset: Dataset, *, title: str, command: str, name: str = GENERATOR) -> GeneratorCard:
    """Return the card of an untrained generator."""
    return GeneratorCard(
        name=name,
        title=title,
        config=asdict(config),
        command=command,
        dataset={"name": dataset.name, "sha256": dataset.sha256, "split": "train", "digits": len(dataset.train)},
        epochs=0,
        steps=0,
        versions=describe_environment(dataset.device),
    )


def finish_card(card: GeneratorCard, moments: Sequence[GanFigures]) -> GeneratorCard:
    """Return the card after a training that ended with the last of these records."""
    last = moments[-1]
    steps = (last.epoch - 1) * last.batches + last.batch
    return replace(card, epochs=last.epoch, steps=steps, moments=[asdict(moment) for moment in moments])


def save(card: GeneratorCard, pair: Gan, growth: Tensor, folder: Path = SHIPPED) -> GeneratorCard:
    """Write networks and card atomically; return the card with the weights' hash."""
    tensors = {f"generator.{name}": tensor for name, tensor in pair.average.state_dict().items()}
    tensors |= {f"discriminator.{name}": tensor for name, tensor in pair.discriminator.state_dict().items()}
    digest = checkpoint_files.write_checkpoint(asdict(card), {**tensors, "growth": growth}, folder)
    return replace(card, weights_sha256=digest)


def load_card(folder: Path = SHIPPED, name: str = GENERATOR) -> GeneratorCard:
    """Return the generator's card. Raises CheckpointError."""
    try:
        card = to_record(GeneratorCard, parse_json((folder / f"{name}.json").read_bytes()))
        to_record(GanConfig, card.config)
        to_record(TrainingSet, card.dataset)
    except FileNotFoundError:
        raise CheckpointError("There is no generator here.") from None
    except (OSError, ValueError):
        raise CheckpointError("The generator's card cannot be read; make it again.") from None
    return card


def load(folder: Path = SHIPPED, name: str = GENERATOR) -> TrainedGenerator:
    """Return the generator, frozen and in evaluation mode. Raises CheckpointError."""
    card = load_card(folder, name)
    tensors = checkpoint_files.read_tensors(name, card.weights_sha256, folder)
    config = GanConfig(**card.config)
    with torch.random.fork_rng(devices=[]):
        generator = build_generator(config)
        discriminator = Discriminator(config.discriminator, labelled=config.labelled)
    try:
        generator.load_state_dict(_part(tensors, "generator."))
        discriminator.load_state_dict(_part(tensors, "discriminator."))
        growth = tensors["growth"]
    except (RuntimeError, KeyError):
        raise CheckpointError("The generator's weights do not fit what its card describes.") from None
    both = generator.to(memory_format=torch.channels_last), discriminator.to(memory_format=torch.channels_last)
    for network in both:
        network.eval().requires_grad_(False)
    return TrainedGenerator(card, *both, growth)


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
