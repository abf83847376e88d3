"""Why this class: how long a method takes, and a hole at every place for five networks, in Python on one thread."""

from collections.abc import Callable
from statistics import median
from time import process_time

import torch
from torch import Tensor, nn

from core.attribution.hole_maps import scan_with_hole
from core.attribution.methods import METHODS, attribute
from core.networks.evaluation import Network
from core.pmnist.masks import keep_all
from tests.benchmarks import Measured, mnist
from tests.benchmarks.timing import Runs, seconds, side_by_side

DIGITS, ROUNDS = (0, 15, 9), 3  # of the test digits: a 7, a 5, a 9


def why_captum() -> Measured:
    """Explain one digit by every method with five networks; the figure is the slowest method's median."""
    networks = [mnist.network(name).classifier for name in mnist.FIVE]
    image = _digit(DIGITS[0])

    def explain(method: str) -> Callable[[], object]:
        return lambda: [attribute(network, image, 7, method) for network in networks]

    runs = _on_one_thread({method: explain(method) for method in METHODS})
    each = {method: median(seconds(found)) / len(networks) for method, found in runs.items()}
    words = ", ".join(f"{METHODS[method].title} {1000 * taken:.0f}" for method, taken in each.items())
    return Measured(max(each.values()), list(each.values()), f"Milliseconds per network: {words}.")


def why_robustness() -> Measured:
    """Read three digits with a hole of 9x9 at all 400 places; the figure is the slowest digit's median."""
    networks = _sharing()
    blind = {name: one for name, one in networks.items() if not one.restores}

    def read(some: dict[str, Network], index: int) -> Callable[[], object]:
        return lambda: _processor_seconds(lambda: scan_with_hole(some, _digit(index), keep_all()))

    runs = _on_one_thread({str(index): read(networks, index) for index in DIGITS} | {"blind": read(blind, DIGITS[0])})
    each = [median(seconds(runs[str(index)])) for index in DIGITS]
    busy = max(median([run.result for run in runs[str(index)]]) for index in DIGITS)
    alone = median(seconds(runs["blind"]))
    return Measured(max(each), each, f"Of processor time {busy:.2f}; without the one that restores {alone:.2f} in all.")


def _digit(index: int) -> Tensor:
    return mnist.dataset().test.images(slice(index, index + 1))[0]


def _on_one_thread(contenders: dict[str, Callable[[], object]]) -> Runs:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return side_by_side(contenders, ROUNDS)
    finally:
        torch.set_num_threads(threads)


def _processor_seconds(work: Callable[[], object]) -> float:
    """Return how long the processor was at it: on a busy machine less than what it took."""
    start = process_time()
    work()
    return process_time() - start


def _sharing() -> dict[str, Network]:
    """Return the five networks as the dashboard has them: equal features are one and the same."""
    shared: dict[bytes, nn.Sequential] = {}
    networks = {name: mnist.network(name) for name in mnist.FIVE}
    for network in networks.values():
        if not network.restores:
            features = network.classifier.features
            weights = b"".join(tensor.numpy().tobytes() for tensor in features.state_dict().values())
            network.classifier.features = shared.setdefault(weights, features)
    return networks
