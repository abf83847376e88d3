"""PyTorch's Adam and SGD without its compiler, which they import at their first step: 150 MB and seconds a process.

We never compile. Where a later PyTorch hides the compiler in another place, it is imported as before.
"""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.adam import adam
from torch.optim.sgd import sgd

MARK = "__dynamo_disable"  # of torch._compile: what is called instead of a function that the compiler must not see


def _plain(hidden: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function inside PyTorch's wrappers, and mark it as one that is called as it is."""
    found = inspect.unwrap(hidden)
    setattr(found, MARK, found)
    return found


for _hidden in (
    Optimizer.add_param_group,
    Optimizer.zero_grad,
    Optimizer.state_dict,
    Optimizer.load_state_dict,
    adam,
    sgd,
):
    _plain(_hidden)


class Adam(torch.optim.Adam):
    """`torch.optim.Adam`, for steps that are not differentiated themselves."""

    step = torch.no_grad()(_plain(torch.optim.Adam.step))


class SGD(torch.optim.SGD):
    """`torch.optim.SGD`, for steps that are not differentiated themselves."""

    step = torch.no_grad()(_plain(torch.optim.SGD.step))
