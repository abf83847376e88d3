"""A game: is this digit real or made? With the discriminator's answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.generation.dcgan import CLASSES, make_images
from core.generation.generator_checkpoint import TrainedGenerator
from core.generation.sampling import draw_latents

ROUND_LENGTH = 10


@dataclass(frozen=True, eq=False)
class RealOrMadeDigit:
    """One digit of the game."""

    image: Tensor
    """`(1, 28, 28)` in [0, 1], in steps of 1/255 as real digits are."""
    label: int
    made: bool
    number: int
    """Index of the test digit, or of a made digit within the round."""


def draw_round(made: TrainedGenerator, real: Digits, *, seed: int, count: int = ROUND_LENGTH) -> list[RealOrMadeDigit]:
    """Return the digits of a round: each is real or made with equal probability, of a random class."""
    chance = torch.Generator().manual_seed(seed)
    coins = torch.randint(2, (count,), generator=chance).bool().tolist()
    labels = torch.randint(CLASSES, (count,), generator=chance)
    latents = draw_latents(count, made.generator.latent, seed)
    images = (255 * make_images(made.generator, latents, labels)).round().cpu() / 255
    questions = []
    for number, (coin, label) in enumerate(zip(coins, labels.tolist(), strict=True)):
        found = torch.nonzero(real.labels == label)[:, 0]
        index = int(found[int(torch.randint(len(found), (1,), generator=chance))])
        image = images[number] if coin else real.images(slice(index, index + 1))[0].cpu()
        questions.append(RealOrMadeDigit(image, label, coin, number if coin else index))
    return questions


@torch.no_grad()
def discriminator_verdicts(made: TrainedGenerator, questions: Sequence[RealOrMadeDigit]) -> list[bool]:
    """Return the discriminator's answers: True is made. It also gets the class, which players do not."""
    device = made.generator.device
    images = torch.stack([question.image for question in questions]).to(device)
    labels = torch.tensor([question.label for question in questions], device=device)
    verdicts: list[bool] = (made.discriminator(images, labels) <= 0).tolist()
    return verdicts
