"""Training as a generator of frozen records: close it to stop, collect it to wait."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from core.digits.datasets import Digits
from core.inversion.functions import Invert
from core.networks.classifier import Classifier
from core.system import interrupts
from core.training.changes import TrainingChanges
from core.training.config import TrainConfig as TrainConfig  # also imported from here
from core.training.running import RunningTraining
from core.training.samples import measure
from core.training.state import TrainState

MAX_LOSS = 1e4  # guessing has a loss of 2.3, the logarithm of ten classes; no training recovers from this


DIVERGED = "Training diverged"  # so begins the sentence of a DivergedError


class DivergedError(ValueError):
    """The loss is not finite, or huge; the network is back in its state after the last good epoch."""


Changes = Callable[[int, int], TrainingChanges]
"""The epoch, and how many of its batches are done -> what is changed from then on."""


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
    changes: Changes = lambda epoch, batch: TrainingChanges(),
) -> Generator[TrainStep, None, None]:
    """Train `network` in place, yielding a record every `report_every` batches and at each epoch's end.

    Closing early leaves a usable network: whole batches only, evaluation mode, no gradients kept. `state` is updated at
    each epoch's end; passed again, training resumes after that epoch, bit by bit as if it had never stopped.
    `changes` is called before each record's batches; what it changes at an epoch and batch must be the same when that
    epoch is repeated. Raises ValueError for data, a device or changes that cannot be used, and DivergedError.
    """
    training = RunningTraining(network, digits, validation, config)
    state = TrainState() if state is None else state
    try:
        state.begin(*training.parts)
        for epoch in range(state.epoch + 1, config.epochs + 1):
            for record in _epoch(training, epoch, state.seconds, changes):
                if record.validation_loss is not None:
                    state.capture(record.epoch, record.seconds, *training.parts)
                yield record
    except DivergedError:
        state.restore(*training.parts)
        raise
    finally:
        if config.alternate:  # the same at the end after any number of epochs
            network.inversion = Invert(config.alternate[-1])
        training.end()


def _epoch(training: RunningTraining, epoch: int, seconds: float, changes: Changes) -> Iterator[TrainStep]:
    """Train on all digits once. Raises DivergedError."""
    start, changed = interrupts.working_time(), changes(epoch, 0)
    training.begin_epoch(epoch, changed)
    batches, every = training.draw_batches(), training.report_every
    for first in range(0, len(batches), every):
        if first:
            changed = changes(epoch, first)
            training.adjust(changed)
        rates = _learning_rates(training.config, changed, epoch, len(batches))[first : first + every]
        loss, accuracy = training.learn(batches[first : first + every], rates)
        done = first + len(rates)
        figures = measure(training.learner, training.held_out) if done == len(batches) else (None, None)
        if not (loss < MAX_LOSS and (figures[0] or 0.0) < MAX_LOSS):  # written so that `nan` is caught too
            raise DivergedError(
                f"{DIVERGED} in epoch {epoch}, with a learning rate of {rates[-1]:g}: the loss became too large. The "
                "network is kept as it was before that epoch; a lower learning rate may help."
            )
        seconds += interrupts.working_time() - start
        yield TrainStep(epoch, done, len(batches), loss, accuracy, seconds, rates[-1], *figures)
        start = interrupts.working_time()


def _learning_rates(config: TrainConfig, changed: TrainingChanges, epoch: int, batches: int) -> list[float]:
    """Return the learning rate of each batch of an epoch."""
    rate = changed.learning_rate
    return config.learning_rates(epoch, batches) if rate is None else [rate] * batches
