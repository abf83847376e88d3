"""Training as a generator of frozen records: close it to stop, collect it to wait.

Frozen features are computed once and the head is trained on the cached vectors: the same result, several times faster.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.digits.datasets import Digits
from core.inversion.functions import Invert, is_frozen
from core.networks.classifier import Classifier
from core.system import interrupts, plain_optimizers
from core.system.device import find_device, repeatable
from core.training.adversarial import check_attack, with_attacks
from core.training.captured import CapturedStep, Step
from core.training.config import TrainConfig as TrainConfig  # also imported from here
from core.training.config import check_learning_rate
from core.training.modes import mode_dependent_modules, set_training
from core.training.state import RandomState, TrainState

EVALUATION_BATCH = 125  # small enough for the activations to stay in the processor's cache
EVALUATION_BATCH_GPU = 5000  # large enough for a GPU to be busy
MAX_LOSS = 1e4  # guessing has a loss of 2.3, the logarithm of ten classes; no training recovers from this


DIVERGED = "Training diverged"  # so begins the sentence of a DivergedError


class DivergedError(ValueError):
    """The loss is not finite, or huge; the network is back in its state after the last good epoch."""


@dataclass(frozen=True)
class TrainStep:
    """Training since the last record; the last record of an epoch has validation figures."""

    epoch: int
    batch: int
    batches: int
    loss: float
    """Mean cross-entropy of these batches, with smoothed labels if so trained, without penalties."""
    accuracy: float
    """Training accuracy on these batches, percent."""
    seconds: float
    """Training and validation time since the first epoch began, without the consumer's."""
    learning_rate: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None

    def __post_init__(self) -> None:
        if self.batches < 1:
            raise ValueError("An epoch has at least one batch.")


def train(
    network: Classifier,
    digits: Digits,
    validation: Digits,
    config: TrainConfig,
    *,
    state: TrainState | None = None,
    learning_rate: Callable[[], float | None] = lambda: None,
) -> Generator[TrainStep, None, None]:
    """Train `network` in place, yielding a record every `report_every` batches and at each epoch's end.

    Closing early leaves a usable network: whole batches only, evaluation mode, no gradients kept. `state` is updated at
    each epoch's end; passed again, training resumes after that epoch, bit by bit as if it had never stopped.
    `learning_rate` is called before each record's batches; None means the config's. Raises ValueError for data or a
    device that cannot be used, and DivergedError.
    """
    training = _prepare(network, digits, validation, config)
    state = TrainState() if state is None else state
    parts = network, training.optimizer, training.random
    try:
        state.begin(*parts)
        for record in _remaining_epochs(training, network, state, learning_rate):
            if record.validation_loss is not None:
                state.capture(record.epoch, record.seconds, *parts)
            yield record
    except DivergedError:
        state.restore(*parts)
        raise
    finally:
        if config.alternate:  # the same at the end after any number of epochs
            network.inversion = Invert(config.alternate[-1])
        training.optimizer.zero_grad(set_to_none=True)
        network.cpu().eval()


@dataclass(frozen=True, eq=False)
class _Samples:
    """Inputs of the learner: pictures, attacked or not, or the feature vectors of a frozen network."""

    inputs: Callable[[Tensor], Tensor]
    labels: Tensor


@dataclass(frozen=True, eq=False)
class _Training:
    """The parts of one training."""

    config: TrainConfig
    learner: nn.Module
    samples: _Samples
    held_out: _Samples
    optimizer: torch.optim.Optimizer
    random: RandomState
    mode_dependent: list[nn.Module]
    """Modules that behave differently in training and evaluation mode."""
    loss_sum: Tensor
    correct: Tensor
    """Sums over the batches since the last record."""


def _prepare(network: Classifier, digits: Digits, validation: Digits, config: TrainConfig) -> _Training:
    if config.batch > len(digits):
        raise ValueError(f"A batch of {config.batch:,} is larger than the {len(digits):,} training digits.")
    if (digits.labels == digits.labels[0]).all():
        raise ValueError("All training digits are of one class: there is nothing to tell apart.")
    if not len(validation):
        raise ValueError("There are no validation digits.")
    check_attack(network, config)
    device = find_device(config.device)
    if config.alternate:
        network.inversion = Invert(config.alternate[0])
    learner, samples, held_out = _learner(network.to(device), digits.to(device), validation.to(device))
    if config.attack != "none":
        samples = replace(samples, inputs=with_attacks(samples.inputs, samples.labels, learner, config))
    learning = [parameter for parameter in learner.parameters() if parameter.requires_grad]
    optimizer, random = make_optimizer(learning, config), RandomState(config.seed, device)
    sums = torch.zeros((), device=device), torch.zeros((), dtype=torch.long, device=device)
    return _Training(
        config, learner.eval(), samples, held_out, optimizer, random, mode_dependent_modules(learner), *sums
    )


def _remaining_epochs(
    training: _Training, network: Classifier, state: TrainState, learning_rate: Callable[[], float | None]
) -> Iterator[TrainStep]:
    """Train the epochs after `state`, which the caller updates at the end of each. Raises DivergedError."""
    config, step = training.config, _make_step(training)
    for epoch in range(state.epoch + 1, config.epochs + 1):
        if config.alternate and isinstance(network.inversion, Invert):
            network.inversion.name = config.alternate[(epoch - 1) % len(config.alternate)]
            step = _make_step(training)  # what was captured still has the inversion of the epoch before
        yield from _epoch(training, step, epoch, state.seconds, learning_rate)


def _epoch(
    training: _Training, step: Step, epoch: int, seconds: float, learning_rate: Callable[[], float | None]
) -> Iterator[TrainStep]:
    """Train on all digits once. Raises DivergedError."""
    config = training.config
    batches = training.random.shuffle(len(training.samples.labels)).split(config.batch)
    planned = config.learning_rates(epoch, len(batches))
    for first in range(0, len(batches), config.report_every):
        start = interrupts.working_time()
        chunk = batches[first : first + config.report_every]
        rate = learning_rate()
        rates = [rate] * len(chunk) if rate else planned[first : first + len(chunk)]
        loss, accuracy = _learn(training, step, chunk, rates)
        done = first + len(chunk)
        figures = _evaluate(training.learner, training.held_out) if done == len(batches) else (None, None)
        if not (loss < MAX_LOSS and (figures[0] or 0.0) < MAX_LOSS):  # written so that `nan` is caught too
            raise DivergedError(
                f"{DIVERGED} in epoch {epoch}, with a learning rate of {rates[-1]:g}: the loss became too large. The "
                "network is kept as it was before that epoch; a lower learning rate may help."
            )
        seconds += interrupts.working_time() - start
        yield TrainStep(epoch, done, len(batches), loss, accuracy, seconds, rates[-1], *figures)


def with_learning_rates(
    optimizer: torch.optim.Optimizer, batches: Sequence[Tensor], rates: Sequence[float]
) -> Iterator[Tensor]:
    """Yield each batch once its learning rate is set, also for a captured step. Raises ValueError for a bad rate."""
    current = None
    for batch, rate in zip(batches, rates, strict=True):
        if rate != current:  # on a GPU each setting costs a launch
            _set_learning_rate(optimizer, rate)
        current = rate
        yield batch


def _set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    check_learning_rate(rate)
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def _learner(network: Classifier, digits: Digits, validation: Digits) -> tuple[nn.Module, _Samples, _Samples]:
    """Return the learner and its inputs: the whole network, or only its head on cached vectors."""
    if is_frozen(network):
        head = nn.Sequential(network.inversion, network.head)
        return head, _cached(network, digits), _cached(network, validation)
    return network, _Samples(digits.images, digits.labels), _Samples(validation.images, validation.labels)


@torch.no_grad()
def feature_vectors(network: Classifier, digits: Digits) -> Tensor:
    """Return the features `(N, F)` of all digits, before inversion."""
    network.features.eval()
    return torch.cat([network.extract(digits.images(index)) for index in evaluation_batches(digits.labels)])


def _cached(network: Classifier, digits: Digits) -> _Samples:
    return _Samples(feature_vectors(network, digits).__getitem__, digits.labels)


def make_optimizer(learning: Sequence[Tensor], config: TrainConfig, *, stacked: bool = False) -> torch.optim.Optimizer:
    """Return the optimizer of these parameters, whose first dimension is the network's number if they are stacked.

    L2 is on weights only. Raises ValueError if there are no parameters.
    """
    if not learning:
        raise ValueError("All stages of this network are frozen: there is nothing to train.")
    dimensions, on_cuda = 1 + stacked, learning[0].device.type == "cuda"  # of a bias
    groups = [
        {"params": [p for p in learning if p.ndim > dimensions], "weight_decay": config.l2},
        {"params": [p for p in learning if p.ndim == dimensions], "weight_decay": 0.0},
    ]
    # A captured step reads the learning rate from the device, where it can be changed without another capture.
    rate = torch.tensor(config.learning_rate, device=learning[0].device) if on_cuda else config.learning_rate
    if config.optimizer == "adam":
        return plain_optimizers.Adam(groups, lr=rate, fused=True, capturable=on_cuda)
    return plain_optimizers.SGD(groups, lr=rate, momentum=config.momentum, nesterov=config.nesterov, fused=True)


def _learn(training: _Training, step: Step, batches: Sequence[Tensor], rates: Sequence[float]) -> tuple[float, float]:
    """Train on whole batches, each with its learning rate; return their mean loss and accuracy in percent.

    Nothing is yielded in here, so neither the training mode nor the random state leaks to the consumer. The sums stay
    on the device until all batches are done: reading one would wait for every batch before it.
    """
    training.loss_sum.zero_()
    training.correct.zero_()
    set_training(training.mode_dependent, learning=True)
    with training.random.drawing(), repeatable():
        for index in with_learning_rates(training.optimizer, batches, rates):
            interrupts.check()
            step(index)
    set_training(training.mode_dependent, learning=False)
    count = sum(map(len, batches))
    return float(training.loss_sum) / count, 100 * float(training.correct) / count


def _make_step(training: _Training) -> Step:
    """Return the function that trains on the digits at some indices; captured on CUDA, except for attacks."""
    step = partial(_step, training)
    if training.random.device.type == "cuda" and training.config.attack == "none":
        changed = [*training.learner.state_dict().values(), training.loss_sum, training.correct]
        return CapturedStep(step, changed, training.optimizer, training.config.batch)
    return step


def _step(training: _Training, index: Tensor) -> None:
    labels = training.samples.labels[index]
    training.optimizer.zero_grad(set_to_none=True)
    with torch.autocast(labels.device.type, torch.bfloat16, enabled=training.config.precision == "bfloat16"):
        logits = training.learner(training.samples.inputs(index))
        loss = cross_entropy(logits, labels, label_smoothing=training.config.label_smoothing)
    loss.backward()
    penalize(training.optimizer, training.config)
    training.optimizer.step()
    training.loss_sum.add_(loss.detach() * len(index))
    training.correct.add_((logits.detach().argmax(1) == labels).sum())


@torch.no_grad()
def penalize(optimizer: torch.optim.Optimizer, config: TrainConfig) -> None:
    """Add the gradient of sum(|w|^power) / power to that of every weight, as weight decay does for L2."""
    if config.penalty:
        for weight in optimizer.param_groups[0]["params"]:
            gradient = weight.sign() if config.power == 1 else weight.sign() * weight.abs() ** (config.power - 1)
            weight.grad.add_(gradient, alpha=config.penalty)


@torch.no_grad()
def _evaluate(learner: nn.Module, samples: _Samples) -> tuple[float, float]:
    losses, correct = [], []
    for index in evaluation_batches(samples.labels):
        logits, labels = learner(samples.inputs(index)), samples.labels[index]
        losses.append(cross_entropy(logits, labels, reduction="sum"))
        correct.append((logits.argmax(1) == labels).sum())
    count = len(samples.labels)  # read at the end alone: on a GPU each reading waits for all that was computed before
    return sum(torch.stack(losses).tolist()) / count, 100 * sum(torch.stack(correct).tolist()) / count


def evaluation_batches(labels: Tensor) -> Iterator[Tensor]:
    """Yield the indices of all digits `(N,)` in parts that suit the device; the work may end before each."""
    size = EVALUATION_BATCH if labels.device.type == "cpu" else EVALUATION_BATCH_GPU
    for index in torch.arange(len(labels), device=labels.device).split(size):
        interrupts.check()
        yield index
