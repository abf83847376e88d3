"""A conditional DCGAN (Radford 2016) at 28x28: a generator makes digits, a discriminator rates how real they look."""

from collections import OrderedDict
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from core.generation.config import GanConfig
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.networks.cost import count_cost
from core.pmnist.masks import SIDE
from core.system import interrupts

CLASSES = 10
START_SIDE = SIDE // 4  # of the first maps; two layers double it to 28
HIDDEN = 256
LEAK = 0.2  # of the discriminator's dense layer, as in DCGAN


class Generator(nn.Module):
    """Latents `(N, latent)` and intended classes `(N,)` -> images `(N, 1, 28, 28)` in [0, 1]."""

    def __init__(self, *, latent: int, width: int, labelled: bool = True) -> None:
        super().__init__()
        self.latent, self.labelled = latent, labelled
        maps = 2 * width
        self.stages = nn.Sequential(
            OrderedDict(
                fc1=nn.Linear(latent + CLASSES * labelled, maps * START_SIDE**2, bias=False),
                unflatten=nn.Unflatten(1, (maps, START_SIDE, START_SIDE)),
                norm1=nn.BatchNorm2d(maps),
                relu1=nn.ReLU(),
                up1=nn.ConvTranspose2d(maps, width, 4, stride=2, padding=1, bias=False),
                norm2=nn.BatchNorm2d(width),
                relu2=nn.ReLU(),
                up2=nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
                sigmoid=nn.Sigmoid(),
            )
        )

    @property
    def device(self) -> torch.device:
        """The device that the weights are on."""
        return next(self.parameters()).device

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        return self.mix(latents, one_hot(labels, CLASSES).to(latents.dtype))

    def mix(self, latents: Tensor, meant: Tensor) -> Tensor:
        """Return images as `forward` does, for mixed classes as shares `(N, 10)`: half a 4 and half a 9, say."""
        interrupts.check()
        return self.stages(torch.cat([latents, meant], 1) if self.labelled else latents)


class Discriminator(nn.Module):
    """Images `(N, 1, 28, 28)` in [0, 1] -> logits `(N,)`, above 0 for real.

    `features` are the stages of one of our architectures, so that a classifier can reuse them. The class is used by
    projection (Miyato and Koyama 2018). The initial stages do not depend on the seed.
    """

    def __init__(self, architecture: str, *, labelled: bool = True) -> None:
        super().__init__()
        shape = replace(ARCHITECTURES[architecture], hidden=(HIDDEN,), classes=1).with_activation("leaky_relu")
        network = build(shape)
        self.features = network.features
        self.hidden, self.score = (network.head.get_submodule(name) for name in ("fc1", "fc2"))
        self.leak = nn.LeakyReLU(LEAK)
        self.likeness = nn.Embedding(CLASSES, HIDDEN) if labelled else None

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        hidden = self.leak(self.hidden(self.features(images)))
        scores = self.score(hidden)[:, 0]
        return scores if self.likeness is None else scores + (self.likeness(labels) * hidden).sum(1)


class Gan(nn.Module):
    """Generator, discriminator, and the generator's moving average, which makes the digits shown (Yazici 2019)."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.generator = build_generator(config)
            self.discriminator = Discriminator(config.discriminator, labelled=config.labelled)
            self.average = build_generator(config)
        self.average.load_state_dict(self.generator.state_dict())
        self.average.requires_grad_(False).eval()
        self.to(memory_format=torch.channels_last)  # faster on a CPU, as in `classifier.build`

    @torch.no_grad()
    def update_average(self, kept: float) -> None:
        """Update the moving average, also of batch norm statistics; `kept` is its decay."""
        for mean, now in zip(self.average.state_dict().values(), self.generator.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - kept)


def build_generator(config: GanConfig) -> Generator:
    """Return a generator of the config's size, with weights from torch's global random generator."""
    return Generator(latent=config.latent, width=config.width, labelled=config.labelled)


def count_operations(config: GanConfig) -> int:
    """Return the multiplications by which both networks of a GAN make and read one digit."""
    places, maps = START_SIDE**2, 2 * config.width
    generator = (
        (config.latent + CLASSES) * maps * places + 16 * places * maps * config.width + 64 * places * config.width
    )
    return generator + count_cost(ARCHITECTURES[config.discriminator]).operations


@torch.no_grad()
def make_images(generator: Generator, latents: Tensor, labels: Tensor, *, batch: int = 125) -> Tensor:
    """Return the images `(N, 1, 28, 28)` in [0, 1] for latents `(N, latent)` and classes `(N,)`, on its device."""
    inputs = (given.to(generator.device).split(batch) for given in (latents, labels))
    return torch.cat([generator(some, meant) for some, meant in zip(*inputs, strict=True)])
