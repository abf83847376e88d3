"""What restoring networks read, told what is missing or not, and how long that takes: trained on whole digits only."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch

from core.networks.evaluation import Network, accuracy, predict, predict_column
from core.pmnist.masks import cut_mask, cut_masks
from tests.benchmarks import Measured, mnist

DIGITS = 2000  # of the test digits: all 10,000 take an hour; `python -m core evaluate restoring` reads them all
ONE_BY_ONE, BATCH = 20, 256


def reading(name: str, column: str) -> Callable[[], Measured]:
    """Return what measures how many digits this network reads of one column of the talk's table."""

    def measured() -> Measured:
        restoring, ordinary = mnist.network(name), mnist.network("standard")
        digits = mnist.dataset().test.first(DIGITS)
        figure, plain = (
            accuracy(digits.labels, predict_column(network, digits, column)) for network in (restoring, ordinary)
        )
        return Measured(figure, [figure], f"The first {DIGITS:,} test digits; the standard network: {plain:.2f}.")

    return measured


restoring_hcut, restoring_vcut = reading("restoring", "HCUT"), reading("restoring", "VCUT")
restoring_dcut, restoring_tcut = reading("restoring", "DCUT"), reading("restoring", "TCUT")
blind_whole = reading("restoring-blind", "whole")
blind_hcut, blind_vcut = reading("restoring-blind", "HCUT"), reading("restoring-blind", "VCUT")
blind_dcut, blind_tcut = reading("restoring-blind", "DCUT"), reading("restoring-blind", "TCUT")


def restoring_alone() -> Measured:
    return _one_by_one(mnist.network("restoring"))


def blind_alone() -> Measured:
    return _one_by_one(mnist.network("restoring-blind"))


def restoring_batch() -> Measured:
    return _in_a_batch(mnist.network("restoring"))


def blind_batch() -> Measured:
    return _in_a_batch(mnist.network("restoring-blind"))


def _one_by_one(network: Network) -> Measured:
    """Read digits one at a time with one thread, as for one visitor."""
    images, masks = mnist.dataset().test.images(slice(0, ONE_BY_ONE)), cut_masks("TCUT", ONE_BY_ONE)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        taken = [_seconds(network, images[at : at + 1], masks[at]) for at in range(ONE_BY_ONE)]
    finally:
        torch.set_num_threads(threads)
    return Measured(1000 * median(taken), [1000 * seconds for seconds in taken], "Three squares erased.")


def _in_a_batch(network: Network) -> Measured:
    images = mnist.dataset().test.images(slice(0, BATCH))
    taken = [_seconds(network, images, cut_mask("HCUT")) / BATCH for _ in range(3)]
    return Measured(1000 * median(taken), [1000 * seconds for seconds in taken], f"{BATCH} digits at once.")


def _seconds(network: Network, images: torch.Tensor, mask: torch.Tensor) -> float:
    start = perf_counter()
    predict(network, images, mask)
    return perf_counter() - start
