"""Compute the parts of a study on a Dask cluster; `workers` imports this when one is used.

Its workers need the project and the digits: they receive a part's name and settings and return its figures. Both are
sent as pickles, so anyone who can reach a scheduler or a worker can run any code there.
"""

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
TIMEOUT = 20.0  # seconds for the scheduler to answer, and for the first worker to appear


class ClusterError(ValueError):
    """A cluster that cannot be used; the message is one sentence for the user."""


def map_tasks(address: str, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
    """Yield the result of each task as soon as it is there; tasks of a lost worker are repeated by another.

    Raises ClusterError.
    """
    with _raise_cluster_errors(address), _connect(address) as client:
        _check_workers(client, work)
        futures = client.map(partial(_run_in_worker, work), tasks, pure=False)
        for future in as_completed(futures, loop=client.loop):
            yield future.result()


@contextmanager
def _connect(address: str) -> Iterator[Client]:
    """Connect to a cluster that has workers; at the end its unfinished tasks are cancelled."""
    for name in ("distributed", "distributed.client"):  # errors are reported in a sentence instead
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
        raise ClusterError(f"One part ended several workers of {address}: do they have enough memory?") from error
    except CancelledError as error:
        raise ClusterError(f"The Dask scheduler at {address} is gone.") from error


def _check_workers(client: Client, work: Callable[[Task], Result]) -> None:
    """Let every worker import what it needs: one that cannot would end without a message when it receives a part."""
    for worker, problem in client.run(_receive, work, on_error="return").items():
        if isinstance(problem, Exception):
            raise ClusterError(f"The worker {worker} lacks this project or what it requires: {problem}.")


def _receive(work: Callable[[Task], Result]) -> None:
    """Do nothing, in a worker: receiving `work` imports all that it needs."""


def _run_in_worker(work: Callable[[Task], Result], task: Task) -> Result:
    """Compute one part, in a worker."""
    worker = get_worker()
    if worker.state.nthreads != 1:  # the threads of a process share its random numbers
        raise ClusterError(f"The worker {worker.address} has {worker.state.nthreads} threads: it must have one.")
    try:
        return work(task)
    except ValueError as error:
        raise ClusterError(f"The worker {worker.address} cannot go on: {error}") from error
