"""The accuracy of the standard network, measured again."""

from core.networks.evaluation import evaluate
from core.zoo import checkpoints
from tests.benchmarks import Measured, mnist


def standard_accuracy() -> Measured:
    accuracy = evaluate(mnist.network("standard"), mnist.dataset().test)
    card = checkpoints.load_card("standard")
    return Measured(accuracy, [accuracy], f"Its card says {card.accuracies()['whole']:g}, after {card.epochs} epochs.")
