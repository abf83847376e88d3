"""A training step captured as a CUDA graph.

A step of a small network is about sixty kernels, and launching them one by one takes several times as long as running
them. Captured once, they are launched together, with the same arithmetic; the benchmark `cuda-epoch` measures it.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

Step = Callable[[Tensor], None]
WARM_UP = 2  # steps before the one that may not wait: cuDNN and the optimizer allocate what they need in these


class CapturedStep:
    """A step that learns from the digits at the indices `(..., batch)`, replayed from one capture.

    `changed` are the tensors that a step changes besides the optimizer's own. Indices of another length (an epoch's
    last batch) take the step as it is. Where the step cannot be captured, a warning says so once, and every batch takes
    it as it is.
    """

    def __init__(self, step: Step, changed: Sequence[Tensor], optimizer: torch.optim.Optimizer, batch: int) -> None:
        self._step, self._changed, self._optimizer, self._batch = step, changed, optimizer, batch
        self._indices: Tensor | None = None
        self._graph: torch.cuda.CUDAGraph | None = None
        self._failed = False

    def __call__(self, indices: Tensor) -> None:
        """Learn from the digits at these indices, a tensor on the device."""
        if indices.shape[-1] != self._batch or self._failed:
            return self._step(indices)
        if self._graph is None and not self._capture(indices):
            return self._step(indices)
        assert self._indices is not None and self._graph is not None
        self._indices.copy_(indices)
        self._graph.replay()

    def _capture(self, indices: Tensor) -> bool:
        """Capture the step; nothing that the warm-up steps learned stays."""
        self._indices, graph = indices.clone(), torch.cuda.CUDAGraph()
        try:
            with _undone(self._changed, self._optimizer):
                stream = torch.cuda.Stream()
                stream.wait_stream(torch.cuda.current_stream())
                with torch.cuda.stream(stream):
                    for _ in range(WARM_UP):
                        self._step(self._indices)
                    with _no_waiting():
                        self._step(self._indices)
                torch.cuda.current_stream().wait_stream(stream)
                # A capture that fails leaves its own stream the current one, hence the outer context.
                with torch.cuda.stream(torch.cuda.current_stream()), torch.cuda.graph(graph):
                    self._step(self._indices)
        except RuntimeError as error:
            warnings.warn(
                f"This training cannot be captured as a CUDA graph and is slower for it: {error}", stacklevel=2
            )
            self._failed = True
            return False
        self._graph = graph
        return True


@contextmanager
def _no_waiting() -> Iterator[None]:
    """Raise RuntimeError for what waits for the device, before a capture does.

    A capture that fails leaves CUDA's random generator and memory as they are while capturing.
    """
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings(action="ignore"):  # it says that it does not find everything that waits
        torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)


@contextmanager
def _undone(changed: Sequence[Tensor], optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Put weights, statistics, sums, the optimizer's memory and the random state back in place afterwards.

    The optimizer's memory stays where it is, since the graph writes there: what was not there before becomes zero,
    which is what a first step starts from.
    """
    kept = [tensor.detach().clone() for tensor in changed]
    memory = {
        parameter: {name: value.clone() for name, value in state.items() if isinstance(value, Tensor)}
        for parameter, state in optimizer.state.items()
    }
    random_state = torch.cuda.get_rng_state()
    try:
        yield
    finally:
        torch.cuda.synchronize()  # the steps that are undone ran on another stream
        torch.cuda.set_rng_state(random_state)
        with torch.no_grad():
            for tensor, before in zip(changed, kept, strict=True):
                tensor.copy_(before)
            for parameter, state in optimizer.state.items():
                for name, value in state.items():
                    stored = memory.get(parameter, {}).get(name)
                    value.zero_() if stored is None else value.copy_(stored)
