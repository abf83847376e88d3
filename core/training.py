"""Training as a generator of frozen records: close it to stop, collect it to wait.

Frozen features are computed once and the head is trained on the cached vectors: the same result, several times faster.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.datasets import Digits
from core.inversion import Invert, is_frozen
from core.networks import Classifier

EVALUATION_BATCH = 125  # small enough for the activations to stay in the processor's cache


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How to train; the defaults are the published code's (A5)."""

    epochs: int = 10
    batch: int = 64
    learning_rate: float = 0.01
    momentum: float = 0.5
    optimizer: Literal["sgd", "adam"] = "sgd"
    l2: float = 0.0
    """Strength of the L2 penalty, on weights only and never on biases (T4)."""
    seed: int = 42
    """Decides the order of the digits and the dropout; the start weights have their own seed."""
    alternate: tuple[str, ...] = ()
    """Inversions taken in turn, one per epoch; empty: the network's own (M16, alternating epochs)."""
    precision: Literal["float32", "bfloat16"] = "float32"
    report_every: int = 100
    """Batches per record."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "report_every"):
            if getattr(self, name) < 1:
                label = name.replace("_", " ").capitalize()
                raise ValueError(f"{label} must be at least 1, not {getattr(self, name)}.")
        if not 0 < self.learning_rate < float("inf"):
            raise ValueError(f"The learning rate must be a number above 0, not {self.learning_rate}.")
        if not 0 <= self.l2 < float("inf"):
            raise ValueError(f"The L2 strength must be 0 or more, not {self.l2}.")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"The momentum must be a number from 0 up to 1, not {self.momentum}.")
        for chosen, known in ((self.optimizer, ("sgd", "adam")), (self.precision, ("float32", "bfloat16"))):
            if chosen not in known:
                raise ValueError(f"Choose {' or '.join(known)}, not {chosen!r}.")
        for inversion in self.alternate:
            Invert(inversion)


@dataclass(frozen=True)
class TrainStep:
    """What happened since the last record; validation figures come with the last record of an epoch."""

    epoch: int
    batch: int
    batches: int
    loss: float
    accuracy: float
    """Percent of the digits of these batches read correctly while learning."""
    seconds: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None


@dataclass(frozen=True, eq=False)
class _Samples:
    """What the learner reads: pictures, or the feature vectors of a frozen network."""

    inputs: Callable[[Tensor], Tensor]
    labels: Tensor


def train(network: Classifier, digits: Digits, validation: Digits, config: TrainConfig) -> Iterator[TrainStep]:
    """Train `network` in place, yielding a record every `report_every` batches and at each epoch's end.

    Closing early leaves a usable network: whole batches only, evaluation mode, no gradients kept.
    """
    if config.alternate:
        network.inversion = Invert(config.alternate[0])
    learner, samples, held_out = _learner(network, digits, validation)
    optimizer = _optimizer(learner, config)
    generator = torch.Generator().manual_seed(config.seed)
    dropout = torch.Generator().manual_seed(config.seed).get_state()
    start = time.perf_counter()
    try:
        for epoch in range(1, config.epochs + 1):
            if config.alternate and isinstance(network.inversion, Invert):
                network.inversion.name = config.alternate[(epoch - 1) % len(config.alternate)]
            batches = torch.randperm(len(samples.labels), generator=generator).split(config.batch)
            for first in range(0, len(batches), config.report_every):
                chunk = batches[first : first + config.report_every]
                loss, accuracy, dropout = _learn(learner, samples, chunk, optimizer, config.precision, dropout)
                done = first + len(chunk)
                figures = _evaluate(learner, held_out) if done == len(batches) else (None, None)
                yield TrainStep(epoch, done, len(batches), loss, accuracy, time.perf_counter() - start, *figures)
    finally:
        if config.alternate:  # what the network is called after, however many epochs it had
            network.inversion = Invert(config.alternate[-1])
        optimizer.zero_grad(set_to_none=True)
        network.eval()


def _learner(network: Classifier, digits: Digits, validation: Digits) -> tuple[nn.Module, _Samples, _Samples]:
    """Return what learns and what it reads: all of the network, or only its head on cached vectors."""
    if is_frozen(network):
        head = nn.Sequential(network.inversion, network.head)
        return head, _cached(network, digits), _cached(network, validation)
    return network, _Samples(digits.images, digits.labels), _Samples(validation.images, validation.labels)


@torch.no_grad()
def feature_vectors(network: Classifier, digits: Digits) -> Tensor:
    """Return the features `(N, F)` of all digits, before inversion."""
    network.features.eval()
    chunks = torch.arange(len(digits)).split(EVALUATION_BATCH)
    return torch.cat([network.features(digits.images(index)) for index in chunks])


def _cached(network: Classifier, digits: Digits) -> _Samples:
    return _Samples(feature_vectors(network, digits).__getitem__, digits.labels)


def _optimizer(learner: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    learning = [parameter for parameter in learner.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in learning if p.ndim > 1], "weight_decay": config.l2},
        {"params": [p for p in learning if p.ndim == 1], "weight_decay": 0.0},
    ]
    if config.optimizer == "adam":
        return torch.optim.Adam(groups, lr=config.learning_rate, fused=True)
    return torch.optim.SGD(groups, lr=config.learning_rate, momentum=config.momentum, fused=True)


def _learn(
    learner: nn.Module,
    samples: _Samples,
    batches: Sequence[Tensor],
    optimizer: torch.optim.Optimizer,
    precision: str,
    dropout: Tensor,
) -> tuple[float, float, Tensor]:
    """Learn from whole batches; return their mean loss, accuracy in percent, and dropout's next random state.

    No yield happens in here, so neither training mode nor the random state ever leaks to the consumer.
    """
    loss_sum, correct, count = torch.zeros(()), torch.zeros((), dtype=torch.long), 0
    learner.train()
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(dropout)
        for index in batches:
            labels = samples.labels[index]
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                logits = learner(samples.inputs(index))
                loss = cross_entropy(logits, labels)
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach() * len(index)
            correct += (logits.detach().argmax(1) == labels).sum()
            count += len(index)
        dropout = torch.get_rng_state()
    learner.eval()
    return float(loss_sum) / count, 100 * float(correct) / count, dropout


@torch.no_grad()
def _evaluate(learner: nn.Module, samples: _Samples) -> tuple[float, float]:
    loss, correct = 0.0, 0
    for index in torch.arange(len(samples.labels)).split(EVALUATION_BATCH):
        logits, labels = learner(samples.inputs(index)), samples.labels[index]
        loss += float(cross_entropy(logits, labels, reduction="sum"))
        correct += int((logits.argmax(1) == labels).sum())
    return loss / len(samples.labels), 100 * correct / len(samples.labels)
