"""Attacks: against foolbox on the same network, digits and settings; universal noise against the usual loop."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST

from core.adversarial.attack import AttackStep
from core.adversarial.config import AttackConfig
from core.adversarial.gradient_attacks import fgsm, pgd
from core.adversarial.universal import (
    VALIDATION_DIGITS,
    UniversalConfig,
    UniversalStep,
    measure_noise,
    nine_examples,
    universal_noise,
)
from core.networks.classifier import Classifier
from core.zoo.checkpoints import load_classifier
from tests.benchmarks import Measured, NotMeasurable, mnist
from tests.benchmarks.timing import ratios, seconds, side_by_side

ROUNDS = 5
DIGITS, EPSILON, STEP_SIZE, STEPS = 500, 0.1, 0.02, 10  # of the attacks that take turns with foolbox's
SHARE = 90  # percent read as the target: from here on a class counts as fooled
TURN = UniversalConfig(steps=5, digits=1000, batch=200)  # every contender's time grows with its steps alike
TURNS = 3
NETWORK = "assignment"  # A3


# Against foolbox


def attack_fgsm_ratio() -> Measured:
    foolbox = _foolbox()
    return _against(fgsm, AttackConfig(epsilon=EPSILON), foolbox.attacks.LinfFastGradientAttack())


def attack_pgd_ratio() -> Measured:
    foolbox = _foolbox()
    theirs = foolbox.attacks.LinfProjectedGradientDescentAttack(abs_stepsize=STEP_SIZE, steps=STEPS, random_start=False)
    return _against(pgd, AttackConfig(epsilon=EPSILON, step_size=STEP_SIZE, steps=STEPS), theirs)


def _foolbox() -> Any:
    try:
        import foolbox
    except ImportError:
        raise NotMeasurable("foolbox is not installed.") from None
    return foolbox


def _against(attack: Callable[..., Iterator[AttackStep]], config: AttackConfig, theirs: Any) -> Measured:
    """Let both attack the same digits in turn, ours keeping every record."""
    network, digits = _network(), mnist.dataset().test.first(DIGITS)
    images, labels = digits.images(), digits.labels
    model = _foolbox().PyTorchModel(network, bounds=(0, 1), device="cpu")
    contenders = {
        "ours": lambda: list(attack(network, images, labels, config))[-1],
        "foolbox": lambda: theirs(model, images, labels, epsilons=config.epsilon),
    }
    runs = side_by_side(contenders, ROUNDS)
    step, (_, pictures, success) = runs["ours"][0].result, runs["foolbox"][0].result
    figures = ratios(seconds(runs["ours"]), seconds(runs["foolbox"]))
    apart = float((step.images - pictures).abs().max())
    fooled = ", ".join(f"{100 * float(found.float().mean()):.1f} %" for found in (step.fooled, success))
    note = f"{DIGITS} digits, {NETWORK}; pictures differ by at most {apart:.0e}, fooled: {fooled}."
    return Measured(median(figures), figures, note)


@cache
def _network() -> Classifier:
    mnist.network(NETWORK)  # says so when it is not there
    return load_classifier(NETWORK)


# Universal noise


def universal_speed() -> Measured:
    """Take the same steps for ten classes, and read the same digits after each: together, and one after another."""
    plain = load_classifier(NETWORK).to(memory_format=torch.contiguous_format)  # torch's own default
    contenders = {
        "together": lambda: list(_universal(TURN)),
        "loader": partial(_one_after_another, plain, watching=True),
        "in our layout": partial(_one_after_another, _network(), watching=True),
        "not validating": partial(_one_after_another, plain, watching=False),
    }
    runs = side_by_side(contenders, TURNS)
    figures, *others = (ratios(seconds(runs[name]), seconds(runs["together"])) for name in list(contenders)[1:])
    beside = (f"{name} {median(other):.2f}" for name, other in zip(list(contenders)[2:], others, strict=True))
    note = f"{TURN.steps} steps of {TURN.batch} digits; against a loader {', '.join(beside)}."
    return Measured(median(figures), figures, note)


def _universal(config: UniversalConfig) -> Iterator[UniversalStep]:
    dataset = mnist.dataset()
    return universal_noise(_network(), dataset.train, dataset.validation, nine_examples(dataset.test), config)


def _one_after_another(network: Classifier, *, watching: bool) -> Tensor:
    """Make the ten noises as one would write it: class by class, each step with the loader's next batch."""
    loader, dataset = _loader(), mnist.dataset()
    watched = torch.cat([dataset.validation.images(slice(0, VALIDATION_DIGITS)), nine_examples(dataset.test).images()])
    return torch.stack([_noise(network, label, loader, watched if watching else None) for label in range(10)])


def _loader() -> DataLoader[tuple[Tensor, Tensor]]:
    """Return the pipeline of every tutorial over the very digits that ours takes, in the same order."""
    train = mnist.dataset().train
    chosen = torch.randperm(len(train), generator=torch.Generator().manual_seed(TURN.seed))[: TURN.digits]
    pictures = MNIST(str(mnist.folder()), transform=transforms.ToTensor())
    pictures.data, pictures.targets = train.pixels[chosen], train.labels[chosen]
    return DataLoader(pictures, TURN.batch)


def _noise(
    network: Classifier, label: int, loader: DataLoader[tuple[Tensor, Tensor]], watched: Tensor | None
) -> Tensor:
    noise = torch.zeros(1, 28, 28, requires_grad=True)
    for images, _ in loader:
        cost = cross_entropy(network((images + noise).clamp(0, 1)), torch.full((len(images),), label))
        cost.backward()
        with torch.no_grad():
            noise.sub_(TURN.step_size * noise.grad).clamp_(-1, 1)  # type: ignore[operator]
            if watched is not None:  # the error on validation digits, and nine digits to look at (V2, V4)
                network((watched + noise).clamp(0, 1)).log_softmax(1)
        noise.grad = None
    return noise.detach()


def universal_fooled() -> Measured:
    """Make the noises with the settings that anyone begins with, and read all test digits with each of them."""
    *_, last = _universal(UniversalConfig())
    shares = measure_noise(_network(), mnist.dataset().test, last.noises).shares.tolist()
    length = float(last.noises.flatten(1).norm(dim=1).mean())
    note = f"Least {min(shares):.1f} %, mean {sum(shares) / len(shares):.1f} %; mean length of a noise {length:.1f}."
    return Measured(sum(share >= SHARE for share in shares), shares, note)
