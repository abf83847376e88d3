"""Training on a GPU; absolute times, which hold for the card that the note names."""

import time
from dataclasses import replace
from functools import cache
from itertools import pairwise

import torch
from torch.nn.functional import cross_entropy

from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.networks.evaluation import evaluate
from core.studies.arms import ARMS
from core.studies.missing_features import run_seeds
from core.system.device import find_device, wait_for
from core.training.config import TrainConfig
from core.training.loop import train
from core.training.many_seeds import train_many
from core.zoo.recipes import SEED
from tests.benchmarks import Measured, gpu
from tests.benchmarks.loops import BATCH, usual_loader, usual_network, usual_optimizer

CONFIG = TrainConfig(learning_rate=0.1)  # the recipe of the shipped network `standard`
WORKERS = 8
SEEDS, STUDY_SEEDS = 32, 10


def cuda_epoch() -> Measured:
    """Seconds of an epoch, the fastest of four, without validation and after the capture."""
    runs = _epochs()
    return Measured(min(runs), runs, gpu.name())


def cuda_epoch_ratio() -> Measured:
    """How many times faster than a DataLoader with eight workers in the same run."""
    gpu.need()
    usual = [_usual_epoch() for _ in range(2)]
    return Measured(min(usual) / min(_epochs()), usual, f"Runs: seconds of the DataLoader. {gpu.name()}")


def cuda_ten_epochs() -> Measured:
    """Seconds of the recipe `standard`, its capture and validation included."""
    train_one(epochs=1, count=2_000)  # a process's first training also loads CUDA's libraries
    start = time.perf_counter()
    network = train_one(epochs=10)
    seconds = time.perf_counter() - start
    accuracy = evaluate(network.to(gpu.DEVICE), gpu.dataset().test)
    return Measured(seconds, [seconds], f"{accuracy:.2f} % of the test digits. {gpu.name()}")


def cuda_seeds() -> Measured:
    """Seconds of an epoch of 32 networks side by side, divided by 32, after the capture; TF32 is in the note."""
    runs, with_tf32 = _side_by_side(), _side_by_side(tf32=True)
    return Measured(min(runs), runs, f"With TF32 {min(with_tf32):.3f}. {gpu.name()}")


def cuda_study() -> Measured:
    """Seconds of all arms of the published network with ten seeds."""
    data, start = gpu.dataset(), time.perf_counter()
    for _ in run_seeds(data, "published", range(SEED, SEED + STUDY_SEEDS), tuple(ARMS)):
        pass
    seconds = time.perf_counter() - start
    return Measured(seconds, [seconds], f"{len(ARMS)} arms. {gpu.name()}")


def _side_by_side(*, tf32: bool = False) -> list[float]:
    """Return the seconds per seed of each epoch but the first, in which the step is captured."""
    networks = [build(ARCHITECTURES["published"], seed=seed) for seed in range(SEEDS)]
    before, torch.backends.cuda.matmul.allow_tf32 = torch.backends.cuda.matmul.allow_tf32, tf32
    try:
        config = replace(CONFIG, epochs=3, device=gpu.DEVICE)
        ends = [step.seconds for step in train_many(networks, gpu.dataset().train, config, seeds=range(SEEDS))]
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
    return [(end - start) / SEEDS for start, end in pairwise(ends)]


def train_one(*, epochs: int, count: int = 50_000):
    """Return the published network after so many epochs on the first `count` training digits."""
    data, network = gpu.dataset(), build(ARCHITECTURES["published"])
    config = replace(CONFIG, epochs=epochs, device=gpu.DEVICE)
    for _ in train(network, data.train.first(count), data.validation, config):
        pass
    return network


@cache
def _epochs() -> list[float]:
    data, seconds = gpu.dataset(), []
    config, before = replace(CONFIG, epochs=5, device=gpu.DEVICE), 0.0
    for record in train(build(ARCHITECTURES["published"]), data.train, data.validation.first(1), config):
        if record.batch == record.batches:
            seconds.append(record.seconds - before)
            before = record.seconds
    return seconds[1:]


def _usual_epoch() -> float:
    network = usual_network("published").to(gpu.DEVICE)
    optimizer, loader = usual_optimizer(network), usual_loader(50_000, BATCH, workers=WORKERS)
    next(iter(loader))  # starts its workers
    network.train()
    start = time.perf_counter()
    for inputs, labels in loader:
        optimizer.zero_grad()
        cross_entropy(network(inputs.to(gpu.DEVICE)), labels.to(gpu.DEVICE)).backward()
        optimizer.step()
    wait_for(find_device(gpu.DEVICE))
    return time.perf_counter() - start
