"""What reads, attacks and maximises on a GPU; absolute times, which hold for the card that the note names."""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

from core.adversarial.universal import UniversalConfig, nine_examples, universal_noise
from core.maximization.loop import PRESETS, maximize
from core.maximization.objectives import Neuron
from core.networks.classifier import Classifier
from core.networks.evaluation import accuracy, predict_column
from tests.benchmarks import Measured, gpu

DIGITS, CUT, ROUNDS = 10_000, "HCUT", 3
UNIVERSAL = UniversalConfig(steps=50, digits=10_000, batch=10_000)
MAPS, STEPS = 32, 200


def cuda_restoring() -> Measured:
    """Seconds to read all partial digits, mask known."""
    return _reading("restoring")


def cuda_blind() -> Measured:
    """Seconds to read all partial digits, mask not given."""
    return _reading("restoring-blind")


def cuda_universal() -> Measured:
    """Seconds of the noises of ten classes."""
    data, network = gpu.dataset(), _classifier("standard")

    def learn(config: UniversalConfig) -> float:
        *_, last = universal_noise(network, data.train, data.validation, nine_examples(data.test), config)
        return float(last.shares.min())

    learn(replace(UNIVERSAL, steps=1))
    return _timed(lambda: learn(UNIVERSAL), "At least {:.1f} % of the validation digits are read as each class.")


def cuda_maximize() -> Measured:
    """Seconds of pictures for all maps of a stage, one of them for each."""
    network, objective = _classifier("assignment"), Neuron("pool2", tuple(range(MAPS)))

    def optimise(steps: int) -> float:
        *_, last = maximize(network, objective, replace(next(iter(PRESETS.values())), steps=steps))
        return float(last.images.std((1, 2, 3)).mean())

    optimise(1)
    return _timed(lambda: optimise(STEPS), "The pictures' mean standard deviation is {:.2f}.")


def _reading(name: str) -> Measured:
    network, digits = gpu.network(name), gpu.dataset().test.first(DIGITS)

    def read(count: int) -> float:
        some = digits.first(count)
        return accuracy(some.labels, predict_column(network, some, CUT))

    read(100)  # loads CUDA's libraries
    return _timed(lambda: read(DIGITS), "{:.2f} % of the partial digits.")


def _timed(compute: Callable[[], float], said: str) -> Measured:
    """Return the least seconds of some rounds; what is computed ends on the CPU, so nothing is left running."""
    runs = []
    for _ in range(ROUNDS):
        start = perf_counter()
        found = compute()
        runs.append(perf_counter() - start)
    return Measured(min(runs), runs, f"{said.format(found)} {gpu.name()}")


def _classifier(name: str) -> Classifier:
    network = gpu.network(name)
    assert isinstance(network, Classifier)
    return network
