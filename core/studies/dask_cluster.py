"""A Dask cluster that works on the parts of a study; see `pool`, which imports this when one is asked for.

Its workers have the project and the digits themselves: they are sent a part's name and settings, and send back its
figures. Both go as pickles, so whoever reaches a scheduler or a worker can have it do anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import dask
from distributed import Client, KilledWorker, as_completed, get_worker

Task = TypeVar("Task")
Result = TypeVar("Result")
TIMEOUT = 20.0  # seconds: for the scheduler to answer, and for the first worker to be there


class ClusterError(ValueError):
    """A cluster that cannot be worked with; the message is one sentence for the person who named it."""


def map_tasks(address: str, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
    """Yield what the work returns for each task as soon as it does; what a lost worker was at, another does again.

    Raises ClusterError.
    """
    with _raise_cluster_errors(address), _connect(address) as client:
        _check_workers(client, work)
        asked = client.map(partial(_run_in_worker, work), tasks, pure=False)
        for future in as_completed(asked, loop=client.loop):
            yield future.result()


@contextmanager
def _connect(address: str) -> Iterator[Client]:
    """Reach a cluster that has workers, and let go of what it has not done yet at the end."""
    for name in ("distributed", "distributed.client"):  # what they would say is said in a sentence instead
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with dask.config.set({"distributed.comm.timeouts.connect": TIMEOUT}):
        try:
            client = Client(address, timeout=TIMEOUT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(f"No Dask scheduler answers at {address}.") from error
        with client:
            try:
                client.wait_for_workers(1, timeout=TIMEOUT)
            except TimeoutError:
                raise ClusterError(f"The Dask cluster at {address} has no workers.") from None
            yield client


@contextmanager
def _raise_cluster_errors(address: str) -> Iterator[None]:
    try:
        yield
    except KilledWorker as error:
        raise ClusterError(f"One part ended several workers of {address}: have they the memory for it?") from error
    except CancelledError as error:
        raise ClusterError(f"The Dask scheduler at {address} is gone.") from error


def _check_workers(client: Client, work: Callable[[Task], Result]) -> None:
    """Let every worker import what it needs: one that cannot would end without a word when it is sent a part."""
    for worker, problem in client.run(_receive, work, on_error="return").items():
        if isinstance(problem, Exception):
            raise ClusterError(f"The worker {worker} lacks this project or what it requires: {problem}.")


def _receive(work: Callable[[Task], Result]) -> None:
    """Do nothing, in a worker: to be sent the work is enough."""


def _run_in_worker(work: Callable[[Task], Result], task: Task) -> Result:
    """Do one part, in a worker."""
    worker = get_worker()
    if worker.state.nthreads != 1:  # a process has one generator of random numbers, whoever draws from it
        raise ClusterError(f"The worker {worker.address} has {worker.state.nthreads} threads: it must have one.")
    try:
        return work(task)
    except ValueError as error:
        raise ClusterError(f"The worker {worker.address} cannot go on: {error}") from error
