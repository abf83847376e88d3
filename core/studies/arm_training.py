"""Train and evaluate the arms of one seed: frozen features are computed once and shared by all heads over them."""

import copy
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor, nn

from core.digits.datasets import Dataset, Digits
from core.inversion.functions import freeze, reset_head, to_ordinary, with_inversion
from core.networks.architectures import Architecture
from core.networks.classifier import Classifier, build
from core.networks.evaluation import accuracy
from core.pmnist.masks import CUTS, cut_mask, random_squares
from core.pmnist.partial_set import erase_digits
from core.studies.arms import ARMS, COLUMNS, Arm
from core.training.loop import EVALUATION_BATCH, DivergedError, TrainConfig, feature_vectors, train

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
    """Trains the arms of one architecture and one seed; an arm is trained when it is first used."""

    def __init__(self, dataset: Dataset, architecture: Architecture, *, seed: int, config: TrainConfig) -> None:
        self.dataset, self.architecture, self.seed = dataset, architecture, seed
        self.config = replace(config, seed=seed, device=dataset.device.type)
        self._test = _all_columns(dataset.test)
        self._networks: dict[str, Classifier] = {}
        self._logits: dict[str, Tensor] = {}
        self._features: tuple[str, FeatureVectors, FeatureVectors] | None = None

    def evaluate(self, name: str) -> dict[str, float]:
        """Return the accuracy of an arm on every column, in percent."""
        right = self.logits(name).argmax(1).split(len(self.dataset.test))
        return {column: accuracy(self.dataset.test.labels, part) for column, part in zip(COLUMNS, right, strict=True)}

    def logits(self, name: str) -> Tensor:
        """Return the arm's logits `(columns * N, classes)`; kept, as other arms sum them."""
        if name not in self._logits:
            self._logits[name] = self._compute_logits(name, ARMS[name])
        return self._logits[name]

    def _compute_logits(self, name: str, arm: Arm) -> Tensor:
        if arm.heads:
            return torch.stack([self.logits(one) for one in arm.heads]).sum(0)
        if arm.learns == "head":
            return _logits(self._head(arm), self._vectors(str(arm.start))[1])
        if any(other.start == name and other.learns == "head" for other in ARMS.values()):
            return _logits(_without_features(self.network(name)), self._vectors(name)[1])
        return _logits(self.network(name), self._test)

    def network(self, name: str) -> Classifier:
        """Return the trained network of an arm whose stages all learn; kept, as other arms start from it."""
        if name not in self._networks:
            arm = ARMS[name]
            network = self.prepare(arm)
            digits = self.dataset.train
            self._learn(network, PartialDigits(digits.pixels, digits.labels) if arm.partial else digits, arm)
            self._networks[name] = network
        return self._networks[name]

    def prepare(self, arm: Arm) -> Classifier:
        """Return the network of an arm before its training."""
        if arm.start is None:
            design = self.architecture
            design = design if arm.activation is None else design.with_activation(arm.activation)
            return with_inversion(build(design, seed=self.seed), arm.inversion).to(self.dataset.device)
        network = with_inversion(copy.deepcopy(self.network(arm.start)), arm.inversion)
        if arm.head == "reset":
            reset_head(network, seed=self.seed + 1)
        elif arm.head == "equal":
            equal = to_ordinary(
                network
            ).head  # reads x as the old head reads 1 - x, and so 1 - x as the old head reads x
            network = Classifier(network.features, equal, network.inversion)
        if arm.learns != "everything":
            freeze(network, biases=arm.learns == "head")
        return network

    def _head(self, arm: Arm) -> Classifier:
        """Return the trained head of an arm, with its inversion and without the features below."""
        head = _without_features(self.prepare(arm))
        self._learn(head, self._vectors(str(arm.start))[0], arm)
        return head

    def _learn(self, network: Classifier, digits: Digits, arm: Arm) -> None:
        alternate = alternate_inversions(arm.inversion, self.config.epochs) if arm.alternating else ()
        unused = replace(
            digits, pixels=digits.pixels[:100], labels=digits.labels[:100]
        )  # for validation, which decides nothing here
        with suppress(DivergedError):  # then its last good epoch is evaluated, or the untrained network
            for _ in train(network, digits, unused, replace(self.config, alternate=alternate)):
                pass
        network.to(digits.device)

    def _vectors(self, name: str) -> tuple[FeatureVectors, FeatureVectors]:
        """Return an arm's features of the training digits and of all test columns; only the last arm's are kept."""
        if self._features is None or self._features[0] != name:
            self._features = None
            network = self.network(name)
            self._features = name, _to_vectors(network, self.dataset.train), _to_vectors(network, self._test)
        return self._features[1:]


def alternate_inversions(inversion: str, epochs: int) -> tuple[str, ...]:
    """Return identity and the inversion alternately, one per epoch; the last is the inversion, as in evaluation."""
    return tuple((inversion, "identity")[(epochs - epoch) % 2] for epoch in range(1, epochs + 1))


def _to_vectors(network: Classifier, digits: Digits) -> FeatureVectors:
    return FeatureVectors(feature_vectors(network, digits), digits.labels)


def _without_features(network: Classifier) -> Classifier:
    return Classifier(nn.Sequential(), network.head, network.inversion)


@torch.no_grad()
def _logits(network: Classifier, digits: Digits) -> Tensor:
    network.eval()
    chunks = torch.arange(len(digits), device=digits.device).split(EVALUATION_BATCH)
    return torch.cat([network(digits.images(index)) for index in chunks])


def _all_columns(digits: Digits) -> Digits:
    """Return the digits once for every column, one column after the other."""
    parts = [_column(digits, column).pixels for column in COLUMNS]
    return Digits(torch.cat(parts), digits.labels.repeat(len(COLUMNS)))


def _column(digits: Digits, column: str) -> Digits:
    if column == "RAND3":
        masks = random_squares(len(digits), seed=RAND3_SEED).to(digits.device)
        return Digits(digits.pixels * masks, digits.labels)
    cut, _, variant_name = column.partition(" ")
    return erase_digits(digits, cut, variant="code" if variant_name else "text")
