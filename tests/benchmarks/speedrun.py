"""The preset that trains as fast as possible: how long it takes to what accuracy, on one thread and on a GPU.

On a CPU the seconds are those that one core worked, so that a busy machine measures the same.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from statistics import mean

import torch
from torch import Tensor, nn
from torch.nn.functional import nll_loss
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST

from core.digits.datasets import Dataset
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import MEAN, STD, build
from core.networks.evaluation import evaluate
from core.training.loop import train
from core.training.presets import FAST, FAST_TRAINING, PRESETS, Preset
from tests.benchmarks import Measured, gpu, mnist
from tests.benchmarks.timing import Run

CPU_SEEDS, GPU_SEEDS = 3, 10
EPOCHS = {98.5: 1, 99.0: 2}  # of the preset, by the accuracy in percent that they are for
MOST_EPOCHS = 6  # of the usual example
FAST_ON_GPU = Preset(
    description="A larger network, three epochs in bfloat16.",
    architecture="fast on a GPU",
    config=replace(
        FAST,
        learning_rate=0.5,
        batch=500,
        epochs=3,
        l2=5e-4,
        label_smoothing=0.1,
        precision="bfloat16",
        report_every=1000,
    ),
)


def speedrun_cpu() -> Measured:
    """How many times faster than PyTorch's own example, to the lesser gain of two accuracies."""
    with _one_thread():
        usual = _usual_seconds()
        ratios = {goal: usual[goal] / _mean_seconds(goal) for goal in EPOCHS if goal in usual}
    notes = [
        f"To {goal} %: {_mean_seconds(goal):.1f} s ({_mean_accuracy(goal):.2f} %), the example {usual[goal]:.0f} s."
        for goal in ratios
    ]
    fair = [ratio for goal, ratio in ratios.items() if _mean_accuracy(goal) >= goal]
    return Measured(min(fair, default=0.0), [*ratios.values()], " ".join(notes))


def speedrun_cpu_seconds() -> Measured:
    """Seconds of one core to 98.5 % of the test digits."""
    runs = _cpu_runs(98.5)
    return Measured(_mean_seconds(98.5), [run.seconds for run in runs], f"{_mean_accuracy(98.5):.2f} % on average.")


def speedrun_cpu_accuracy() -> Measured:
    """Percent of the test digits, the mean of some seeds."""
    found = [run.result for run in _cpu_runs(98.5)]
    return Measured(mean(found), found, f"{_mean_seconds(98.5):.1f} seconds of one core.")


def cuda_speedrun() -> Measured:
    """Seconds on a GPU, capture and validation included, the mean of ten seeds."""
    seconds = [run.seconds for run in _gpu_runs()]
    return Measured(mean(seconds), seconds, f"{mean(run.result for run in _gpu_runs()):.2f} % on average. {gpu.name()}")


def cuda_speedrun_accuracy() -> Measured:
    """Percent of the test digits, the mean of the same ten seeds."""
    found = [run.result for run in _gpu_runs()]
    return Measured(mean(found), found, gpu.name())


def _mean_seconds(goal: float) -> float:
    return mean(run.seconds for run in _cpu_runs(goal))


def _mean_accuracy(goal: float) -> float:
    return mean(run.result for run in _cpu_runs(goal))


@cache
def _cpu_runs(goal: float) -> list[Run]:
    preset = _with(PRESETS[FAST_TRAINING], epochs=EPOCHS[goal])
    with _one_thread():
        return [_run(_with(preset, seed=seed), mnist.dataset(), time.process_time) for seed in range(CPU_SEEDS)]


@cache
def _gpu_runs() -> list[Run]:
    preset = _with(FAST_ON_GPU, device=gpu.DEVICE)
    _run(preset, gpu.dataset(), time.perf_counter)  # a process's first training also loads CUDA's libraries
    return [_run(_with(preset, seed=seed), gpu.dataset(), time.perf_counter) for seed in range(GPU_SEEDS)]


def _with(preset: Preset, **changes: int | str) -> Preset:
    return replace(preset, config=replace(preset.config, **changes))  # type: ignore[arg-type]


def _run(preset: Preset, data: Dataset, clock: Callable[[], float]) -> Run:
    """Train from scratch; return the seconds, and the percent of the test digits that it reads then."""
    assert preset.architecture is not None
    start = clock()
    network = build(ARCHITECTURES[preset.architecture], seed=preset.config.seed)
    for _ in train(network, data.train, data.validation, preset.config):
        pass
    seconds = clock() - start
    return Run(seconds, evaluate(network.to(data.device), data.test))


def _usual_seconds() -> dict[float, float]:
    """Return the seconds of one core after which the usual example has each accuracy that it reaches."""
    reached: dict[float, float] = {}
    for seconds, accuracy in _usual_epochs():
        for wanted in EPOCHS:
            if accuracy >= wanted:
                reached.setdefault(wanted, seconds)
        if len(reached) == len(EPOCHS):
            break
    return reached


def _usual_epochs() -> Iterator[tuple[float, float]]:
    """Yield the seconds of training and the test accuracy after each epoch of PyTorch's own example for MNIST."""
    torch.manual_seed(1)
    network, seconds = _usual_network(), 0.0
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    schedule = StepLR(optimizer, step_size=1, gamma=0.7)
    batches, test = _usual_batches(train=True, size=64), _usual_batches(train=False, size=1000)
    for _ in range(MOST_EPOCHS):
        start = time.process_time()
        for images, labels in batches:
            optimizer.zero_grad()
            nll_loss(network(images), labels).backward()
            optimizer.step()
        seconds += time.process_time() - start
        schedule.step()
        yield seconds, _usual_accuracy(network, test)


def _usual_network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(9216, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
        nn.LogSoftmax(1),
    )


def _usual_batches(*, train: bool, size: int) -> DataLoader[tuple[Tensor, Tensor]]:
    convert = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])
    return DataLoader(MNIST(str(mnist.folder()), train=train, transform=convert), size, shuffle=train)


@torch.no_grad()
def _usual_accuracy(network: nn.Module, batches: DataLoader[tuple[Tensor, Tensor]]) -> float:
    network.eval()
    correct = [network(images).argmax(1) == labels for images, labels in batches]
    network.train()
    return 100 * float(torch.cat(correct).float().mean())


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
