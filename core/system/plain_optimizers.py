"""PyTorch's Adam and SGD without its compiler, which they import at their first step: 150 MB and seconds a process.

We never compile. PyTorch 2.14 calls these functions through a wrapper that imports the compiler, unless the function
has the mark of `torch._compile`. A later PyTorch without that mark imports the compiler as before, and trains the same.
"""

import inspect
from functools import cache
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.adam import adam
from torch.optim.sgd import sgd

MARK = "__dynamo_disable"  # of torch._compile: what is called instead of a function that the compiler must not see


@cache
def bypass_compiler() -> None:
    """Mark what the steps of all optimizers of this process call, so that it is called as it is."""
    for wrapped in (
        Optimizer.add_param_group,
        Optimizer.zero_grad,
        Optimizer.state_dict,
        Optimizer.load_state_dict,
        adam,
        sgd,
    ):
        function = inspect.unwrap(wrapped)
        setattr(function, MARK, function)


class Adam(torch.optim.Adam):
    """`torch.optim.Adam`, for steps that are not differentiated themselves."""

    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))

    def __init__(self, *weights: Any, **options: Any) -> None:
        bypass_compiler()
        super().__init__(*weights, **options)


class SGD(torch.optim.SGD):
    """`torch.optim.SGD`, for steps that are not differentiated themselves."""

    step = torch.no_grad()(inspect.unwrap(torch.optim.SGD.step))

    def __init__(self, *weights: Any, **options: Any) -> None:
        bypass_compiler()
        super().__init__(*weights, **options)
