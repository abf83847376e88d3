"""A training as it is at one moment: learner, inputs and optimizer, which settings may change while it runs."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.digits.datasets import Digits
from core.inversion.functions import Invert
from core.networks.classifier import Classifier
from core.system import interrupts
from core.system.device import find_device, repeatable
from core.training.adversarial import check_attack, with_attacks
from core.training.captured import CapturedStep, Step
from core.training.changes import TrainingChanges
from core.training.config import TrainConfig
from core.training.layers import LayerSettings
from core.training.modes import mode_dependent_modules, set_training
from core.training.optimizers import adjust_optimizer, make_optimizer, penalize, with_learning_rates
from core.training.samples import Samples, make_learner
from core.training.state import RandomState

SETTINGS = ("momentum", "batch", "l2", "penalty")  # of a TrainConfig that may change


class RunningTraining:
    """The parts of one training. Raises ValueError for data or a device that cannot be used."""

    learner: nn.Module
    samples: Samples
    held_out: Samples
    optimizer: torch.optim.Optimizer

    def __init__(self, network: Classifier, digits: Digits, validation: Digits, config: TrainConfig) -> None:
        _check(digits, validation, config)
        check_attack(network, config)
        device = find_device(config.device)
        if config.alternate:
            network.inversion = Invert(config.alternate[0])
        self.network, self.config, self._first = network.to(device), config, config
        self._digits, self._validation = digits.to(device), validation.to(device)
        self._layers, self._changes = LayerSettings(network), TrainingChanges()
        self.random = RandomState(config.seed, device)
        self.loss_sum, self.correct = torch.zeros((), device=device), torch.zeros((), dtype=torch.long, device=device)
        """Sums over the batches since the last record."""
        self._build()

    @property
    def parts(self) -> tuple[Classifier, torch.optim.Optimizer, RandomState]:
        """What the state of a training consists of."""
        return self.network, self.optimizer, self.random

    @property
    def report_every(self) -> int:
        """Batches per record: about as many digits as before, if the batch size was changed."""
        return max(1, self.config.report_every * self._first.batch // self.config.batch)

    def begin_epoch(self, epoch: int, changes: TrainingChanges) -> None:
        """Prepare for an epoch. Raises ValueError for changes that cannot be."""
        if changes.frozen != self._changes.frozen:
            self._layers.freeze(changes.frozen)
            memory = self.optimizer.state
            self.network.zero_grad(set_to_none=True)  # the next optimizer knows nothing of what is frozen now
            self._build()
            self.optimizer.state.update(memory)
        self._adjust(changes)
        if self.config.alternate and isinstance(self.network.inversion, Invert):
            self.network.inversion.name = self.config.alternate[(epoch - 1) % len(self.config.alternate)]
            self._step = self._make_step()  # what was captured still has the inversion of the epoch before

    def adjust(self, changes: TrainingChanges) -> None:
        """Make changes within an epoch; batch size and frozen stages wait for the next one."""
        self._adjust(replace(changes, batch=self._changes.batch, frozen=self._changes.frozen))

    def _adjust(self, changes: TrainingChanges) -> None:
        changes = replace(changes, learning_rate=None)  # set before each batch, without another capture
        if changes == self._changes:
            return
        named = {name: value for name, value in changes.list_set().items() if name in SETTINGS}
        self._changes, self.config = changes, replace(self._first, **named)
        _check(self._digits, self._validation, self.config)
        adjust_optimizer(self.optimizer, self.config)
        self._layers.set_dropout(changes.dropout)
        self._step = self._make_step()

    def _build(self) -> None:
        """Make what depends on which layers learn."""
        network, config = self.network, self.config
        self.learner, self.samples, self.held_out = make_learner(network, self._digits, self._validation)
        if config.attack != "none":
            attacked = with_attacks(self.samples.inputs, self.samples.labels, self.learner, config)
            self.samples = replace(self.samples, inputs=attacked)
        learning = [parameter for parameter in self.learner.parameters() if parameter.requires_grad]
        self.optimizer = make_optimizer(learning, config)
        self._mode_dependent = mode_dependent_modules(self.learner)
        self.learner.eval()
        self._step = self._make_step()

    def draw_batches(self) -> Sequence[Tensor]:
        """Return the indices of all digits in a new order, in batches."""
        return self.random.shuffle(len(self.samples.labels)).split(self.config.batch)

    def learn(self, batches: Sequence[Tensor], rates: Sequence[float]) -> tuple[float, float]:
        """Train on whole batches, each with its learning rate; return their mean loss and accuracy in percent.

        Nothing is yielded in here, so neither the training mode nor the random state leaks to the consumer. The sums
        stay on the device until all batches are done: reading one would wait for every batch before it.
        """
        self.loss_sum.zero_()
        self.correct.zero_()
        set_training(self._mode_dependent, learning=True)
        with self.random.drawing(), repeatable():
            for index in with_learning_rates(self.optimizer, batches, rates):
                interrupts.check()
                self._step(index)
        set_training(self._mode_dependent, learning=False)
        count = sum(map(len, batches))
        return float(self.loss_sum) / count, 100 * float(self.correct) / count

    def _make_step(self) -> Step:
        """Return the function that trains on the digits at some indices; captured on CUDA, except for attacks."""
        step = partial(_learn_batch, self)
        if self.random.device.type == "cuda" and self.config.attack == "none":
            changed = [*self.learner.state_dict().values(), self.loss_sum, self.correct]
            return CapturedStep(step, changed, self.optimizer, self.config.batch)
        return step

    def end(self) -> None:
        """Leave a network that can be used: in evaluation mode, as it was set up, without gradients, on the CPU."""
        self.network.zero_grad(set_to_none=True)
        self._layers.restore()
        self.network.cpu().eval()


def _check(digits: Digits, validation: Digits, config: TrainConfig) -> None:
    if config.batch > len(digits):
        raise ValueError(f"A batch of {config.batch:,} is larger than the {len(digits):,} training digits.")
    if (digits.labels == digits.labels[0]).all():
        raise ValueError("All training digits are of one class: there is nothing to tell apart.")
    if not len(validation):
        raise ValueError("There are no validation digits.")


def _learn_batch(training: RunningTraining, index: Tensor) -> None:
    config, labels = training.config, training.samples.labels[index]
    training.optimizer.zero_grad(set_to_none=True)
    with torch.autocast(labels.device.type, torch.bfloat16, enabled=config.precision == "bfloat16"):
        logits = training.learner(training.samples.inputs(index))
        loss = cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
    loss.backward()
    penalize(training.optimizer, config)
    training.optimizer.step()
    training.loss_sum.add_(loss.detach() * len(index))
    training.correct.add_((logits.detach().argmax(1) == labels).sum())
