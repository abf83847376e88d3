"""Train and evaluate the arms of some seeds: frozen features are computed once and shared by all heads over them."""

import copy
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor, nn

from core.digits.datasets import Dataset, Digits
from core.inversion.functions import freeze, reset_head, to_ordinary, with_inversion, with_two_heads
from core.networks.architectures import Architecture
from core.networks.classifier import Classifier, build
from core.networks.evaluation import accuracy
from core.pmnist.masks import CUTS, cut_mask, random_squares
from core.pmnist.partial_set import erase_pixels
from core.studies.arms import ARMS, COLUMNS, Arm
from core.training.config import TrainConfig
from core.training.loop import DivergedError, train
from core.training.many_seeds import train_many
from core.training.samples import evaluation_batches, feature_vectors

RAND3_SEED = 123  # of three squares at other places than PMNIST's
PARTIAL_SEED = 7  # of the squares in training digits: never those of the test digits
_ALL = slice(None)


@dataclass(frozen=True, eq=False)
class FeatureVectors(Digits):
    """Digits whose `pixels` are feature vectors, float32 `(N, F)`: the input of a head without features."""

    def images(self, index: slice | Tensor = _ALL) -> Tensor:
        return self.pixels[index]


@dataclass(frozen=True, eq=False)
class PartialDigits(Digits):
    """Training digits that are whole or under a cut, at random each time they are read."""

    squares: Tensor = field(default_factory=lambda: random_squares(50_000, seed=PARTIAL_SEED))
    masks: Tensor = field(default_factory=lambda: torch.stack([cut_mask(cut) for cut in ("whole", *CUTS[:-1])]))

    def to(self, device: torch.device | str) -> Self:
        return replace(super().to(device), squares=self.squares.to(device), masks=self.masks.to(device))

    def images(self, index: slice | Tensor = _ALL) -> Tensor:
        images = super().images(index)
        kind = torch.randint(len(CUTS) + 1, (len(images),), device=self.device)
        squares = self.squares[torch.randint(len(self.squares), (len(images),), device=self.device)]
        kept = torch.where((kind == len(CUTS))[:, None, None], squares, self.masks[kind.clamp(max=len(CUTS) - 1)])
        return images * kept[:, None]


class ArmTrainer:
    """Trains the arms of one architecture and some seeds; an arm is trained when it is first used.

    On a GPU the networks of all seeds learn side by side, elsewhere one after the other. Each list has a network of
    every seed, in their order.
    """

    def __init__(
        self, dataset: Dataset, architecture: Architecture, *, seeds: Sequence[int], config: TrainConfig
    ) -> None:
        self.dataset, self.architecture, self.seeds = dataset, architecture, tuple(seeds)
        self.config = replace(config, device=dataset.device.type)
        self._test = _all_columns(dataset.test)
        self._networks: dict[str, list[Classifier]] = {}
        self._logits: dict[str, Tensor] = {}
        self._features: tuple[str, list[FeatureVectors], list[FeatureVectors]] | None = None

    def evaluate(self, name: str) -> list[dict[str, float]]:
        """Return the accuracy of an arm on every column, in percent, for each seed."""
        return [self._accuracies(logits) for logits in self.logits(name)]

    def _accuracies(self, logits: Tensor) -> dict[str, float]:
        labels, answers = self.dataset.test.labels, logits.argmax(1).split(len(self.dataset.test))
        return {column: accuracy(labels, part) for column, part in zip(COLUMNS, answers, strict=True)}

    def logits(self, name: str) -> Tensor:
        """Return the arm's logits `(seeds, columns * N, classes)`; kept, as other arms sum them."""
        if name not in self._logits:
            self._logits[name] = self._compute_logits(name, ARMS[name])
        return self._logits[name]

    def _compute_logits(self, name: str, arm: Arm) -> Tensor:
        if arm.heads:
            return torch.stack([self.logits(one) for one in arm.heads]).sum(0)
        if arm.learns == "head":
            return _stack_logits(self._heads(arm), self._vectors(str(arm.start))[1])
        networks = self.networks(name)
        if any(other.start == name and other.learns == "head" for other in ARMS.values()):
            return _stack_logits(map(_without_features, networks), self._vectors(name)[1])
        return _stack_logits(networks, [self._test] * len(networks))

    def networks(self, name: str) -> list[Classifier]:
        """Return the trained networks of an arm whose stages all learn; kept, as other arms start from them."""
        if name not in self._networks:
            arm, digits = ARMS[name], self.dataset.train
            networks = self.prepare(arm)
            self._learn(networks, PartialDigits(digits.pixels, digits.labels) if arm.partial else digits, arm)
            self._networks[name] = networks
        return self._networks[name]

    def prepare(self, arm: Arm) -> list[Classifier]:
        """Return the networks of an arm before their training."""
        if arm.start is None:
            design = self.architecture
            design = design if arm.activation is None else design.with_activation(arm.activation)
            built = [_with_heads(build(design, seed=seed), arm, seed) for seed in self.seeds]
            return [network.to(self.dataset.device) for network in built]
        return [
            _continue(network, arm, seed) for network, seed in zip(self.networks(arm.start), self.seeds, strict=True)
        ]

    def _heads(self, arm: Arm) -> list[Classifier]:
        """Return the trained heads of an arm, with their inversion and without the features below."""
        heads = [_without_features(network) for network in self.prepare(arm)]
        self._learn(heads, self._vectors(str(arm.start))[0], arm)
        return heads

    def _learn(self, networks: list[Classifier], digits: Digits | list[FeatureVectors], arm: Arm) -> None:
        """Train the networks on digits that they share, or each on its own vectors."""
        alternate = alternate_inversions(arm.inversion, self.config.epochs) if arm.alternating else ()
        rate = arm.learning_rate or self.config.learning_rate
        config = replace(self.config, alternate=alternate, learning_rate=rate)
        if self.dataset.device.type == "cuda":
            for _ in train_many(networks, digits, config, seeds=self.seeds):
                pass
        else:
            own = [digits] * len(networks) if isinstance(digits, Digits) else digits
            for network, learned, seed in zip(networks, own, self.seeds, strict=True):
                _learn_alone(network, learned, replace(config, seed=seed))
        for network in networks:
            network.to(self.dataset.device)

    def _vectors(self, name: str) -> tuple[list[FeatureVectors], list[FeatureVectors]]:
        """Return an arm's features of the training digits and of all test columns; only the last arm's are kept."""
        if self._features is None or self._features[0] != name:
            self._features = None
            networks = self.networks(name)
            learned = [_to_vectors(network, self.dataset.train) for network in networks]
            self._features = name, learned, [_to_vectors(network, self._test) for network in networks]
        return self._features[1:]


def _continue(network: Classifier, arm: Arm, seed: int) -> Classifier:
    """Return the network that an arm makes of the one it starts from, before its training."""
    network = _with_heads(copy.deepcopy(network), arm, seed)
    if arm.head == "reset":
        reset_head(network, seed=seed + arm.draw)
    elif arm.head == "equal":
        # The new head reads x as the old one reads 1 - x, and so 1 - x as the old one reads x.
        network = Classifier(network.features, to_ordinary(network).head, network.inversion)
    if arm.learns != "everything":
        freeze(network, biases=arm.learns == "head")
    return network


def _with_heads(network: Classifier, arm: Arm, seed: int) -> Classifier:
    if arm.two_heads:
        return with_two_heads(network, arm.inversion, seed=seed + 1)
    return with_inversion(network, arm.inversion)


def _learn_alone(network: Classifier, digits: Digits, config: TrainConfig) -> None:
    few = replace(digits, pixels=digits.pixels[:100], labels=digits.labels[:100])  # validation decides nothing here
    with suppress(DivergedError):  # then its last good epoch is evaluated, or the untrained network
        for _ in train(network, digits, few, config):
            pass


def alternate_inversions(inversion: str, epochs: int) -> tuple[str, ...]:
    """Return identity and the inversion alternately, one per epoch; the last is the inversion, as in evaluation."""
    return tuple((inversion, "identity")[(epochs - epoch) % 2] for epoch in range(1, epochs + 1))


def _to_vectors(network: Classifier, digits: Digits) -> FeatureVectors:
    return FeatureVectors(feature_vectors(network, digits), digits.labels)


def _without_features(network: Classifier) -> Classifier:
    return Classifier(nn.Sequential(), network.head, network.inversion)


def _stack_logits(networks: Iterable[Classifier], digits: Sequence[Digits]) -> Tensor:
    return torch.stack([_logits(network, read) for network, read in zip(networks, digits, strict=True)])


@torch.no_grad()
def _logits(network: Classifier, digits: Digits) -> Tensor:
    network.eval()
    return torch.cat([network(digits.images(index)) for index in evaluation_batches(digits.labels)])


def _all_columns(digits: Digits) -> Digits:
    """Return the digits once for every column, one column after the other."""
    parts = [_column(digits, column).pixels for column in COLUMNS]
    return Digits(torch.cat(parts), digits.labels.repeat(len(COLUMNS)))


def _column(digits: Digits, column: str) -> Digits:
    if column == "RAND3":
        masks = random_squares(len(digits), seed=RAND3_SEED).to(digits.device)
        return Digits(digits.pixels * masks, digits.labels)
    cut, _, variant_name = column.partition(" ")
    erased = erase_pixels(digits.pixels, cut, variant="code" if variant_name else "text")
    return Digits(erased, digits.labels)
