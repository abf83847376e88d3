"""Pre-training: a discriminator's convolutions as the first weights of a classifier, compared with other weights.

Its record and conclusions are made in `pretraining_record`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from math import ceil
from pathlib import Path

import safetensors.torch
from torch import Tensor, nn

from core.digits.datasets import Dataset
from core.generation import generator_checkpoint
from core.generation.config import GanConfig
from core.generation.dcgan import Gan
from core.generation.loop import train_gan
from core.inversion.functions import freeze
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.networks.evaluation import evaluate
from core.studies import finished_parts
from core.studies.workers import SINGLE_PROCESS, WorkerPool
from core.system import files
from core.training.config import TrainConfig
from core.training.loop import train
from core.zoo.checkpoints import load_classifier

ARCHITECTURE = "published"
RANDOM, UNLABELLED, LABELLED, SUPERVISED = "random", "discriminator", "labelled-discriminator", "supervised"
STARTS = (RANDOM, UNLABELLED, LABELLED, SUPERVISED)
VALIDATION_DIGITS = 100  # of each epoch; they decide nothing
Weights = Mapping[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class PretrainingConfig:
    """The settings of the study. Raises ValueError, one sentence, for impossible ones."""

    labelled: tuple[int, ...] = (100, 1_000, 10_000)
    """Numbers of labelled digits that a classifier learns from."""
    seeds: int = 3
    """Each has its own labelled digits, heads and orders, the same for all first weights."""
    first_seed: int = 42
    gan_epochs: int = 3
    """Epochs of the GAN without labels, on all training digits; it is trained once."""
    batches: int = 200
    """Least number of batches for every classifier."""
    epochs: int = 2
    batch: int = 50
    learning_rate: float = 0.001
    """Adam's default, for all first weights."""

    def __post_init__(self) -> None:
        if min((self.seeds, self.gan_epochs, self.batches, self.epochs, *self.labelled), default=0) < 1:
            raise ValueError("A comparison of first weights takes at least one seed, epoch and labelled digit.")

    def training(self, labelled: int, seed: int) -> TrainConfig:
        """Return the training settings for so many labelled digits."""
        batch = min(self.batch, labelled)
        epochs = max(self.epochs, ceil(self.batches * batch / labelled))
        return TrainConfig(
            epochs=epochs,
            batch=batch,
            optimizer="adam",
            learning_rate=self.learning_rate,
            seed=seed,
            report_every=10**6,
        )


@dataclass(frozen=True)
class PretrainingRow:
    """The accuracy of one classifier."""

    start: str
    """The source of its first convolutions, one of STARTS."""
    frozen: bool
    """Whether the convolutions were frozen."""
    labelled: int
    seed: int
    accuracy: float
    """Percent of all test digits."""


@dataclass(frozen=True)
class PretrainingStep:
    """A part of the study is finished, or an epoch of its GAN."""

    text: str
    """Which part."""
    rows: tuple[PretrainingRow, ...]
    share: float
    """Of all the work, 0 to 1, roughly."""


GAN_SHARE = 0.25  # of the work


def run_pretraining(
    dataset: Dataset, config: PretrainingConfig, out: Path, *, pool: WorkerPool = SINGLE_PROCESS
) -> Iterator[PretrainingStep]:
    """Yield the rows of each seed and number of labelled digits once they are there, a file for each beside `out`.

    A finished part is not run again. The GAN is trained here, whoever does the rest. Raises CheckpointError when a
    shipped network is missing.
    """
    if max(config.labelled) > len(dataset.train):
        raise ValueError(f"There are only {len(dataset.train):,} training digits, not {max(config.labelled):,}.")
    weights: dict[str, Weights] = dict(shipped_weights())
    same = {
        **asdict(config),
        "sha256": dataset.sha256,
        "weights": {name: _weight_sum(one) for name, one in weights.items()},
    }
    yield from _learn_unlabelled(
        dataset, config, finished_parts.part_path(out, UNLABELLED).with_suffix(".safetensors"), weights
    )
    tasks = [(config.first_seed + seed, labelled) for seed in range(config.seeds) for labelled in config.labelled]
    work = partial(_compare, weights, config)
    for step in finished_parts.run_parts(work, tasks, PretrainingRow, same, dataset=dataset, out=out, pool=pool):
        seed, labelled = step.task
        share = GAN_SHARE + (1 - GAN_SHARE) * step.share
        yield PretrainingStep(f"seed {seed}, {labelled:,} labelled digits", step.rows, share)


def _compare(
    weights: Mapping[str, Weights], config: PretrainingConfig, dataset: Dataset, task: tuple[int, int]
) -> list[PretrainingRow]:
    return list(compare_starts(dataset, weights, config, seed=task[0], labelled=task[1]))


def shipped_weights() -> Iterator[tuple[str, Weights]]:
    """Yield the convolutions that ship with the project. Raises CheckpointError."""
    yield LABELLED, _convolutions(generator_checkpoint.load().discriminator.features)
    yield SUPERVISED, _convolutions(load_classifier("standard").features)


def _convolutions(features: nn.Module) -> Weights:
    return {name: tensor.detach().cpu().clone() for name, tensor in features.state_dict().items()}


def _weight_sum(weights: Weights) -> float:
    return round(float(sum(tensor.double().abs().sum() for tensor in weights.values())), 6)


def _learn_unlabelled(
    dataset: Dataset, config: PretrainingConfig, path: Path, weights: dict[str, Weights]
) -> Iterator[PretrainingStep]:
    """Add the convolutions of a discriminator without labels to the weights: from a file, or trained now."""
    settings = GanConfig(discriminator=ARCHITECTURE, labelled=False, epochs=config.gan_epochs, seed=config.first_seed)
    about = json.dumps({**asdict(settings), "sha256": dataset.sha256})
    try:
        with safetensors.safe_open(path, "pt") as file:
            if (file.metadata() or {}).get("about") == about:
                weights[UNLABELLED] = {name: file.get_tensor(name) for name in file.keys()}
                return
    except (OSError, safetensors.SafetensorError):
        pass
    pair = Gan(settings).to(dataset.device)
    for step in train_gan(pair, dataset.train, settings):
        share = (step.epoch - 1 + step.batch / step.batches) / settings.epochs
        yield PretrainingStep(f"a GAN without labels, epoch {step.epoch}", (), GAN_SHARE * share)
    weights[UNLABELLED] = _convolutions(pair.discriminator.features)
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.contiguous() for name, tensor in weights[UNLABELLED].items()}
    files.write_atomically(path, safetensors.torch.save(tensors, {"about": about}))


def compare_starts(
    dataset: Dataset, weights: Mapping[str, Weights], config: PretrainingConfig, *, labelled: int, seed: int
) -> Iterator[PretrainingRow]:
    """Yield the accuracy for each source of first weights, with trained and with frozen convolutions."""
    digits = dataset.train.draw(labelled, seed)
    training = replace(config.training(labelled, seed), device=dataset.device.type)
    for start in STARTS:
        for frozen in (False, True):
            network = build_start(weights.get(start), seed=seed, frozen=frozen)
            for _ in train(network, digits, dataset.validation.first(VALIDATION_DIGITS), training):
                pass
            read = round(evaluate(network.to(dataset.device), dataset.test), 2)
            yield PretrainingRow(start, frozen, labelled, seed, read)


def build_start(convolutions: Weights | None, *, seed: int, frozen: bool) -> Classifier:
    """Return a classifier with these convolutions (None: random ones); the seed alone decides its head."""
    network = build(ARCHITECTURES[ARCHITECTURE], seed=seed)
    if convolutions is not None:
        network.features.load_state_dict(convolutions)
    if frozen:
        freeze(network)
    return network
