"""The training loop of a GAN: a generator of frozen records."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn.functional import softplus

from core.digits.datasets import Digits
from core.generation.config import GanConfig
from core.generation.dcgan import CLASSES, Gan, make_images
from core.system import interrupts, plain_optimizers
from core.training.loop import DivergedError
from core.training.state import RandomState, TrainState

SAMPLES_PER_CLASS = 4  # in each record
PENALTY_EVERY = 8  # steps: the penalty costs as much as a step, and works as well when applied rarely (Karras 2020)
MAX_LOSS = 1e3


@dataclass(frozen=True)
class GanFigures:
    """Losses and shares since the last record."""

    epoch: int
    batch: int
    batches: int
    generator_loss: float
    """Mean of softplus(-score) over made digits: 0.69 if the discriminator cannot tell them apart."""
    discriminator_loss: float
    """Mean of softplus(-score) over real digits plus softplus(score) over made ones: 1.39 if it cannot."""
    found_real: float
    """Percent of the real digits that were classified as real."""
    found_made: float
    """Percent of the made digits that were classified as made."""
    seconds: float
    """Training time since the start of the first epoch."""

    def __post_init__(self) -> None:
        if self.batches < 1:
            raise ValueError("An epoch has at least one batch.")


@dataclass(frozen=True, eq=False)
class GanStep(GanFigures):
    """The figures, and samples of the averaged generator."""

    samples: Tensor
    """Images `(10 * SAMPLES_PER_CLASS, 1, 28, 28)` in [0, 1], from the same latents in every record; by class."""

    def figures(self) -> GanFigures:
        """Return the record without its samples."""
        return GanFigures(**{each.name: getattr(self, each.name) for each in fields(GanFigures)})


def train_gan(
    pair: Gan, digits: Digits, config: GanConfig, *, state: TrainState | None = None
) -> Generator[GanStep, None, None]:
    """Train both networks in place, yielding a record every `report_every` batches and at the end of each epoch.

    `state` is updated at the end of each epoch; passed again, it resumes the training with bitwise the same results.
    Raises ValueError for unsuitable digits, and DivergedError.
    """
    training = _prepare(pair, digits, config)
    parts = pair, training.optimizer, training.random
    state = TrainState() if state is None else state
    state.begin(*parts)
    try:
        for epoch in range(state.epoch + 1, config.epochs + 1):
            for record in _epoch(training, epoch, state.seconds):
                if record.batch == record.batches:
                    state.capture(epoch, record.seconds, *parts)
                yield record
    except DivergedError:
        state.restore(*parts)
        raise


@dataclass(frozen=True, eq=False)
class _Training:
    """The parts of one training."""

    pair: Gan
    digits: Digits
    config: GanConfig
    optimizer: torch.optim.Optimizer
    random: RandomState
    watched: tuple[Tensor, Tensor]
    """Latents and classes of the samples in each record."""


def _prepare(pair: Gan, digits: Digits, config: GanConfig) -> _Training:
    """Return the parts of a training. Raises ValueError for unsuitable digits."""
    if config.batch > len(digits):
        raise ValueError(f"A batch of {config.batch:,} is larger than the {len(digits):,} training digits.")
    if int(digits.labels.max()) >= CLASSES:
        raise ValueError(f"This data set has more than {CLASSES} classes, which the generator cannot make.")
    random = RandomState(config.seed, torch.device("cpu"))
    return _Training(
        pair, digits.to(pair.generator.device), config, _optimizer(pair, config), random, sample_inputs(config)
    )


def _epoch(training: _Training, epoch: int, seconds: float) -> Iterator[GanStep]:
    """Train on all whole batches once. Raises DivergedError."""
    config, random = training.config, training.random
    batches = [one for one in random.shuffle(len(training.digits)).split(config.batch) if len(one) == config.batch]
    for first in range(0, len(batches), config.report_every):
        start = interrupts.working_time()
        chunk = batches[first : first + config.report_every]
        with random.drawing():
            figures = _learn(training, chunk, (epoch - 1) * len(batches) + first)
        if not figures[0] + figures[1] < MAX_LOSS:  # so written, `nan` is caught too
            raise DivergedError(f"Training diverged in epoch {epoch}; a smaller learning rate may help.")
        samples = make_images(training.pair.average, *training.watched).cpu()
        seconds += interrupts.working_time() - start
        yield GanStep(epoch, first + len(chunk), len(batches), *figures, seconds, samples)


def sample_inputs(config: GanConfig) -> tuple[Tensor, Tensor]:
    """Return the latents `(40, latent)` and classes `(40,)` of the samples in each record, by class."""
    chance = torch.Generator().manual_seed(config.seed)
    latents = torch.randn(SAMPLES_PER_CLASS, config.latent, generator=chance).repeat(CLASSES, 1)
    return latents, torch.arange(CLASSES).repeat_interleave(SAMPLES_PER_CLASS)


def _optimizer(pair: Gan, config: GanConfig) -> torch.optim.Optimizer:
    """Return one optimizer for both networks; a step only changes the one that has gradients."""
    groups = [{"params": list(part.parameters())} for part in (pair.generator, pair.discriminator)]
    return plain_optimizers.Adam(groups, lr=config.learning_rate, betas=(0.5, 0.99), fused=True)


def _set_rate(optimizer: torch.optim.Optimizer, config: GanConfig, share: float) -> None:
    """Set the learning rate: constant in the first half, then falling linearly to 0."""
    for group in optimizer.param_groups:
        group["lr"] = config.learning_rate * min(1.0, 2 - 2 * share)


def _learn(training: _Training, batches: Sequence[Tensor], done: int) -> tuple[float, float, float, float]:
    """Train both in turn on the batches; return the mean losses and the shares classified correctly, in percent.

    `done` is the number of batches before these.
    """
    pair, digits, config, optimizer = training.pair, training.digits, training.config, training.optimizer
    sums = torch.zeros(4, device=digits.device)
    pair.generator.train()
    steps = config.epochs * (len(digits) // config.batch)
    for number, index in enumerate(batches, done):
        interrupts.check()
        _set_rate(optimizer, config, number / steps)
        images, labels = digits.images(index), digits.labels[index]
        latents = torch.randn(len(index), config.latent).to(images.device)
        penalty = config.penalty * PENALTY_EVERY if number % PENALTY_EVERY == 0 else 0.0
        made = pair.generator(latents, labels)
        judged = _judge(pair, optimizer, images, made.detach(), labels, penalty)
        loss = _deceive(pair, optimizer, made, labels)
        pair.update_average(min(config.averaged, (1 + number) / (10 + number)))  # at first it follows more closely
        sums += torch.stack([loss, *judged])
    optimizer.zero_grad(set_to_none=True)
    pair.generator.eval()
    generator_loss, discriminator_loss, real, found = (sums / len(batches)).tolist()
    return generator_loss, discriminator_loss, 100 * real, 100 * found


def _judge(
    pair: Gan, optimizer: torch.optim.Optimizer, images: Tensor, made: Tensor, labels: Tensor, penalty: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Train the discriminator; return its loss, and the shares of real and made digits it classified correctly."""
    optimizer.zero_grad(set_to_none=True)
    if penalty:
        images = images.requires_grad_()
    real, fake = pair.discriminator(torch.cat([images, made]), labels.repeat(2)).chunk(2)
    loss = softplus(-real).mean() + softplus(fake).mean()
    squared = _squared_gradient(real, images) if penalty else 0.0
    (loss + penalty / 2 * squared).backward()
    optimizer.step()
    return loss.detach(), (real.detach() > 0).float().mean(), (fake.detach() <= 0).float().mean()


def _squared_gradient(scores: Tensor, images: Tensor) -> Tensor:
    """Return the mean squared norm of the score's gradient at real digits."""
    (gradients,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return gradients.square().sum(dim=(1, 2, 3)).mean()


def _deceive(pair: Gan, optimizer: torch.optim.Optimizer, made: Tensor, labels: Tensor) -> Tensor:
    """Train the generator to be classified as real; return its loss."""
    optimizer.zero_grad(set_to_none=True)
    pair.discriminator.requires_grad_(False)  # only the generator's gradients are needed
    loss = softplus(-pair.discriminator(made, labels)).mean()
    loss.backward()
    pair.discriminator.requires_grad_(True)
    optimizer.step()
    return loss.detach()
