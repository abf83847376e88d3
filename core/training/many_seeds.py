"""Train many networks of one architecture side by side, each from its own seed, as one network with stacked weights.

A step of one small network leaves a GPU nearly idle. Here every layer computes all networks at once (`torch.func`), and
the step is captured as a CUDA graph; the benchmark `cuda-seeds` measures it.
"""

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.functional import cross_entropy, pad

from core.digits.datasets import Digits
from core.inversion.functions import Invert
from core.networks.classifier import Classifier
from core.system import interrupts
from core.system.device import find_device, repeatable
from core.training.captured import CapturedStep, Step
from core.training.config import TrainConfig
from core.training.loop import MAX_LOSS
from core.training.modes import mode_dependent_modules, set_training
from core.training.optimizers import make_optimizer, penalize, with_learning_rates
from core.training.state import RandomState

PARTS = 8  # of a batch: with one, the gradient of all filters is a single sum, in which most of a GPU has nothing to do


@dataclass(frozen=True)
class ManySeedsStep:
    """One epoch of all networks; each figure is a tuple, in the order of the networks."""

    epoch: int
    losses: tuple[float, ...]
    """Mean cross-entropy of the epoch's batches, without penalties."""
    accuracies: tuple[float, ...]
    """Training accuracy, percent."""
    diverged: tuple[bool, ...]
    """Whether a training has diverged: the network keeps its weights from before that epoch, and stops learning."""
    seconds: float
    """Since the first epoch began, without the consumer's time."""


def train_many(
    networks: Sequence[Classifier], digits: Digits | Sequence[Digits], config: TrainConfig, *, seeds: Sequence[int]
) -> Iterator[ManySeedsStep]:
    """Train `networks` in place, each from its seed, on the same digits or each on its own; yield every epoch.

    Each network ends as `train` leaves it, within float tolerance; what is drawn at random while it learns (dropout,
    random cuts) differs. Closing early leaves usable networks. Raises ValueError for training on attacked digits, and
    for a device that cannot be used.
    """
    if config.attack != "none":
        raise ValueError("Networks that learn from attacked digits cannot learn side by side.")
    training, seconds = _stack(networks, digits, config, seeds), 0.0
    try:
        for epoch in range(1, config.epochs + 1):
            start = interrupts.working_time()
            losses, accuracies = _learn(training, epoch)
            seconds += interrupts.working_time() - start
            yield ManySeedsStep(epoch, losses, accuracies, tuple(training.diverged.tolist()), seconds)
    finally:
        _unstack(training, networks)


@dataclass(frozen=True, eq=False)
class _Training:
    """Networks of one architecture as one: every weight and sum has the networks as its first dimension."""

    config: TrainConfig
    base: nn.Module
    """Computes one network; its own weights are not used."""
    weights: dict[str, Tensor]
    buffers: dict[str, Tensor]
    digits: Digits
    """The digits of all networks, one network's after the other's; or those that they share."""
    offsets: Tensor
    """Where each network's digits begin, `(networks, 1)`."""
    count: int
    """The digits that each network learns from."""
    randoms: list[RandomState]
    optimizer: torch.optim.Optimizer
    loss_sum: Tensor
    correct: Tensor
    diverged: Tensor
    steps: dict[str, Step] = field(default_factory=dict)
    """By the inversion that was captured with the step."""


def _stack(
    networks: Sequence[Classifier], digits: Digits | Sequence[Digits], config: TrainConfig, seeds: Sequence[int]
) -> _Training:
    device = find_device(config.device)
    weights, buffers = stack_module_state([network.to(device) for network in networks])
    learned, apart = (digits, 0) if isinstance(digits, Digits) else (_join(digits), len(digits[0]))
    return _Training(
        config=config,
        base=_with_matrix_products(networks[0]),
        weights=weights,
        buffers=buffers,
        digits=learned.to(device),
        offsets=apart * torch.arange(len(networks), device=device)[:, None],
        count=apart or len(learned),
        randoms=[RandomState(seed, device) for seed in seeds],
        optimizer=make_optimizer([w for w in weights.values() if w.requires_grad], config, stacked=True),
        loss_sum=torch.zeros(len(networks), device=device),
        correct=torch.zeros(len(networks), dtype=torch.long, device=device),
        diverged=torch.zeros(len(networks), dtype=torch.bool, device=device),
    )


def _learn(training: _Training, epoch: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Learn from all digits once; return each network's loss and accuracy in percent."""
    config, kept = training.config, [weight.detach().clone() for weight in training.weights.values()]
    step, switched = _step_of(training, epoch), mode_dependent_modules(training.base)
    training.loss_sum.zero_()
    training.correct.zero_()
    orders = torch.stack([random.shuffle(training.count) for random in training.randoms]) + training.offsets
    batches = orders.split(config.batch, dim=1)
    set_training(switched, learning=True)
    with training.randoms[0].drawing(), repeatable():
        for indices in with_learning_rates(training.optimizer, batches, config.learning_rates(epoch, len(batches))):
            interrupts.check()
            step(indices)
    set_training(switched, learning=False)
    losses = training.loss_sum / training.count
    training.diverged.logical_or_(~(losses < MAX_LOSS))  # written so that `nan` is caught too
    for weight, before in zip(training.weights.values(), kept, strict=True):
        weight.data[training.diverged] = before[training.diverged]
    return tuple(losses.tolist()), tuple((100 * training.correct / training.count).tolist())


def _step_of(training: _Training, epoch: int) -> Step:
    """Return the step of an epoch, captured on CUDA, once for each inversion."""
    config = training.config
    name = config.alternate[(epoch - 1) % len(config.alternate)] if config.alternate else ""
    if name:
        training.base.inversion = Invert(name)
    if name not in training.steps:
        step = partial(_step, training)
        changed = [*training.weights.values(), *training.buffers.values(), training.loss_sum, training.correct]
        on_cuda = training.offsets.device.type == "cuda"
        training.steps[name] = CapturedStep(step, changed, training.optimizer, config.batch) if on_cuda else step
    return training.steps[name]


def _step(training: _Training, indices: Tensor) -> None:
    """Learn from one batch of each network; `indices` `(networks, batch)`."""
    labels = training.digits.labels[indices]
    training.optimizer.zero_grad(set_to_none=True)
    with torch.autocast(labels.device.type, torch.bfloat16, enabled=training.config.precision == "bfloat16"):
        inputs = training.digits.images(indices.flatten()).unflatten(0, indices.shape)
        logits = vmap(partial(_compute, training.base), randomness="different")(
            training.weights, training.buffers, inputs
        )
        smoothing = training.config.label_smoothing
        losses = cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none", label_smoothing=smoothing)
    losses = losses.view(labels.shape)
    losses.mean(1).sum().backward()
    penalize(training.optimizer, training.config)
    training.optimizer.step()
    training.loss_sum.add_(losses.detach().sum(1))
    training.correct.add_((logits.detach().argmax(2) == labels).sum(1))


def _compute(base: nn.Module, weights: dict[str, Tensor], buffers: dict[str, Tensor], inputs: Tensor) -> Tensor:
    logits: Tensor = functional_call(base, (weights, buffers), (inputs,))
    return logits


@torch.no_grad()
def _unstack(training: _Training, networks: Sequence[Classifier]) -> None:
    """Write the stacked weights and statistics back into the networks, and free what was captured."""
    training.steps.clear()
    stacked = training.weights | training.buffers
    for number, network in enumerate(networks):
        for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
            tensor.copy_(stacked[name][number])
        if training.config.alternate:
            network.inversion = Invert(training.config.alternate[-1])
        network.cpu().eval()


def _join(digits: Sequence[Digits]) -> Digits:
    """Return the digits of all networks as one set."""
    pixels = torch.cat([one.pixels for one in digits])
    return replace(digits[0], pixels=pixels, labels=torch.cat([one.labels for one in digits]))


class _MatrixProduct(nn.Module):
    """A convolution, which brings its weights and settings, as matrix products over all its windows.

    Stacked networks make it a batched product, which a GPU computes faster than the grouped convolution that `vmap`
    makes of `Conv2d`.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias = convolution.weight, convolution.bias
        self.size, self.stride, self.spread = convolution.kernel_size, convolution.stride, convolution.dilation[0]
        self.padding = int(convolution.padding[0])

    def forward(self, images: Tensor) -> Tensor:
        """Return the maps `(N, filters, rows, columns)`."""
        (height, width), (down, right), spread = self.size, self.stride, self.spread
        windows = pad(images, (self.padding,) * 4).unfold(2, spread * (height - 1) + 1, down)
        windows = windows.unfold(3, spread * (width - 1) + 1, right)[..., ::spread, ::spread]
        rows = windows.permute(0, 2, 3, 1, 4, 5).flatten(3)  # digit, row, column, and the window's pixels
        parts = math.gcd(len(images), PARTS)
        weight = self.weight.flatten(1).T.expand(parts, -1, -1)
        maps = torch.matmul(rows.unflatten(0, (parts, -1)).flatten(1, 3), weight)
        maps = maps if self.bias is None else maps + self.bias
        return maps.flatten(0, 1).view(*rows.shape[:3], -1).permute(0, 3, 1, 2)


def _with_matrix_products(network: Classifier) -> Classifier:
    """Return a copy whose convolutions are matrix products over windows."""
    base = copy.deepcopy(network)
    for name, stage in base.features.named_children():
        if isinstance(stage, nn.Conv2d):
            base.features.set_submodule(name, _MatrixProduct(stage))
    return base
