"""What adversarial training is worth: digits as they are, and digits attacked through the network itself (V9)."""

from core.adversarial.config import AttackConfig
from core.adversarial.gradient_attacks import make_adversarial
from core.digits.datasets import Digits
from core.networks.classifier import Classifier
from core.networks.evaluation import evaluate, predict
from core.zoo.checkpoints import load_card, load_classifier
from tests.benchmarks import Measured, mnist

EVERY = 5  # of the test digits, so spread over all of them: of the first 2,000, which are harder, it reads 2 % less
ATTACK = AttackConfig(epsilon=0.2, steps=40, random_start=True)


def robust_clean() -> Measured:
    accuracy = evaluate(_network("robust"), mnist.dataset().test)
    card = load_card("robust")
    return Measured(accuracy, [accuracy], f"Its card says {card.accuracies()['whole']:g}, after {card.epochs} epochs.")


def robust_pgd() -> Measured:
    """Attack the network, and beside it the standard one by the same attack, on fewer digits: it needs no more."""
    accuracy = under_attack(_network("robust"), _spread(EVERY))
    standard = under_attack(_network("standard"), _spread(10 * EVERY))
    return Measured(accuracy, [accuracy], f"The standard network reads {standard:.1f} % of every {10 * EVERY}th digit.")


def _spread(every: int) -> Digits:
    test = mnist.dataset().test
    return Digits(test.pixels[::every], test.labels[::every])


def under_attack(network: Classifier, digits: Digits) -> float:
    """Return the accuracy in percent on digits attacked through the network, every digit from its own random start."""
    images = make_adversarial(network, digits.images(), digits.labels, ATTACK)
    return 100 * float((predict(network, images).argmax(1) == digits.labels).float().mean())


def _network(name: str) -> Classifier:
    mnist.network(name)  # says so when it is not there
    return load_classifier(name)
