"""Fool the network: how little noise is enough? Test digits with FGSM's noise (Goodfellow 2015) in rising strength."""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.adversarial.attack import loss_and_gradient
from core.classroom.quiz import AskedQuestion
from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.networks.evaluation import predict

STRENGTHS = range(31)  # percent of the way from background to ink that a pixel changes by: epsilon is 0 to 0.30
SPARE = 20  # digits looked at beside twice those that are wanted: nine of ten can be used


@dataclass(frozen=True, eq=False)
class NoiseQuestion(AskedQuestion):
    """A digit with noise; its `label` is the smallest strength that fools the network."""

    image: Tensor
    """`(28, 28)` in [0, 1], without noise."""
    noise: Tensor
    """`(28, 28)`: the sign of the gradient."""
    read: list[int]
    """The class that the network reads at each strength; the first is the true one."""

    def with_noise(self, strength: int) -> Tensor:
        """Return the digit `(28, 28)` with noise of this strength."""
        return add_noise(self.image, self.noise, strength / 100)


def add_noise(images: Tensor, noise: Tensor, epsilon: Tensor | float) -> Tensor:
    """Return the images with so much noise, in [0, 1]; shapes as PyTorch broadcasts them."""
    return (images + epsilon * noise).clamp(0, 1)


def draw_noise_questions(network: Classifier, digits: Digits, *, seed: int, count: int) -> list[NoiseQuestion]:
    """Return `count` different digits of this seed that the network reads until the noise is strong enough.

    From its smallest strength on, every stronger noise fools it, too. Raises ValueError when there are too few.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randperm(len(digits), generator=generator)[: 2 * count + SPARE]
    images, labels = digits.images(drawn), digits.labels[drawn]
    noise = loss_and_gradient(network, images, labels).log_odds_gradient.sign()
    read = _read_at_each_strength(network, images, noise)
    smallest = (read == labels.cpu()[:, None]).sum(1)  # how many strengths do not fool
    usable = torch.arange(len(STRENGTHS)) >= smallest[:, None]
    fits = ((read != labels.cpu()[:, None]) == usable).all(1) & (smallest > 0) & (smallest < len(STRENGTHS))
    if int(fits.sum()) < count:
        raise ValueError(f"Noise fools the network on too few of these digits: a round needs {count}.")
    return [
        NoiseQuestion(int(drawn[at]), "", int(smallest[at]), images[at, 0].cpu(), noise[at, 0].cpu(), read[at].tolist())
        for at in torch.nonzero(fits)[:count, 0].tolist()
    ]


def _read_at_each_strength(network: Classifier, images: Tensor, noise: Tensor) -> Tensor:
    """Return the classes `(N, strengths)` that the network reads in images with noise."""
    epsilons = torch.tensor(STRENGTHS, device=images.device) / 100
    noisy = add_noise(images[:, None], noise[:, None], epsilons[:, None, None, None])
    return predict(network, noisy.flatten(0, 1)).argmax(1).cpu().unflatten(0, (len(images), len(STRENGTHS)))
