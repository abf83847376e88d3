"""Network 1 is trained on digits, the networks 2 on its maps; all are tested on both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from torch import Tensor

from core.digits.datasets import Dataset, Digits
from core.networks.architectures import ARCHITECTURES, Architecture
from core.networks.classifier import Classifier, build
from core.networks.evaluation import evaluate
from core.second_model.map_images import conv_stages, join_digits, maps_as_digits, select_two_classes
from core.training.config import TrainConfig
from core.training.loop import train

DIGITS, ALL_MAPS = "digits", "all maps"
VALIDATION_DIGITS = 60  # of validation digits, and as many of their maps, that each record is read on
EXAMPLES = 40
Accuracies = dict[str, dict[str, float]]
"""In percent: training images -> test images -> accuracy."""


@dataclass(frozen=True, kw_only=True)
class SecondModelConfig:
    """Two digits and the training settings. Raises ValueError for impossible settings."""

    first: int = 3
    second: int = 8
    learned: int = 500
    """Training digits of each class for network 1."""
    tested: int = 500
    """Test digits of each class, or as many as there are."""
    tested_maps: int = 100
    """Test digits of each class whose maps are tested too."""
    architecture: str = "small"
    """Two convolutions of eight filters."""
    epochs: int = 8
    """Of network 1; a network 2 sees as many images in total, but each one at least once."""
    batch: int = 32
    learning_rate: float = 0.003
    """Of Adam."""
    seed: int = 42

    def __post_init__(self) -> None:
        if self.first == self.second or min(self.first, self.second) < 0:
            raise ValueError("Choose two different digits.")
        if min(self.learned, self.tested, self.tested_maps, self.epochs, self.batch) < 1:
            raise ValueError("Both networks need at least one digit of each class, and one epoch.")
        if not any(stage.kind == "conv" for stage in ARCHITECTURES[self.architecture].features):
            raise ValueError("A network without convolutions has no feature maps to learn from.")

    def build(self, number: int) -> Classifier:
        """Return an untrained network with two classes; the number is added to the seed."""
        design: Architecture = replace(ARCHITECTURES[self.architecture], classes=2)
        return build(design, seed=self.seed + number)


@dataclass(frozen=True, eq=False)
class SecondModelResult:
    """The trained networks, and their training and test images, by name."""

    networks: Mapping[str, Classifier]
    """DIGITS: network 1. Each conv stage and ALL_MAPS: a network 2 trained on those maps."""
    learned: Mapping[str, Digits]
    tested: Mapping[str, Digits]
    accuracies: Accuracies


@dataclass(frozen=True, eq=False)
class SecondModelStep:
    """The progress of one network; the last record has the result."""

    learner: str
    """Its training images: DIGITS, a conv stage, or ALL_MAPS."""
    pictures: int
    """Number of training images so far, with repetitions."""
    digit_accuracy: float
    """In percent, on validation digits."""
    examples: Tensor
    """Some of its training images, uint8 `(EXAMPLES, 28, 28)`, or fewer."""
    done: float
    """Share of the whole training of all networks, in [0, 1]."""
    result: SecondModelResult | None = None


def run_second_model(dataset: Dataset, config: SecondModelConfig) -> SecondModelResult:
    """Train and test all networks; return the result."""
    *_, last = train_second_model(dataset, config)
    assert last.result is not None
    return last.result


def train_second_model(dataset: Dataset, config: SecondModelConfig) -> Iterator[SecondModelStep]:
    """Yield records while network 1 is trained on digits, then the networks 2 on its maps.

    Raises ValueError if the data set does not have both classes.
    """
    if max(config.first, config.second) >= len(dataset.classes):
        raise ValueError(f"{dataset.name} has only {len(dataset.classes)} classes.")
    counts = {"train": config.learned, "validation": VALIDATION_DIGITS, "test": config.tested}
    pair = {
        name: select_two_classes(getattr(dataset, name), config.first, config.second, each=each)
        for name, each in counts.items()
    }
    one = config.build(0).to(dataset.device)
    learners = (DIGITS, *conv_stages(one), ALL_MAPS)
    networks, learned = {DIGITS: one}, {DIGITS: pair["train"]}
    for number, learner in enumerate(learners):
        if number == 1:  # network 1 is trained: now there are maps
            learned = _with_maps(one, pair["train"])
        networks.setdefault(learner, config.build(number).to(dataset.device))
        for step in _learn(networks[learner], learner, learned, pair["validation"], config):
            yield replace(step, done=(number + step.done) / len(learners))
    few = select_two_classes(pair["test"], 0, 1, each=config.tested_maps)
    tested = {**_with_maps(one, few), DIGITS: pair["test"]}
    accuracies = {
        name: {kind: round(evaluate(network, digits), 2) for kind, digits in tested.items()}
        for name, network in networks.items()
    }
    learned, tested = ({kind: digits.to("cpu") for kind, digits in sets.items()} for sets in (learned, tested))
    networks = {name: network.cpu() for name, network in networks.items()}
    yield replace(step, done=1.0, result=SecondModelResult(networks, learned, tested, accuracies))


def _with_maps(network: Classifier, digits: Digits) -> dict[str, Digits]:
    """Return the digits, their maps after each convolution, and all maps together."""
    maps = {stage: maps_as_digits(network, digits, stage) for stage in conv_stages(network)}
    return {DIGITS: digits, **maps, ALL_MAPS: join_digits(*maps.values())}


def _learn(
    network: Classifier,
    learner: str,
    learned: Mapping[str, Digits],
    validation: Digits,
    config: SecondModelConfig,
) -> Iterator[SecondModelStep]:
    """Train one network on as many images as network 1 has seen digits, each at least once; validate in between."""
    pictures, wanted = learned[learner], config.epochs * len(learned[DIGITS])
    epochs = max(1, round(wanted / len(pictures)))
    settings = TrainConfig(
        epochs=epochs,
        batch=min(config.batch, len(pictures)),
        learning_rate=config.learning_rate,
        optimizer="adam",
        seed=config.seed,
        report_every=20,
        device=pictures.device.type,
    )
    examples = pictures.draw(EXAMPLES, seed=0)  # so that maps of all kinds are among them
    for step in train(network, pictures, validation, settings):
        seen = (step.epoch - 1) * len(pictures) + step.batch * settings.batch
        network.eval()
        yield SecondModelStep(
            learner,
            seen,
            evaluate(network, validation),
            examples.pixels.cpu(),
            min(1.0, seen / (epochs * len(pictures))),
        )
        network.train()
    network.to(pictures.device).eval().requires_grad_(False)
