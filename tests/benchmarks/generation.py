"""What digits from the shipped generator are worth: how many are read as meant, and what a network learns from them."""

from core.digits import datasets
from core.digits.datasets import Dataset, Digits
from core.generation import generator_checkpoint
from core.generation.generator_checkpoint import TrainedGenerator
from core.generation.quality import COUNT, SEED, measure_quality
from core.generation.sampling import make_digits
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.networks.evaluation import evaluate
from core.system.checkpoint_files import CheckpointError
from core.training.config import TrainConfig
from core.training.loop import train
from tests.benchmarks import Measured, NotMeasurable, mnist


def made_read() -> Measured:
    """Read 10,000 made digits with the assignment's network; none is left out."""
    made = _made()
    read = measure_quality(mnist.network("assignment"), make_digits(made.generator, COUNT, seed=SEED))
    least = min(range(10), key=read.of_class)
    note = f"Least of the classes: {least} with {read.of_class(least):.1f} %; {made.card.epochs} epochs of training."
    return Measured(read.share, [read.share], note)


def made_teach() -> Measured:
    """Let one network learn from the set of made digits and one from as many real ones; both read real test digits."""
    real, made = mnist.dataset(), _load_made()
    count = len(made.train)
    taught, usual = (_learn_and_read(digits, real) for digits in (made.train, real.train.first(count)))
    return Measured(taught, [taught], f"From {count:,} real ones, in the same way: {usual:.2f}. One seed.")


def _load_made() -> Dataset:
    try:
        return datasets.load(datasets.MADE_DIGITS)
    except datasets.DatasetError as error:
        raise NotMeasurable(str(error)) from None


def _learn_and_read(digits: Digits, real: Dataset) -> float:
    network = build(ARCHITECTURES["published"], seed=42)
    for _ in train(network, digits, real.validation.first(100), TrainConfig(learning_rate=0.1, epochs=3)):
        pass
    return evaluate(network, real.test)


def _made() -> TrainedGenerator:
    try:
        return generator_checkpoint.load()
    except CheckpointError as error:
        raise NotMeasurable(str(error)) from None
